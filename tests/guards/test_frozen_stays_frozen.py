import copy

import pytest
import torch
from torch import nn

from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.guards.judge import Undecided
from snippets.guards.wrong_frozen_stays_frozen import freeze_by_eval, train_last_row_only
from snippets.normalization.wrong_batch_norm_statistics import freeze_weights_only
from tests.awkward import Guard


class Holds(nn.Module):
    """Hold numbers that stay, beside a weight that is trained."""

    def __init__(self, x):
        super().__init__()
        self.register_buffer("kept", x.detach().clone())
        self.weight = nn.Parameter(torch.zeros(2))


def step(model, moved=0):
    with torch.no_grad():
        model.weight += 1
        if moved:
            model.kept = ~model.kept if model.kept.dtype == torch.bool else model.kept[..., :2] + 1


AWKWARD = [
    Guard(frozen_stays_frozen,
          right=lambda guard, x: guard(step, Holds(x), frozen=lambda m: {"kept": m.kept}),
          wrong=lambda guard, x: guard(
              lambda m: step(m, 1), Holds(x), frozen=lambda m: {"kept": m.kept})),
]


def make(device, dtype=torch.float32):
    backbone = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    return nn.Sequential(backbone, nn.Linear(4, 1)).to(device, dtype)


def trainer(optimizer=torch.optim.AdamW, steps=3, mode=None, **options):
    def train(model):
        weight = model[1].weight
        if mode is not None:
            model.train(mode)
        opt = optimizer(model.parameters(), **options)
        for step in range(steps):
            opt.zero_grad()
            x = torch.arange(32.0, device=weight.device).view(8, 4).cos() + step
            model(x.to(weight.dtype)).exp().mean().backward()
            opt.step()
    return train


def backbone(model):
    return model[0].state_dict()


@pytest.mark.parametrize("steps", [1, 3])
def test_statistics_that_move_fail(device, steps):
    model = make(device)
    freeze_weights_only(model[0])
    with pytest.raises(AssertionError, match=r"changes 1\.running_mean, 1\.running_var, 1\.num_"):
        frozen_stays_frozen(trainer(steps=steps), model, frozen=backbone)


def test_weights_that_move_in_eval_mode_fail(device):
    model = make(device)
    freeze_by_eval(model[0])
    with pytest.raises(AssertionError, match=r"changes 0\.weight, 0\.bias, 1\.weight, 1\.bias: "):
        frozen_stays_frozen(trainer(), model, frozen=backbone)


def test_a_loop_that_goes_back_to_training_mode_fails(device):
    model = make(device)
    model[0].requires_grad_(False).eval()
    frozen_stays_frozen(trainer(), model, frozen=backbone)
    with pytest.raises(AssertionError, match="running_mean"):
        frozen_stays_frozen(trainer(mode=True), model, frozen=backbone)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_frozen_and_in_eval_mode_passes(device, dtype, optimizer):
    model = make(device, dtype)
    model[0].requires_grad_(False).eval()
    frozen_stays_frozen(trainer(optimizer, lr=1.0), model, frozen=backbone)


def test_a_layer_norm_needs_no_eval(device):
    model = make(device)
    model[0][1] = nn.LayerNorm(4).to(device)
    model[0].requires_grad_(False)
    frozen_stays_frozen(trainer(), model, frozen=backbone)


def rows(embedding):
    return {"the old rows": embedding.weight[:-1]}


def test_rows_with_a_gradient_of_zero_fail_under_weight_decay(device):
    words = torch.tensor([0, 2, 4], device=device)
    with pytest.raises(AssertionError, match="changes the old rows: "):
        frozen_stays_frozen(
            lambda m: train_last_row_only(m, words), nn.Embedding(5, 3).to(device), frozen=rows)


@pytest.mark.parametrize(("options", "fails"), [
    ({"lr": 0.1}, False), ({"lr": 0.1, "momentum": 0.9}, True)])
def test_rows_that_had_a_gradient_once_fail_under_momentum(device, options, fails):
    def train(embedding):
        optimizer = torch.optim.SGD(embedding.parameters(), **options)
        for words in [[0, 4], [4], [4]]:
            optimizer.zero_grad()
            embedding(torch.tensor(words, device=device)).exp().mean().backward()
            if len(words) == 2:  # the step that is meant to reach row 0
                kept = embedding.weight[:-1].detach().clone()
            optimizer.step()
            if len(words) == 2:
                embedding.weight.data[:-1] = kept
    embedding = nn.Embedding(5, 3).to(device)
    if fails:
        with pytest.raises(AssertionError, match="momentum"):
            frozen_stays_frozen(train, embedding, frozen=rows)
    else:
        frozen_stays_frozen(train, embedding, frozen=rows)


def test_a_tied_weight_that_moves_fails(device):
    model = nn.Sequential(nn.Embedding(5, 5), nn.Linear(5, 5, bias=False)).to(device)
    model[1].weight = model[0].weight

    def train(model):
        optimizer = torch.optim.SGD(model[1].parameters(), lr=1.0)
        model(torch.tensor([0, 3], device=device)).exp().mean().backward()
        optimizer.step()

    with pytest.raises(AssertionError, match="changes weight"):
        frozen_stays_frozen(train, model, frozen=backbone)


@pytest.mark.parametrize("train", [lambda m: None, trainer(lr=0.0), trainer(steps=0)])
def test_training_that_changes_nothing_is_undecided(device, train):
    model = make(device)
    model[0].requires_grad_(False).eval()
    with pytest.raises(Undecided, match="changes no parameter"):
        frozen_stays_frozen(train, model, frozen=backbone)


@pytest.mark.parametrize("frozen", [lambda m: {}, lambda m: {"none": m[0][0].weight[:0]}])
def test_nothing_frozen_is_undecided(device, frozen):
    with pytest.raises(Undecided, match="nothing is frozen"):
        frozen_stays_frozen(trainer(), make(device), frozen=frozen)


def test_what_belongs_to_the_model_outside_is_undecided(device):
    model = make(device)
    for frozen in [lambda _: backbone(model), lambda _: {"row": model[0][0].weight[1:]},
                   lambda _: {"mean": model[0][1].running_mean}]:
        with pytest.raises(Undecided, match="another model than it is given"):
            frozen_stays_frozen(trainer(), model, frozen=frozen)


def test_nothing_is_left_changed(device):
    model = make(device)
    model(torch.ones(3, 4, device=device)).mean().backward()
    model[0][2].eval()
    before = {name: x.clone() for name, x in model.state_dict().items()}
    grads = [p.grad.clone() for p in model.parameters()]
    random = torch.get_rng_state()

    def train(model):
        trainer()(model)
        torch.rand(2)

    frozen_stays_frozen(train, model, frozen=lambda m: {"ones": torch.ones(2, device=device)})
    assert torch.equal(torch.get_rng_state(), random)
    assert model.training
    assert not model[0][2].training
    for name, x in model.state_dict().items():
        assert torch.equal(x, before[name])
    for p, grad in zip(model.parameters(), grads, strict=True):
        assert torch.equal(p.grad, grad)


def test_nan_that_stays_is_no_change(device):
    model = make(device)
    model[0].requires_grad_(False).eval()
    model[0][1].running_mean.fill_(torch.nan)

    def train(model):
        with torch.no_grad():
            model[1].weight += 1

    frozen_stays_frozen(train, model, frozen=backbone)

    def moves(model):
        train(model)
        model[0][1].running_mean[0] = 0

    with pytest.raises(AssertionError, match="running_mean"):
        frozen_stays_frozen(moves, model, frozen=backbone)


def test_a_frozen_tensor_of_another_shape_fails(device):
    model = Holds(torch.zeros(3, 4, device=device)).to(device)
    with pytest.raises(AssertionError, match="training changes kept"):
        frozen_stays_frozen(lambda m: step(m, 1), model, frozen=lambda m: {"kept": m.kept})


def test_a_frozen_part_that_is_gone_fails(device):
    def replaces(model):
        trainer()(model)
        model[0] = nn.Linear(4, 4).to(device)

    model = make(device)
    model[0].requires_grad_(False).eval()
    with pytest.raises(AssertionError, match=r"training changes 0\.weight, 0\.bias, 1\.weight"):
        frozen_stays_frozen(replaces, model, frozen=backbone)


def trained(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()


@pytest.mark.parametrize("read", [
    lambda m: m[0].weight[[0, 1]], lambda m: m[0].weight.clone(), lambda m: m[0].weight * 1,
    lambda m: m[0].state_dict()["weight"].index_select(0, torch.tensor([0]))])
def test_copies_of_another_models_rows_are_undecided(read):
    outer = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(Undecided, match="another model"):
        frozen_stays_frozen(trained, outer, frozen=lambda m: {"rows": read(outer)})
    with pytest.raises(AssertionError, match="changes rows"):
        frozen_stays_frozen(trained, outer, frozen=lambda m: {"rows": read(m)})


@pytest.mark.parametrize("read", [
    lambda m: torch.cat([m[0].weight]), lambda m: torch.add(torch.ones(2, 2), m[0].weight),
    lambda m: torch.where(torch.ones(2, 2) > 0, m[0].weight, 0),
    lambda m: torch.stack([m.mean, m.mean]), lambda m: torch.clone(input=m[0].weight)])
def test_a_copy_of_another_model_is_seen_in_any_argument(read):
    outer = nn.Sequential(nn.Linear(2, 2))
    outer.register_buffer("mean", torch.ones(2))
    with pytest.raises(Undecided, match="another model"):
        frozen_stays_frozen(trained, outer, frozen=lambda m: {"rows": read(outer)})


def test_a_third_model_is_undecided_too():
    outer = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, affine=False).eval())
    before = copy.deepcopy(outer)
    for frozen in [lambda m: before.state_dict(),
                   lambda m: {"count": outer[1].num_batches_tracked}]:
        with pytest.raises(Undecided, match="another model"):
            frozen_stays_frozen(trained, outer, frozen=frozen)


@pytest.mark.parametrize(("frozen", "kind"), [
    (lambda m: list(m.parameters()), "list"), (lambda m: m[0].weight, "Parameter"),
    (lambda m: None, "NoneType"), (lambda m: m[0].named_parameters(), "generator")])
def test_what_is_no_dict_is_undecided_and_named(frozen, kind):
    with pytest.raises(Undecided, match=f"frozen gives no dict of tensors, but {kind}"):
        frozen_stays_frozen(trained, nn.Sequential(nn.Linear(2, 2)), frozen=frozen)


def test_a_copy_of_a_third_model_is_not_seen():
    outer = nn.Sequential(nn.Linear(2, 2))
    other = copy.deepcopy(outer)
    frozen_stays_frozen(trained, outer, frozen=lambda m: {"rows": other[0].weight.clone()})


def test_an_index_may_be_the_models_own_buffer(device):
    model = make(device)
    model[0].requires_grad_(False).eval()
    model.register_buffer("keep", torch.tensor([True, False, True, True], device=device))
    for frozen in [lambda m: {"rows": m[0][0].weight[~model.keep]},
                   lambda m: {"columns": m[0][0].weight[:, model.keep]}]:
        frozen_stays_frozen(trainer(), model, frozen=frozen)


def test_old_gradients_move_a_frozen_part(device):
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model(torch.ones(3, 4, device=device)).mean().backward()
        optimizer.step()

    model = make(device)
    model(torch.arange(12.0, device=device).view(3, 4).sin()).exp().mean().backward()
    model[0].requires_grad_(False).eval()
    with pytest.raises(AssertionError, match=r"changes 0\.weight"):
        frozen_stays_frozen(train, model, frozen=backbone)
    model[0].zero_grad()
    frozen_stays_frozen(train, model, frozen=backbone)


def test_meta_is_undecided():
    with pytest.raises(Undecided, match="on meta"):
        frozen_stays_frozen(lambda m: None, nn.Linear(2, 2, device="meta"),
                            frozen=lambda m: m.state_dict())


class WithState(nn.Linear):
    def get_extra_state(self):
        return {"step": 1}

    def set_extra_state(self, state):
        pass


def test_extra_state_is_no_tensor():
    model = nn.Sequential(nn.Linear(2, 2), WithState(2, 2).requires_grad_(False))
    frozen_stays_frozen(trained, model, frozen=lambda m: m[1].state_dict())
    model.requires_grad_(True)
    with pytest.raises(AssertionError, match="changes weight, bias"):
        frozen_stays_frozen(trained, model, frozen=lambda m: m[1].state_dict())


def test_a_sparse_buffer_is_compared():
    model = nn.Sequential(nn.Linear(2, 2))
    model.register_buffer("adjacency", torch.eye(2).to_sparse())

    def moves(model):
        trained(model)
        model.adjacency = 2 * model.adjacency

    def adjacency(model):
        return {"adjacency": model.adjacency}

    frozen_stays_frozen(trained, model, frozen=adjacency)
    with pytest.raises(AssertionError, match="changes adjacency"):
        frozen_stays_frozen(moves, model, frozen=adjacency)


def test_max_norm_changes_a_frozen_embedding(device):
    def train(model):
        optimizer = torch.optim.SGD(model[1].parameters(), lr=1.0)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.tensor([0, 2], device=device)).exp().mean().backward()
            optimizer.step()

    model = nn.Sequential(nn.Embedding(3, 2, max_norm=1.0), nn.Linear(2, 1)).to(device)
    nn.init.constant_(model[0].weight, 5.0)
    model[0].requires_grad_(False).eval()
    with pytest.raises(AssertionError, match="changes weight"):
        frozen_stays_frozen(train, model, frozen=backbone)
    model[0](torch.arange(3, device=device))
    model[0].max_norm = None
    frozen_stays_frozen(train, model, frozen=backbone)


def test_an_assert_of_the_training_is_not_the_guards():
    def train(model):
        assert model.training is False, "call eval() first"

    with pytest.raises(Undecided, match="of the call itself fails: call eval"):
        frozen_stays_frozen(train, nn.Linear(2, 2), frozen=lambda m: m.state_dict())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_module_is_undecided():
    model = torch.jit.script(nn.Linear(2, 2))
    with pytest.raises(Undecided, match="copy of a scripted module"):
        frozen_stays_frozen(lambda m: None, model, frozen=lambda m: m.state_dict())


def test_lazy_layers_must_be_called_before():
    with pytest.raises(Undecided, match="lazy layer has no weights yet"):
        frozen_stays_frozen(lambda m: None, nn.LazyLinear(2), frozen=lambda m: m.state_dict())


def test_a_layer_that_training_itself_adds_is_not_looked_at(device):
    def replaces(model):
        model[1] = nn.Linear(4, 1).to(device)
        trainer()(model)

    model = make(device)
    model[0].requires_grad_(False).eval()
    with pytest.raises(Undecided, match="no parameter that the model had before"):
        frozen_stays_frozen(replaces, model, frozen=backbone)


def test_frozen_may_change_the_module_that_it_gets(device):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).to(device)
    model[0].requires_grad_(False)

    def train(m):
        for _ in range(3):
            m(torch.ones(1, 2, device=device)).sum().backward()
            with torch.no_grad():
                m[1].weight -= m[1].weight.grad

    frozen_stays_frozen(train, model, frozen=lambda m: m.eval()[0].state_dict())
    assert model.training


def test_an_assert_in_frozen_is_undecided(device):
    def frozen(m):
        assert len(m) == 2, "two parts"
        return m.state_dict()

    with pytest.raises(Undecided, match="two parts"):
        frozen_stays_frozen(print, nn.Sequential(nn.Linear(1, 1)).to(device), frozen=frozen)
