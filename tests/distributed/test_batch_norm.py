import inspect

import pytest
import torch
from torch import nn

from snippets.distributed.batch_norm import (
    assert_batch_norm_is_synchronized,
    mean_and_variance,
    statistics_of_two_ranks,
)
from snippets.distributed.gradient_averaging import run_ranks
from tests.awkward import Case, LeftOut
from tests.distributed.alone import alone


def of_one_rank(x):
    wide = x.detach().double()
    mean = wide.mean(0)
    return mean.to(x.dtype), (wide - mean).square().mean(0).to(x.dtype)


AWKWARD = [
    LeftOut(statistics_of_two_ranks, "it makes its own inputs"),
    Case(mean_and_variance, alone(lambda f, x: f(x)), like=of_one_rank, compiled=False),
    LeftOut(assert_batch_norm_is_synchronized, "it takes a model and reads no number"),
]


def statistics_of_parts(rank, sizes):
    x = torch.randn(9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    part = (x + 1e4).split(sizes)[rank]
    return [y.tolist() for y in mean_and_variance(part.T.contiguous().T)]


@pytest.mark.parametrize("sizes", [[1, 8], [0, 9]])
def test_any_split_has_the_statistics_of_the_whole(sizes):
    x = torch.randn(9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    var, mean = torch.var_mean(x + 1e4, 0, correction=0)
    for found in run_ranks(statistics_of_parts, sizes, uses=[mean_and_variance]):
        found = torch.tensor(found, dtype=torch.float64)
        torch.testing.assert_close(found, torch.stack([mean, var]))


def train_in_parts(rank):
    norm = nn.BatchNorm1d(1, momentum=None)
    model = DistributedDataParallel(norm)  # noqa: F821
    for step in range(3):
        model(torch.tensor([[0.0], [2.0]]) + 10 * rank + 100 * step)
    return norm.running_mean.item()


def test_what_other_ranks_saw_is_forgotten_at_every_step():
    mean0, mean1 = run_ranks(train_in_parts)
    assert mean0 == pytest.approx((1 + 101 + 201) / 3)
    assert mean1 == pytest.approx((1 + 101 + 211) / 3)


def test_a_converted_model_evaluates_as_before(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 5),
                          nn.Sequential(nn.BatchNorm1d(5))).to(device)
    x = torch.randn(6, 3, 2, 2, device=device)
    model(x)
    keys, before = list(model.state_dict()), model.eval()(x)
    with pytest.raises(AssertionError, match=r"^not synchronized: 1, 4\.0\. In training"):
        assert_batch_norm_is_synchronized(model)
    model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert_batch_norm_is_synchronized(model)
    torch.testing.assert_close(model.eval()(x), before)
    assert list(model.state_dict()) == keys


def test_norms_that_look_at_one_sample_pass_the_guard():
    assert_batch_norm_is_synchronized(nn.Sequential(
        nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, track_running_stats=True)))


def test_the_guard_finds_the_one_layer_that_was_added_later():
    model = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(4)))
    model.append(nn.BatchNorm3d(4))
    with pytest.raises(AssertionError, match=r"^not synchronized: 1\. In training"):
        assert_batch_norm_is_synchronized(model)


def test_a_single_layer_is_named_too():
    with pytest.raises(AssertionError, match=r"^not synchronized: the model\."):
        assert_batch_norm_is_synchronized(nn.BatchNorm1d(2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_sums_that_half_precision_cannot_hold_are_taken_wider(dtype):
    x = torch.full((2000, 1), 200, dtype=dtype)
    mean, variance = alone(mean_and_variance)(x)
    assert (mean.item(), variance.item(), mean.dtype) == (200, 0, dtype)


def test_integers_and_meta_are_refused():
    with pytest.raises(TypeError, match="not a floating"):
        mean_and_variance(torch.ones(2, 1, dtype=torch.int64))
    with pytest.raises(ValueError, match="on meta"):
        mean_and_variance(torch.ones(2, 1, device="meta"))


def test_the_guard_says_of_a_frozen_batch_norm_what_holds_in_training():
    with pytest.raises(AssertionError, match=r"^not synchronized: 0\. In training each rank"):
        assert_batch_norm_is_synchronized(nn.Sequential(nn.BatchNorm1d(3)).eval())


def mean_after_the_wrapping(rank, name):
    norm = nn.BatchNorm1d(1)
    norm.running_mean.fill_(5.0 * rank)
    DistributedDataParallel(norm, **{name: False})  # noqa: F821
    return norm.running_mean.item()


def test_the_new_flag_still_copies_the_buffers_of_rank_0_at_the_wrapping():
    assert run_ranks(mean_after_the_wrapping, "broadcast_buffers") == [0, 5]
    parameters = inspect.signature(nn.parallel.DistributedDataParallel).parameters
    if "forward_sync_buffers" in parameters:
        assert run_ranks(mean_after_the_wrapping, "forward_sync_buffers") == [0, 0]
