import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sitekit.read.needed import needed
from sitekit.read.snippet import excerpts
from snippets.guards.causal import causal
from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.judge import Undecided
from snippets.guards.padding_ignored import padding_values_ignored
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.short_guards import (
    check_alone,
    check_causal,
    check_gradients,
    check_order,
    check_padding,
    check_samples,
    compare,
)
from tests.awkward import Guard, LeftOut
from tests.guards.verdicts import RIGHT, WRONG, expected, verdicts_of
from tests.guide import GUIDE

SHORT = {independent_samples: check_samples, same_alone: check_alone, causal: check_causal,
         permutation_equivariant: check_order, padding_values_ignored: check_padding,
         every_parameter_used: check_gradients}
FULL = {guard.__name__ for guard in SHORT}
LENGTHS = torch.tensor([[3], [2], [4]])


def kept(x):
    return torch.arange(x.shape[1], device=x.device) < LENGTHS[:len(x)].to(x.device)


def zeroed(x, keep):
    return x.masked_fill(~keep.view(keep.shape + (1,) * (x.dim() - 2)), 0)


def weighing(x, call):
    """Check the gradients of a layer whose weight is x."""
    layer = nn.Module()
    is_number = x.is_floating_point() or x.is_complex()
    layer.weight = nn.Parameter(x.detach().clone() if is_number else x.float())
    return lambda guard: guard(lambda: torch.real(call(layer.weight).sum()), layer)


AWKWARD = [
    LeftOut(compare, "takes functions: the checks below call it on tensors"),
    Guard(check_samples, right=lambda guard, x: guard(lambda x: x.flip(1), x),
          wrong=lambda guard, x: guard(lambda x: x.flip(0), x)),
    Guard(check_alone, right=lambda guard, x: guard(lambda x: x.flip(1), x),
          wrong=lambda guard, x: guard(lambda x: x.flip(0), x)),
    Guard(check_causal,
          right=lambda guard, x: guard(lambda x: torch.cat([x[:, :1], x[:, :-1]], 1), x),
          wrong=lambda guard, x: guard(lambda x: x.flip(1), x)),
    Guard(check_order, right=lambda guard, x: guard(lambda x: x.clone(), x),
          wrong=lambda guard, x: guard(lambda x: torch.cat([x[:, :1], x[:, :-1]], 1), x)),
    Guard(check_padding, right=lambda guard, x: guard(zeroed, x, kept(x)),
          wrong=lambda guard, x: guard(lambda x, keep: x.flip(1), x, kept(x))),
    Guard(check_gradients, right=lambda guard, x: weighing(x, lambda w: w * 2)(guard),
          wrong=lambda guard, x: weighing(x, lambda w: w.detach() * 2)(guard)),
]


# --- the models of the full guards --------------------------------------------------


@pytest.fixture(scope="module")
def verdicts():
    return {name: {guard: each for guard, (each, _) in verdicts_of(name, SHORT).items()}
            for name in [*RIGHT, *WRONG]}


def test_no_right_model_fails(verdicts):
    assert [name for name in RIGHT if "fail" in verdicts[name].values()] == []
    assert sum("pass" in verdicts[name].values() for name in RIGHT) >= 50


@pytest.mark.parametrize("guard", sorted(FULL))
def test_each_tells_right_from_wrong(verdicts, guard):
    assert any(verdicts[name].get(guard) == "pass" for name in RIGHT)
    assert any(verdicts[name].get(guard) == "fail" for name in WRONG)


def test_the_page_says_how_many_wrong_models_they_find(verdicts):
    table = expected()
    tried = [name for name in WRONG if verdicts[name]]
    found = sum("fail" in verdicts[name].values() for name in tried)
    full = sum("fail" in {table[name].get(guard) for guard in verdicts[name]} for name in tried)
    text = " ".join(GUIDE.text("docs/guards/short-guards.md").split())
    assert f"Of {len(tried)} wrong models the short guards find {found}, and the " \
           f"full guards of the same names find {full}" in text


# --- how long they are, and what they leave -----------------------------------------


@pytest.mark.parametrize("name", [check.__name__ for check in SHORT.values()])
def test_each_check_is_short(name):
    path = "snippets/guards/short_guards.py"
    body = excerpts(path, GUIDE.text(path))[name]
    assert needed(GUIDE.text, path, name).count("\n") + len(body) < 120


def test_gradients_and_modes_are_as_they_were():
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(), nn.Linear(3, 1))
    model[0].weight.grad = torch.ones(3, 3)
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    check_gradients(lambda: model(torch.ones(2, 3)).sum(), model)
    with pytest.raises(AssertionError, match=r"misses 0\.weight, 0\.bias$"):
        check_gradients(lambda: model[2](model[0](torch.ones(2, 3)).detach()).sum(), model)
    with pytest.raises(AssertionError, match=r"misses 0\.weight"):
        check_gradients(lambda: torch.ones(()), model)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        check_gradients(lambda: model(torch.ones(2, 4)).sum(), model)
    assert torch.equal(model[0].weight.grad, torch.ones(3, 3))
    assert model[2].weight.grad is None
    assert model.training
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(model.state_dict(), before)


def test_the_input_is_as_it_was():
    x = torch.randn(3, 4, 2)
    before = x.clone()
    check_samples(lambda x: x.mul_(2), x)
    check_alone(lambda x: x.mul_(2), x)
    check_causal(lambda x: x.mul_(2), x)
    check_order(lambda x: x.mul_(2), x)
    check_padding(lambda x, keep: zeroed(x.mul_(2), keep), x, kept(x))
    assert torch.equal(x, before)


@pytest.mark.parametrize("check", [check_samples, check_alone, check_order, check_causal])
@pytest.mark.parametrize("model", [
    F.dropout, lambda x: x * torch.nan, lambda x: x * 0])
def test_what_cannot_be_compared_is_undecided(check, model):
    with pytest.raises(Undecided):
        check(model, torch.randn(3, 4, 2))


@pytest.mark.parametrize("check", [check_samples, check_alone])
def test_a_tuple_is_undecided(check):
    with pytest.raises(Undecided, match="no tensor"):
        check(lambda x: (x, x), torch.randn(3, 4, 2))


def test_a_model_without_trained_parameters_is_undecided():
    with pytest.raises(Undecided, match="no parameter requires"):
        check_gradients(lambda: torch.ones(()), nn.Linear(2, 2).requires_grad_(False))


def test_padding_that_hides_nothing_is_undecided():
    with pytest.raises(Undecided, match="True and False"):
        check_padding(lambda x, keep: x, torch.randn(3, 4), torch.ones(3, 4, dtype=torch.bool))


def test_padding_on_meta_is_undecided():
    x = torch.randn(3, 4, device="meta")
    with pytest.raises(Undecided, match="no numbers"):
        check_padding(lambda x, keep: x, x, x > 0)


@pytest.mark.parametrize("dtype", [torch.bool, torch.long, torch.uint8, torch.float])
def test_a_mask_may_be_of_zeros_and_ones(dtype):
    x = torch.randn(3, 4, 2)

    def mean(x, keep):
        weights = keep[..., None] / keep.sum(1)[:, None, None]
        return (x * weights).sum(1)

    check_padding(mean, x, kept(x).to(dtype))
    with pytest.raises(AssertionError, match="changes with the padding"):
        check_padding(lambda x, keep: x.mean(1), x, kept(x).to(dtype))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_are_looked_for_under_no_grad_too(mode):
    model = nn.Linear(3, 1)
    with mode():
        check_gradients(lambda: model(torch.ones(2, 3)).sum(), model)


def test_a_loss_that_is_no_tensor_is_undecided():
    with pytest.raises(Undecided, match="the loss is no tensor"):
        check_gradients(lambda: 1.0, nn.Linear(1, 1))


# --- what is named, and the limits --------------------------------------------------


def reads_the_next_place(x):
    """Leak at the last place but one, and nowhere else."""
    return torch.cat([x[:, :-2], x[:, -2:-1] + x[:, -1:], x[:, -1:]], 1)


@pytest.mark.parametrize(("check", "model", "says"), [
    (check_samples, lambda x: x.flip(0), "sample 0 changes with the rest of its batch"),
    (check_alone, lambda x: x.flip(0), "sample 0 alone gives another output"),
    (check_causal, reads_the_next_place, "outputs up to 2 see later positions"),
    (check_order, reads_the_next_place, "reversed tokens give other outputs")])
def test_a_failure_says_what_leaks(check, model, says):
    with pytest.raises(AssertionError, match=f"^{says}"):
        check(model, torch.randn(3, 4, 2))


def test_two_positions_are_enough():
    with pytest.raises(AssertionError, match="outputs up to 0 see later positions"):
        check_causal(lambda x: x.flip(1), torch.randn(3, 2, 2))


def compared(first, own, other):
    compare(lambda: first, lambda: own, [lambda: other], message="leaks")


def test_rounding_and_a_small_share_of_the_signal_are_no_leak():
    first = torch.tensor([1e4])
    compared(first, first + 20, first + 0.005)
    with pytest.raises(AssertionError, match="leaks"):
        compared(first, first + 20, first + 1)
    compared(first / 1e4, first, first / 1e4 + 0.5)
    with pytest.raises(AssertionError, match="leaks"):
        compared(first / 1e4, first, first / 1e4 + 2)


def test_integers_have_no_rounding():
    first = torch.tensor([1000])
    with pytest.raises(AssertionError, match="leaks"):
        compared(first, first + 5, first + 1)


def test_another_shape_is_a_leak_although_it_broadcasts():
    first = torch.ones(2)
    with pytest.raises(AssertionError, match="leaks"):
        compared(first, -first, first[:1])


def test_a_mask_on_meta_is_undecided():
    x = torch.randn(3, 4)
    with pytest.raises(Undecided, match="no numbers"):
        check_padding(lambda x, keep: x, x, (x > 0).to("meta"))


def test_one_position_is_undecided():
    with pytest.raises(Undecided, match="no later positions"):
        check_causal(lambda x: x, torch.randn(3, 1))


def test_a_pooled_output_may_have_as_many_features_as_there_are_positions():
    x = torch.randn(3, 4, 4)
    check_padding(lambda x, keep: zeroed(x, keep).sum(1).clone().mul(1.0), x, kept(x))


def test_half_numbers_have_their_own_rounding():
    encoder = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval().half()
    check_samples(encoder, torch.randn(3, 4, 8).half())
    check_order(encoder, torch.randn(3, 4, 8).half())
