import pytest
import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided
from snippets.rl.targets_detached_and_shaped import assert_target_is_fixed, td_loss
from tests.awkward import Case, LeftOut


def every_second(x):
    return torch.arange(len(x), device=x.device) % 2 == 1


def written_out(x):
    target = x.flip(0) + 0.99 * torch.where(every_second(x), 0, x.roll(1))
    return (x - target.detach()).square().mean()


AWKWARD = [
    Case(td_loss, lambda loss, x: loss(x, x.flip(0), x.roll(1), every_second(x)),
         like=written_out, shape=(6,), outside={}),
    LeftOut(assert_target_is_fixed, "its loss decides"),
]


def test_the_gradient_is_that_of_a_fixed_target(device):
    values, rewards, after = torch.randn(3, 5, device=device, dtype=torch.float64)
    values.requires_grad_()
    after.requires_grad_()
    end = torch.tensor([False, True, False, False, True], device=device)
    slope, ahead = torch.autograd.grad(
        td_loss(values, rewards, after, end), (values, after), materialize_grads=True)
    target = rewards + 0.99 * after * ~end
    torch.testing.assert_close(slope, 2 * (values - target) / 5)
    assert not ahead.any()


def test_other_shapes_and_dtypes_are_refused(device):
    x, end = torch.zeros(3, device=device), torch.zeros(3, dtype=torch.bool, device=device)
    with pytest.raises(ValueError, match="one shape"):
        td_loss(x, x[:, None], x, end)
    with pytest.raises(ValueError, match="one shape"):
        td_loss(x[:, None], x[:, None], x[:, None], end[:, None])
    with pytest.raises(TypeError, match="floats"):
        td_loss(x, x.long(), x, end)
    with pytest.raises(TypeError, match="booleans"):
        td_loss(x, x, x, end.float())


def test_the_guard_passes_on_a_squeezed_column_and_fails_without_rewards(device):
    column = torch.tensor([[1.0], [2.0], [4.0]], device=device)
    assert_target_is_fixed(
        lambda v, r, n, end: td_loss(v.squeeze(1), r, n.squeeze(1), end), column)
    with pytest.raises(AssertionError, match="ignored"):
        assert_target_is_fixed(
            lambda v, r, n, end: td_loss(v[:, 0], 0 * r, n[:, 0], end), column)



def test_the_guard_leaves_the_values_alone(device):
    column = torch.tensor([[1.0], [2.0]], device=device)
    assert_target_is_fixed(
        lambda v, r, n, end: td_loss(v.squeeze(1), r, n.squeeze(1), end), column)
    assert column.tolist() == [[1.0], [2.0]]
    assert not column.requires_grad


@pytest.mark.parametrize("loss", [F.smooth_l1_loss, F.huber_loss, F.l1_loss, F.mse_loss])
@pytest.mark.parametrize("shift", [0, 400, -200, 900, -900])
def test_the_guard_passes_on_losses_with_a_flat_slope(device, loss, shift):
    values = torch.tensor([1.0, 2.0, 3.0, 4.0], device=device) + shift
    assert_target_is_fixed(
        lambda v, r, n, end: loss(v, (r + 0.99 * n * ~end).detach()), values)


def test_the_guard_fails_on_a_table_whose_slope_is_flat(device):
    values = torch.tensor([[401.0], [402.0], [403.0]], device=device)
    with pytest.raises(AssertionError, match="other samples"):
        assert_target_is_fixed(
            lambda v, r, n, end: (v - r - 0.99 * n.detach()).abs().mean(), values)


@pytest.mark.parametrize("values", [
    torch.ones(0), torch.ones(1), torch.ones(3).long(),
    torch.ones(3, device="meta")])
def test_the_guard_is_undecided_where_it_could_not_fail(values):
    with pytest.raises(Undecided, match="2 floats"):
        assert_target_is_fixed(td_loss, values)


def test_the_guard_works_under_no_grad():
    with torch.no_grad():
        assert_target_is_fixed(td_loss, torch.ones(3))
