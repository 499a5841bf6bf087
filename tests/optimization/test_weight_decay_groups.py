import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from snippets.optimization.weight_decay_groups import assert_groups_cover, decay_groups
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(decay_groups, "it takes a model; the tests below try norms, biases and scales"),
    LeftOut(assert_groups_cover, "it takes an optimizer and a model, and no tensor"),
]



def test_each_parameter_stands_in_one_group(device):
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, device=device)
    decayed, others = (group["params"] for group in decay_groups(model, 0.1))
    assert len(decayed) + len(others) == len(list(model.parameters()))
    assert {p.ndim for p in decayed} == {2}
    assert {p.ndim for p in others} == {1}
    assert_groups_cover(torch.optim.AdamW(decay_groups(model, 0.1)), model)


@pytest.mark.parametrize("norm", [nn.LayerNorm((3, 4)), nn.RMSNorm((3, 4)), nn.BatchNorm2d(3)])
def test_norms_are_spared_whatever_their_shape(norm):
    decayed, others = decay_groups(nn.Sequential(norm), 0.1)
    assert decayed["params"] == []
    assert len(others["params"]) == len(list(norm.parameters()))
    assert others["weight_decay"] == 0


def test_a_parameter_that_is_left_out_is_named(device):
    model = nn.Linear(2, 2, device=device)
    optimizer = torch.optim.SGD([model.weight], lr=0.1)
    with pytest.raises(AssertionError, match=r"\['bias'\]"):
        assert_groups_cover(optimizer, model)
    model.bias.requires_grad_(False)
    assert_groups_cover(optimizer, model)


@pytest.mark.parametrize(("make", "names"), [
    (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)),
     ["parametrizations.weight.original1"]),
    (lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True), ["in_proj_weight", "out_proj.weight"])])
def test_scales_and_biases_with_two_axes_are_spared(make, names):
    model = make()
    decayed = {id(p) for p in decay_groups(model, 0.1)[0]["params"]}
    assert [name for name, p in model.named_parameters() if id(p) in decayed] == names


class Product(nn.Module):
    """A matrix as the product of two thin ones."""

    def forward(self, a, b):
        return a @ b

    def right_inverse(self, weight):
        return weight[:, :2].clone(), weight[:2].clone()


def low_rank():
    layer = nn.Linear(3, 3)
    nn.utils.parametrize.register_parametrization(layer, "weight", Product())
    return layer


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize(("make", "names"), [
    (lambda: nn.utils.weight_norm(nn.LSTM(2, 3), "weight_hh_l0"),
     {"weight_ih_l0", "weight_hh_l0_v"}),
    (lambda: nn.utils.weight_norm(nn.MultiheadAttention(4, 2), "in_proj_weight"),
     {"in_proj_weight_v", "out_proj.weight"}),
    (low_rank, {"parametrizations.weight.original0", "parametrizations.weight.original1"})])
def test_scales_of_weight_norm_are_told_from_factors(make, names):
    model = make()
    decayed = {id(p) for p in decay_groups(model, 0.1)[0]["params"]}
    assert {name for name, p in model.named_parameters() if id(p) in decayed} == names


def test_a_bias_that_stays_changes_the_function_before_a_norm():
    torch.manual_seed(0)
    x, norm = torch.randn(8, 4, dtype=torch.float64), nn.LayerNorm(4).double()
    changes = []
    for bias in [False, True]:
        layer = nn.Linear(4, 4, bias=bias).double()
        before = norm(layer(x))
        layer.weight.data *= 0.5
        changes.append((norm(layer(x)) - before).abs().max().item())
    assert changes[0] < 0.1 * changes[1]


def test_momentum_carries_the_decay_on():
    p = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([p], lr=0.5, weight_decay=0.5, momentum=0.9)
    sizes = []
    for _ in range(2):
        p.grad = torch.zeros(1)
        optimizer.step()
        sizes.append(p.item())
    assert sizes[0] == 0.75
    assert abs(sizes[1] / sizes[0] - 0.45) < 1e-6


def test_a_lazy_layer_has_no_group_before_its_first_call():
    model = nn.Sequential(nn.LazyLinear(2))
    with pytest.raises(ValueError, match="lazy"):
        decay_groups(model, 0.1)
    model(torch.ones(1, 3))
    assert [p.ndim for p in decay_groups(model, 0.1)[0]["params"]] == [2]


def decayed_names(model):
    decayed = {id(p) for p in decay_groups(model, 0.1)[0]["params"]}
    return {name for name, p in model.named_parameters() if id(p) in decayed}


def test_a_gate_and_a_value_are_no_weight_norm():
    model = nn.Module()
    for name in ("w_g", "w_v", "w_o"):
        model.register_parameter(name, nn.Parameter(torch.ones(4, 4)))
    assert decayed_names(model) == {"w_g", "w_v", "w_o"}


class AdaptiveNorm(nn.LayerNorm):
    def __init__(self):
        super().__init__((3, 4))
        self.proj = nn.Linear(4, 8)


class Doubled(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(4, 4)

    def forward(self, weight):
        return 2 * weight


@pytest.mark.parametrize("change", [
    lambda norm: norm, lambda norm: prune.identity(norm, "weight"),
    lambda norm: nn.utils.parametrize.register_parametrization(norm, "weight", Doubled()),
    lambda norm: nn.utils.parametrize.register_parametrization(norm.proj, "weight", Doubled())])
def test_a_matrix_inside_a_norm_is_decayed_and_the_scale_is_not(change):
    model = nn.Sequential(AdaptiveNorm())
    change(model[0])
    assert decayed_names(model) == {
        name for name, p in model.named_parameters() if p.shape in [(8, 4), (4, 4)]}


@pytest.mark.parametrize(("size", "decay", "step"), [
    (1.0, 0.5, 1), (1e-4, 1e-2, 0.99), (1e-4, 1e-4, 0.5), (1.0, 1e-9, 1 / 11)])
def test_eps_makes_the_first_step_of_adam_shorter(size, decay, step):
    p = nn.Parameter(torch.full((1,), size, dtype=torch.float64))
    p.grad = torch.zeros_like(p)
    torch.optim.Adam([p], lr=0.25, weight_decay=decay).step()
    assert (size - p.item()) / 0.25 == pytest.approx(step, rel=1e-3)


def test_a_parametrized_bias_with_two_axes_is_not_decayed():
    model = nn.MultiheadAttention(4, 2, add_bias_kv=True)
    nn.utils.parametrize.register_parametrization(model, "bias_k", nn.Identity())
    nn.utils.parametrize.register_parametrization(model, "in_proj_weight", nn.Identity())
    assert decayed_names(model) == {
        "out_proj.weight", "parametrizations.in_proj_weight.original"}


def test_a_matrix_in_a_module_named_bias_is_decayed():
    model = nn.Module()
    model.bias_net = nn.Module()
    model.bias_net.original = nn.Parameter(torch.ones(4, 4))
    assert decayed_names(model) == {"bias_net.original"}


def test_biases_in_a_list_are_spared_and_a_table_of_biases_is_not():
    model = nn.Module()
    model.biases = nn.ParameterList([torch.ones(2, 2)])
    model.matrices = nn.ParameterList([torch.ones(2, 2)])
    model.bias_table = nn.Embedding(2, 2)
    assert decayed_names(model) == {"matrices.0", "bias_table.weight"}
