import pytest

from snippets.distributed.gradient_averaging import assert_ranks_agree, run_ranks


def change_on_one_rank(rank):
    layer = nn.Linear(2, 1)  # noqa: F821
    model = DistributedDataParallel(layer)  # noqa: F821
    with torch.no_grad():  # noqa: F821
        layer.bias.add_(rank)
    model(torch.ones(1, 2)).sum().backward()  # noqa: F821
    assert_ranks_agree(layer)


def test_a_parameter_changed_on_one_rank_is_seen():
    with pytest.raises(AssertionError, match="bias differs between ranks"):
        run_ranks(change_on_one_rank, uses=[assert_ranks_agree])


def gradient_by_rank(rank, case):
    layer = nn.Linear(1, 1, bias=False)  # noqa: F821
    nn.init.ones_(layer.weight)  # noqa: F821
    if case == "nan":
        layer.weight.grad = torch.full((1, 1), torch.nan)  # noqa: F821
    elif rank:
        layer.weight.grad = torch.zeros(1, 1)  # noqa: F821
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
