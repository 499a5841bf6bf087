import pytest
import torch
from torch import nn

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
