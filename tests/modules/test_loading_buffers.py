import pytest
import torch
from torch import nn

from snippets.modules.loading_buffers import Standardize, assert_state_loads
from snippets.modules.wrong_loading_buffers import StandardizeLater
from tests.awkward import Case, Guard, loads_after_meta


def fitted_to(x):
    module = Standardize(torch.ones(4, dtype=x.dtype, device=x.device))
    module.fit(x)
    return module(x)


def holder(x, name="held"):
    module = nn.Module()
    module.register_buffer(name, x)
    return module


AWKWARD = [
    Case(Standardize, lambda kind, x: fitted_to(x), like=lambda x: x - x.mean(0), compiled=False),
    Guard(assert_state_loads,
          right=lambda guard, x: guard(lambda: holder(torch.zeros_like(x)), holder(x)),
          wrong=lambda guard, x: guard(lambda: holder(torch.zeros_like(x), "other"), holder(x))),
]


def test_a_standardization_is_right_after_meta_and_keeps_no_graph(device):
    assert loads_after_meta(lambda: Standardize(torch.ones(2))) == "equal"
    module = Standardize(torch.ones(2, device=device))
    module.fit(torch.ones(3, 2, device=device, requires_grad=True) * 2)
    assert module.mean.grad_fn is None
    assert module.mean.tolist() == [2, 2]


def test_another_size_is_named_and_nan_is_no_alarm(device):
    with pytest.raises(AssertionError, match="another shape"):
        assert_state_loads(lambda: Standardize(torch.ones(3, device=device)),
                           Standardize(torch.ones(2, device=device)))
    nan = torch.full((2,), torch.nan, device=device)
    assert_state_loads(lambda: Standardize(torch.ones(2, device=device)), Standardize(nan))


def test_a_fitted_module_loads_into_a_new_one_and_shares_nothing(device):
    scale = torch.tensor([2.0, 4.0], device=device)
    fitted = Standardize(scale)
    x = 1e4 + torch.randn(8, 2, device=device)
    fitted.fit(x)
    assert_state_loads(lambda: Standardize(scale), fitted)
    torch.testing.assert_close(fitted(x), (x - x.mean(0)) / scale)
    fitted.scale.zero_()
    assert scale.tolist() == [2, 4]
    assert set(fitted.state_dict()) == {"mean", "scale"}


def test_a_load_reaches_whoever_shares_the_tensor(device):
    scale = torch.ones(2, device=device)
    StandardizeLater(scale).load_state_dict({"scale": torch.zeros(2)})
    assert not scale.any()


def test_a_lost_key_and_a_changed_number_are_named(device):
    late = StandardizeLater(torch.ones(2, device=device))
    late.mean = torch.zeros(2, device=device)
    with pytest.raises(AssertionError, match=r"no place for \['mean'\]"):
        assert_state_loads(lambda: StandardizeLater(torch.ones(2, device=device)), late)
    precise = nn.Linear(2, 2, device=device, dtype=torch.float64)
    with pytest.raises(AssertionError, match=r"other numbers: \['weight', 'bias'\]"):
        assert_state_loads(lambda: nn.Linear(2, 2, device=device), precise)


def test_a_scale_of_integers_is_refused():
    with pytest.raises(TypeError, match="not floating"):
        Standardize(torch.tensor([2]))


class WithExtraState(nn.Linear):
    steps = 0

    def get_extra_state(self):
        return {"steps": self.steps}

    def set_extra_state(self, state):
        self.steps = state["steps"]


def test_extra_state_is_loaded_and_a_missing_key_is_torchs_error(device):
    assert_state_loads(lambda: WithExtraState(2, 2).to(device), WithExtraState(2, 2).to(device))
    with pytest.raises(RuntimeError, match="Missing key"):
        assert_state_loads(lambda: nn.Linear(2, 2).to(device), nn.Linear(2, 2, bias=False))


def loads(saved, new):
    assert_state_loads(lambda: holder(new), holder(saved))


@pytest.mark.filterwarnings("ignore:Casting complex values:UserWarning")
@pytest.mark.parametrize(("saved", "dtype"), [
    (torch.tensor([-1, 5], dtype=torch.int8), torch.uint8),
    (torch.tensor([200], dtype=torch.uint8), torch.int8),
    (torch.tensor([-1]), torch.uint64), (torch.tensor([2**53 + 1]), torch.float64),
    (torch.tensor([0.3]), torch.float8_e4m3fn), (torch.tensor([1j]), torch.complex64)])
def test_numbers_that_change_with_the_dtype_are_named(device, saved, dtype):
    saved = saved.to(device)
    loads(saved, torch.zeros_like(saved))
    if dtype.is_complex:
        loads(saved, torch.zeros_like(saved, dtype=dtype))
        dtype = torch.float32
    with pytest.raises(AssertionError, match=r"other numbers: \['held'\]"):
        loads(saved, torch.zeros_like(saved, dtype=dtype))


@pytest.mark.parametrize("saved", [
    torch.eye(2).to_sparse(), torch.tensor([0.5, torch.nan]).to(torch.float8_e4m3fn),
    torch.tensor([2**64 - 1], dtype=torch.uint64)])
def test_sparse_float8_and_unsigned_numbers_load(saved):
    loads(saved, torch.zeros_like(saved))
    loads(saved, saved.to("cpu", copy=True))


class Remembers(nn.Module):
    def __init__(self, state):
        super().__init__()
        self.state = state

    def get_extra_state(self):
        return self.state

    def set_extra_state(self, state):
        self.state = state


class Forgets(Remembers):
    def set_extra_state(self, state):
        pass


@pytest.mark.parametrize("state", [None, torch.zeros(3), torch.zeros(2)])
def test_extra_state_of_tensors_is_compared_after_the_load(state):
    assert_state_loads(lambda: Remembers(state), Remembers(torch.ones(2)))
    with pytest.raises(AssertionError, match=r"other numbers: \['_extra_state'\]"):
        assert_state_loads(lambda: Forgets(state), Remembers(torch.ones(2)))


def test_a_new_module_may_stand_on_another_device(device):
    assert_state_loads(lambda: Standardize(torch.ones(2)), Standardize(torch.ones(2).to(device)))
