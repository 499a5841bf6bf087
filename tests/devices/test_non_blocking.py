import itertools
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.devices.non_blocking import assert_waits, late_copies, to_host
from snippets.devices.wrong_non_blocking import mean_read_early
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard

TYPES = [torch.float32, torch.bfloat16, torch.complex64, torch.int64, torch.uint8, torch.bool,
         torch.int8, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn,
         torch.float8_e5m2]


def wide(x):
    return x if x.is_complex() else x.double()


def early(x):
    return x.to("cpu", non_blocking=True)


def early_by_position(x):
    return x.to("cpu", x.dtype, True)


def early_into_host_by_position(x):
    return torch.zeros(x.shape, dtype=x.dtype, device="cpu").copy_(x, True)


def early_by_other(x):
    return x.to(torch.zeros(1, dtype=x.dtype, device="cpu"), non_blocking=True)


def early_by_device(x):
    return x.to(device=torch.device("cpu"), non_blocking=True)


def after_the_wait(late_copies, x):
    with late_copies() as on_gpu:
        copy = early(x.detach().as_subclass(on_gpu))
        torch.accelerator.synchronize()
    return copy


AWKWARD = [
    Case(to_host, lambda f, x: f(x.detach(), x.detach())[1], like=lambda x: x.detach().cpu(),
         compiled=False),
    Case(late_copies, after_the_wait, like=lambda x: x.detach().cpu(), compiled=False),
    Guard(assert_waits, right=lambda guard, x: guard(to_host, x.detach()),
          wrong=lambda guard, x: guard(early, x.detach())),
]

def early_into_host_like_it(x):
    return torch.empty_like(x, device="cpu").copy_(x, non_blocking=True)


def early_into_new_host(x):
    return x.new_empty(x.shape, device=torch.device("cpu")).copy_(x, non_blocking=True)


COUNTER = itertools.count()
COPIES = [early, early_by_position, early_by_device, early_into_host_by_position, early_by_other,
          early_into_host_like_it, early_into_new_host]


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("dtype", TYPES)
def test_each_number_of_a_late_copy_is_wrong_until_it_has_arrived(device, copy, dtype):
    x = torch.tensor([0, 1, 2, 3], device=device).to(dtype)
    with late_copies() as on_gpu:
        host = copy(x.as_subclass(on_gpu))
        assert host.device.type == "cpu"
        assert type(host) is torch.Tensor
        assert (wide(host) != wide(x.cpu())).all()
        torch.accelerator.synchronize()
        assert torch.equal(wide(host), wide(x.cpu()))
    assert torch.equal(wide(x), wide(torch.tensor([0, 1, 2, 3], device=device).to(dtype)))


@pytest.mark.parametrize("dtype", TYPES)
def test_the_guard_judges_each_dtype(device, dtype):
    x = torch.tensor([0, 1, 2, 3], device=device).to(dtype)
    assert_waits(to_host, x)
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(early, x)


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("wait", [
    lambda x: torch.accelerator.synchronize(), lambda x: torch.cuda.synchronize(),
    lambda x: torch.cuda.synchronize(0), lambda x: x.sum().item(), lambda x: x.tolist(),
    lambda x: x.cpu(), lambda x: x.to("cpu"), lambda x: float(x.sum()),
    lambda x: 1 if x.sum() > 0 else 0, lambda x: int(x.sum()), lambda x: print(x),
    lambda x: f"{x.sum():.2f}", lambda x: x.nonzero(), lambda x: x[x > 2],
    lambda x: torch.equal(x, x), lambda x: x.to("cpu", x.dtype, False, True)])
def test_the_guard_passes_what_waits_and_finds_what_does_not(device, copy, wait):
    def waits(x):
        host = copy(2 * x)
        wait(x)
        return host.sum()

    x = torch.arange(6.0, device=device).view(2, 3)
    assert_waits(waits, x)
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(lambda x: copy(2 * x).sum(), x)
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(lambda x: [wait(x), copy(x)][1], x)


@pytest.mark.parametrize("run", [
    mean_read_early, early, lambda x: early(x).tolist(), lambda x: early(x).numpy().sum().item(),
    lambda x: [early(y) for y in x.unbind()]])
def test_the_guard_finds_each_way_to_read_early(device, run):
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(run, torch.arange(4.0, device=device))


def test_a_model_on_the_gpu_of_paper_is_as_it_was(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).to(device)
    x = torch.randn(3, 4, device=device)
    assert_waits(lambda x: to_host(model(x), x.relu()), x)
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(lambda x: early(model(x)).argmax(1), x)


@pytest.mark.parametrize("run", [
    torch.mean, torch.Tensor.cpu, lambda x: x.to("cpu"), lambda x: x.to(torch.float64),
    lambda x: to_host(x + next(COUNTER))])
def test_the_guard_is_undecided_where_it_could_not_fail(device, run):
    with pytest.raises(Undecided):
        assert_waits(run, torch.arange(4.0, device=device))


def test_what_is_patched_is_given_back():
    before = torch.accelerator.synchronize, torch.accelerator.is_available, torch.cuda.synchronize
    with pytest.raises(ZeroDivisionError), late_copies():
        raise ZeroDivisionError
    assert before == (
        torch.accelerator.synchronize, torch.accelerator.is_available, torch.cuda.synchronize)


def test_on_the_device_at_hand_the_idiom_gives_the_numbers(device):
    x = torch.arange(4.0, device=device)
    assert [y.tolist() for y in to_host(x, x > 1)] == [[0, 1, 2, 3], [False, False, True, True]]


def test_each_device_that_holds_a_tensor_is_waited_for(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "synchronize", waited.append)
    to_host(*[SimpleNamespace(device=torch.device("cuda", i), to=lambda *_, **__: None)
              for i in (1, 0, 1)])
    assert sorted(waited) == [0, 1]


@pytest.mark.parametrize("read", [
    lambda host: host.argmax(), lambda host: host.isnan() & False, lambda host: host.numel()])
def test_the_guard_is_undecided_where_numbers_that_never_arrive_change_nothing(device, read):
    with pytest.raises(Undecided, match="never arrives"):
        assert_waits(lambda x: read(early(x)), torch.tensor([3.0, 1.0, 2.0], device=device))


def test_the_guard_finds_an_early_read_of_any_size(device):
    x = torch.arange(1, 5, device=device)
    for scale in [1e-30, 1e-9, 1.0, 1e30]:
        assert_waits(to_host, scale * x)
        with pytest.raises(AssertionError, match="before it has arrived"):
            assert_waits(lambda x: early(x).nan_to_num(), scale * x)


def test_an_error_that_early_numbers_cause_is_an_early_read(device):
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(lambda x: F.one_hot(early(x)), torch.arange(4, device=device))


def test_the_guard_leaves_generators_and_buffers_as_they_were(device):
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()).to(device)
    x, state = torch.randn(8, 2, device=device), torch.get_rng_state()
    assert_waits(lambda x: to_host(model(x)), x)
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(lambda x: early(model(x)), x)
    assert torch.equal(torch.get_rng_state(), state)
    assert model[0].num_batches_tracked == 0


def test_an_input_on_meta_is_undecided():
    with pytest.raises(Undecided, match="on meta"):
        assert_waits(to_host, torch.zeros(2, device="meta"))


def test_an_assert_of_code_that_waits_is_no_early_read(device):
    def run(x):
        host, = to_host(x)
        assert host.sum() > 0
        return host

    assert_waits(run, torch.arange(4.0, device=device))


@pytest.mark.parametrize("look", [lambda x: x.shape, lambda x: x.dim(), lambda x: x[0], len])
def test_a_look_at_the_shape_waits_for_nothing(device, look):
    with pytest.raises(AssertionError, match="before it has arrived"):
        assert_waits(lambda x: [early(x), look(x)][0], torch.arange(4.0, device=device))
