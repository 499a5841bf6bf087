import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.attention.mean_pooling import last_kept, max_of_kept, mean_of_kept
from snippets.attention.wrong_mean_pooling import masked_sum_over_length, mean_over_padding
from tests.awkward import Case

LENGTHS = [4, 2, 1]


def kept(x):
    lengths = torch.tensor(LENGTHS[:len(x)], device=x.device)
    return torch.arange(4, device=x.device) < lengths[:, None]


def each_alone(pool):
    def pooled(x):
        alone = [pool(row[:length]) for row, length in zip(x, LENGTHS, strict=False)]
        return torch.stack(alone) if alone else x.sum(1)
    return pooled


AWKWARD = [
    Case(function, lambda f, x: f(x, kept(x)), like=each_alone(pool), shape=(3, 4, 5))
    for function, pool in [(mean_of_kept, lambda t: t.mean(0)), (max_of_kept, lambda t: t.amax(0)),
                           (last_kept, lambda t: t[-1])]
]


@pytest.mark.parametrize("pool", [mean_of_kept, max_of_kept])
def test_integers_are_refused_and_no_tokens_give_zeros(device, pool):
    keep = torch.ones(2, 3, dtype=torch.bool, device=device)
    with pytest.raises(TypeError, match="x is"):
        pool(torch.ones(2, 3, 4, dtype=torch.int64, device=device), keep)
    with pytest.raises(TypeError, match="keep is"):
        pool(torch.ones(2, 3, 4, device=device), keep.long())
    assert pool(torch.ones(2, 0, 4, device=device), keep[:, :0]).tolist() == [[0] * 4] * 2

FIXED_DEVICE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXED_DEVICE
@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=3))
def test_only_kept_tokens_count_in_value_and_gradient(device, rows):
    keep = torch.tensor(rows, device=device)
    x = torch.randn(len(rows), 5, 2, dtype=torch.float64, device=device)
    x[~keep] = float("nan")
    x.requires_grad_()
    for pool, reference in [(mean_of_kept, lambda t: t.mean(0)), (max_of_kept, lambda t: t.amax(0)),
                            (last_kept, lambda t: t[-1])]:
        pooled = pool(x, keep)
        for b, row in enumerate(keep):
            if row.any():
                torch.testing.assert_close(pooled[b], reference(x[b, row]))
            elif pool is not last_kept:
                assert not pooled[b].any()
        gradient, = torch.autograd.grad(pool(x, keep).nan_to_num().sum(), x)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("pool", [mean_over_padding, masked_sum_over_length])
def test_the_wrong_means_change_with_the_length(device, pool):
    x = torch.ones(1, 4, 2, device=device)
    x[:, 2:] = 0
    keep = torch.tensor([[True, True, False, False]], device=device)
    assert pool(x, keep).sum() == 1
    assert pool(x[:, :2], keep[:, :2]).sum() == mean_of_kept(x, keep).sum() == 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(device, dtype):
    x = torch.ones(1, 1000, 1, dtype=dtype, device=device)
    keep = torch.ones(1, 1000, dtype=torch.bool, device=device)
    assert mean_of_kept(x, keep) == max_of_kept(x, keep) == 1


def test_the_common_form_is_the_mean_of_the_kept_tokens(device):
    x = torch.randn(3, 4, 5, dtype=torch.float64, device=device)
    m = kept(x)[..., None]
    torch.testing.assert_close((x * m).sum(1) / m.sum(1), mean_of_kept(x, kept(x)))


def test_the_last_token_needs_a_boolean_mask():
    added = torch.tensor([[0.0, -torch.inf]])
    with pytest.raises(TypeError, match="not boolean"):
        last_kept(torch.ones(1, 2, 3), added)


def test_the_common_form_overflows_in_float16(device):
    x = torch.full((1, 3000, 1), 60.0, dtype=torch.float16, device=device)
    keep = torch.ones(1, 3000, dtype=torch.bool, device=device)
    m = keep[..., None]
    assert ((x * m).sum(1) / m.sum(1)).isinf().all()
    assert mean_of_kept(x, keep) == 60
