import pytest
import torch

from snippets.distributed.gradient_averaging import (
    assert_ranks_agree,
    mean_over_ranks,
    run_ranks,
)
from tests.awkward import Case, LeftOut
from tests.distributed.alone import alone

AWKWARD = [
    LeftOut(run_ranks, "it starts processes; the proofs of the folder use it"),
    Case(mean_over_ranks, alone(lambda f, x: f(x)),
         like=lambda x: x.mean() if x.numel() else x.sum(), compiled=False),
    LeftOut(assert_ranks_agree, "it needs two processes; the tests below try its edges"),
]


def change_on_one_rank(rank):
    layer = nn.Linear(2, 1)  # noqa: F821
    model = DistributedDataParallel(layer)  # noqa: F821
    with torch.no_grad():
        layer.bias.add_(rank)
    model(torch.ones(1, 2)).sum().backward()
    assert_ranks_agree(layer)


def test_a_parameter_changed_on_one_rank_is_seen():
    with pytest.raises(AssertionError, match="bias differs between ranks"):
        run_ranks(change_on_one_rank, uses=[assert_ranks_agree])


def gradient_by_rank(rank, case):
    layer = nn.Linear(1, 1, bias=False)  # noqa: F821
    nn.init.ones_(layer.weight)  # noqa: F821
    if case == "nan":
        layer.weight.grad = torch.full((1, 1), torch.nan)
    elif rank:
        layer.weight.grad = torch.zeros(1, 1)
    assert_ranks_agree(layer)


def test_no_gradient_and_a_gradient_of_zero_differ():
    with pytest.raises(AssertionError, match="weight has a gradient on 1 of 2 ranks"):
        run_ranks(gradient_by_rank, "None and zeros", uses=[assert_ranks_agree])


def test_nan_on_both_ranks_is_no_difference():
    assert run_ranks(gradient_by_rank, "nan", uses=[assert_ranks_agree]) == [None, None]


def test_an_error_of_a_rank_is_raised():
    def divide(rank):
        return 1 / (1 - rank)

    with pytest.raises(ZeroDivisionError):
        run_ranks(divide)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_sum_that_half_precision_cannot_hold_is_taken_wider(dtype):
    losses = torch.full((2000,), 200, dtype=dtype, requires_grad=True)
    mean = alone(mean_over_ranks)(losses)
    mean.backward()
    assert (mean.item(), mean.dtype) == (200, dtype)
    torch.testing.assert_close(losses.grad, torch.full_like(losses, 1 / 2000))


def agree_on_what(rank, case):
    layer = nn.Conv2d(2, 4, 2).to(memory_format=torch.channels_last)  # noqa: F821
    model = DistributedDataParallel(layer)  # noqa: F821
    y = model(torch.ones(1, 2, 2, 2) + rank).sum()
    if case != "before backward":
        y.backward()
    if case == "one rank differs":
        with torch.no_grad():
            layer.weight[1, 0, 1, 0] += rank
    assert_ranks_agree(layer)


def test_channels_last_weights_are_compared():
    assert run_ranks(agree_on_what, "alike", uses=[assert_ranks_agree]) == [None, None]
    with pytest.raises(AssertionError, match="weight differs between ranks"):
        run_ranks(agree_on_what, "one rank differs", uses=[assert_ranks_agree])


def test_where_nothing_could_differ_the_guard_does_not_pass():
    with pytest.raises(ValueError, match="after backward"):
        run_ranks(agree_on_what, "before backward", uses=[assert_ranks_agree])
    layer = torch.nn.Linear(2, 1, device="cpu")
    layer(torch.ones(1, 2, device="cpu")).sum().backward()
    with pytest.raises(ValueError, match="two ranks"):
        alone(assert_ranks_agree)(layer)


def test_integers_and_meta_are_refused():
    with pytest.raises(TypeError, match="not a floating"):
        mean_over_ranks(torch.ones(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="on meta"):
        mean_over_ranks(torch.ones(2, device="meta"))


def test_a_mean_is_refused():
    with pytest.raises(ValueError, match="not a mean"):
        mean_over_ranks(torch.ones(()))
    with pytest.raises(ValueError, match="not a mean"):
        mean_over_ranks(torch.ones(3).mean())


def accumulate(rank):
    layer = nn.Linear(1, 1, bias=False)  # noqa: F821
    model, x = DistributedDataParallel(layer), torch.tensor([[1.0 + 2 * rank]])  # noqa: F821
    with model.no_sync():
        model(x).sum().backward()
    before = layer.weight.grad.item()
    model(x).sum().backward()
    return before, layer.weight.grad.item()


def test_the_first_backward_outside_of_no_sync_averages_what_was_added_up():
    assert run_ranks(accumulate) == [(1.0, 4.0), (3.0, 4.0)]
