import pytest
import torch
import torch.nn.functional as F

from snippets.guards.judge import Undecided
from snippets.numerics.log_of_a_mixture import assert_survives_large_logits, log_mixture
from snippets.numerics.wrong_log_of_a_mixture import log_of_the_sum, mean_of_logs
from tests.awkward import Case, Guard


def of_two_parts(x):
    """The mixture of two parts by logaddexp."""
    (of_a, of_b), (a, b) = (F.log_softmax(y, -1).unbind(1) for y in (x[..., 0], x))
    return torch.logaddexp(of_a[:, None] + a, of_b[:, None] + b)


AWKWARD = [
    Case(log_mixture, lambda f, x: f(x[..., 0], x), like=of_two_parts, shape=(3, 2, 4)),
    Guard(assert_survives_large_logits, lambda guard, x: guard(log_mixture, x[..., 0], x),
          lambda guard, x: guard(log_of_the_sum, x[..., 0], x), shape=(3, 2, 4)),
]


def test_the_sum_of_probabilities_underflows(device):
    gate, logits = torch.zeros(2, device=device), torch.tensor([[0.0, 200.0]] * 2, device=device)
    assert log_of_the_sum(gate, logits)[0] == -torch.inf
    with pytest.raises(AssertionError, match="inf or nan"):
        assert_survives_large_logits(log_of_the_sum, gate, logits)


def test_the_mean_of_logs_is_not_a_distribution(device):
    gate, logits = torch.zeros(2, device=device), torch.eye(2, device=device)
    assert mean_of_logs(gate, logits).exp().sum() < 0.95
    total = log_mixture(gate, logits).exp().sum()
    torch.testing.assert_close(total, torch.ones((), device=device))


def test_a_part_of_weight_0_does_not_count(device):
    gate = torch.tensor([0.0, -torch.inf], device=device)
    logits = torch.tensor([[0.0, 200.0], [200.0, 0.0]], device=device)
    torch.testing.assert_close(log_mixture(gate, logits), logits[0] - 200)


def test_the_guard_looks_at_gradients_too(device):
    def finite_value(gate, logits):
        return torch.where(logits.abs() > 1, logits.sqrt(), 0.0).nan_to_num() + gate

    with pytest.raises(AssertionError, match="gradient"):
        assert_survives_large_logits(finite_value, torch.zeros(1, device=device),
                                     torch.tensor([[-1.0, 0.0]], device=device))


@pytest.mark.parametrize("constant", [1e-8, 1e-30])
def test_the_guard_sees_a_constant_inside_the_log(device, constant):
    def with_floor(gate, logits):
        weights = F.softmax(gate, dim=-1).unsqueeze(-1)
        return ((weights * F.softmax(logits, dim=-1)).sum(dim=-2) + constant).log()

    logits = torch.arange(16.0, device=device).view(2, 8)
    with pytest.raises(AssertionError, match="constant inside the log"):
        assert_survives_large_logits(with_floor, torch.zeros(2, device=device), logits)


@pytest.mark.parametrize("floor", [1e-300, 5e-324])
def test_the_guard_sees_a_floor_in_float64_below_half_the_log_probability(device, floor):
    def with_floor(gate, logits):
        weights = F.softmax(gate, dim=-1).unsqueeze(-1)
        return (weights * F.softmax(logits, dim=-1)).sum(dim=-2).clamp(min=floor).log()

    logits = torch.tensor([[0.0, 1.0]] * 2, dtype=torch.float64, device=device)
    with pytest.raises(AssertionError, match="constant inside the log"):
        assert_survives_large_logits(with_floor, torch.zeros_like(logits[:, 0]), logits)
    assert_survives_large_logits(log_mixture, torch.zeros_like(logits[:, 0]), logits)


@pytest.mark.parametrize("low", [-700.0, -20.0, -1.0])
def test_the_guard_sees_a_floor_under_the_logs(device, low):
    logits = torch.arange(16.0, device=device).view(2, 8)
    with pytest.raises(AssertionError, match="stops falling"):
        assert_survives_large_logits(lambda *x: log_mixture(*x).clamp(min=low),
                                     torch.zeros(2, device=device), logits)


def test_the_guard_passes_the_mixture_in_each_dtype(device):
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        logits = torch.randn(4, 3, 8, device=device).to(dtype) * 3
        gate = torch.zeros(4, 3, device=device, dtype=dtype)
        assert_survives_large_logits(log_mixture, gate, logits)


@pytest.mark.parametrize("logits", [
    torch.ones(2, 8), torch.zeros(2, 1), torch.full((2, 2), torch.nan), torch.zeros(2, 0),
    torch.tensor([[0.0, -torch.inf]] * 2), torch.tensor([[0.0, 1.0], [1.0, 0.0]])])
def test_the_guard_is_undecided_where_nothing_could_underflow(logits):
    with pytest.raises(Undecided):
        assert_survives_large_logits(log_mixture, torch.zeros(2), logits)


def test_a_class_that_one_part_allows_has_a_finite_gradient(device):
    logits = torch.tensor([[0.0, -torch.inf], [0.0, 0.0]], device=device).requires_grad_()
    log_mixture(torch.zeros(2, device=device), logits).sum().backward()
    assert logits.grad.isfinite().all()


def test_the_guard_is_undecided_where_the_scale_is_small(device):
    logits = torch.tensor([[0.0, 2.0]] * 2, device=device)
    with pytest.raises(Undecided, match="unlikely enough"):
        assert_survives_large_logits(log_of_the_sum, logits[:, 0], logits, scale=1.0)


def test_the_guard_runs_without_gradients_around_it_and_wants_those_of_the_function(device):
    gate, logits = torch.zeros(2, device=device), torch.tensor([[0.0, 2.0]] * 2, device=device)
    with torch.no_grad():
        assert_survives_large_logits(log_mixture, gate, logits)
    assert_survives_large_logits(lambda gate, x: log_mixture(gate.new_zeros(2), x), gate, logits)
    with pytest.raises(Undecided, match="no gradient"):
        assert_survives_large_logits(torch.no_grad()(log_mixture), gate, logits)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_logits_that_are_no_floats_raise(dtype):
    gate, logits = torch.zeros(2), torch.tensor([[0, 1, 0]] * 2).to(dtype)
    for call in (log_mixture, lambda *x: assert_survives_large_logits(log_mixture, *x)):
        with pytest.raises(TypeError, match="give floats"):
            call(gate, logits)


def test_the_guard_is_undecided_on_meta_and_where_the_scale_overflows():
    for logits in (torch.tensor([[0.0, 3.0]], device="meta"), torch.tensor([[0.0, 66.0]]).half()):
        with pytest.raises(Undecided):
            assert_survives_large_logits(log_mixture, torch.zeros_like(logits[:, 0]), logits)
