import pytest
import torch

from snippets.rl.gae import assert_episodes_are_apart, gae
from tests.awkward import Case, LeftOut


def flags(x, every):
    at = torch.arange(x.shape[0], device=x.device) % every == 1
    return at.view(-1, *[1] * (x.ndim - 1)).expand(x.shape)


def by_episodes(x, gamma=0.99, lam=0.95):
    """The sum of each step's errors to the end of its episode, written out."""
    values, ahead = x * 0.5, x.roll(-1, 0).masked_fill(flags(x, 3), 0)
    errors = x + gamma * ahead - values
    ended = flags(x, 3) | flags(x, 2)
    out = torch.zeros_like(errors)
    for t in range(len(x)):
        weight = torch.ones_like(errors[0])
        for k in range(t, len(x)):
            out[t] += torch.where(weight != 0, weight * errors[k], 0)
            weight = gamma * lam * weight * ~ended[k]
    return out.detach()


AWKWARD = [
    Case(gae, lambda gae, x: gae(
        x, x * 0.5, x.roll(-1, 0), flags(x, 3), flags(x, 2)), like=by_episodes, shape=(5, 2)),
    Case(gae, lambda gae, x: gae(x, x, x, x.bool(), x.bool()),
         holds=lambda x, got: torch.testing.assert_close(got, x - x, equal_nan=True), shape=(1,)),
    LeftOut(assert_episodes_are_apart, "it makes the one rollout that it needs"),
]


def test_the_advantages_of_episodes_side_by_side_are_those_of_each_alone(device):
    x, v, n = torch.randn(3, 7, 2, device=device, dtype=torch.float64)
    end, cut = torch.zeros(2, 7, 2, dtype=torch.bool, device=device)
    end[2, 0] = cut[4, 1] = True
    together = gae(x, v, n, end, cut)
    for column, length in [(0, 3), (1, 5)]:
        for part in (slice(length), slice(length, None)):
            alone = gae(*(each[part, column] for each in (x, v, n, end, cut)))
            torch.testing.assert_close(together[part, column], alone)


def test_a_value_after_an_end_may_be_nan(device):
    one = torch.ones(1, device=device)
    end = torch.ones(1, dtype=torch.bool, device=device)
    assert gae(one, one, one * torch.nan, end, ~end).item() == 0


def test_other_dtypes_and_shapes_are_refused(device):
    x = torch.ones(3, device=device)
    flag = torch.zeros(3, dtype=torch.bool, device=device)
    with pytest.raises(TypeError, match="floats"):
        gae(x.long(), x, x, flag, flag)
    with pytest.raises(TypeError, match="floats of 16 bits"):
        gae(x.to(torch.float8_e5m2), x, x, flag, flag)
    with pytest.raises(TypeError, match="booleans"):
        gae(x, x, x, flag.float(), flag)
    with pytest.raises(ValueError, match="one shape"):
        gae(x, x[:, None], x, flag, flag)
    with pytest.raises(ValueError, match="one shape"):
        gae(x[0], x[0], x[0], flag[0], flag[0])


def test_the_guard_fails_where_an_episode_sees_the_next(device):
    def without_ends(r, v, n, end, cut):
        return gae(r, v, n, end, cut & ~cut)

    def through_an_end(r, v, n, end, cut):
        return gae(r, v, n.masked_fill(end, 0), end & ~end, cut)
    for wrong in (without_ends, through_an_end):
        with torch.device(device), pytest.raises(AssertionError, match="of the one before"):
            assert_episodes_are_apart(wrong)
