import pytest
import torch
from torch import nn

from snippets.devices.memory_not_freed import assert_frees, first_rows, run_in_halves, watch
from snippets.devices.wrong_memory_not_freed import first_rows_as_views, halves_in_the_handler


@pytest.mark.parametrize("hold", [
    lambda x: x.detach(), lambda x: x.T, lambda x: x.view(-1)[:0], lambda x: x.expand(2, 3, 4),
    lambda x: x.untyped_storage(), lambda x: iter([x]), lambda x: (lambda: x)])
def test_whatever_refers_to_the_storage_holds_it(device, hold):
    x = torch.zeros(3, 4, device=device)
    held, holder = watch(x), hold(x)
    del x
    assert held()
    del holder
    assert not held()


def test_a_copy_holds_nothing(device):
    x = torch.zeros(3, 4, device=device)
    held = watch(x)
    copies = [x.clone(), x[[0]], x + 0, x.double(), x.tolist()]
    del x
    assert copies
    assert not held()


def test_first_rows_are_copies_of_the_first_rows(device):
    batches = torch.arange(24.0, device=device).view(2, 4, 3).unbind()
    torch.testing.assert_close(first_rows(batches), first_rows_as_views(batches))
    assert all(watch(row)() for row in first_rows(batches))
    assert {row.untyped_storage().nbytes() for row in first_rows(batches)} == {12}
    assert {row.untyped_storage().nbytes() for row in first_rows_as_views(batches)} == {96}


def needs_memory(limit, seen):
    def run(batch):
        seen.append(len(batch))
        if len(batch) > limit:
            raise torch.OutOfMemoryError
        return batch * 2

    return run


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_halves_give_what_the_batch_would_have(device, size):
    batch, seen = torch.arange(size * 2, device=device).view(size, 2), []
    assert torch.equal(run_in_halves(needs_memory(2, seen), batch), batch * 2)
    assert torch.equal(halves_in_the_handler(needs_memory(2, seen), batch), batch * 2)


def test_one_sample_that_is_too_large_and_other_errors_are_raised(device):
    batch, seen = torch.zeros(4, device=device), []
    with pytest.raises(torch.OutOfMemoryError):
        run_in_halves(needs_memory(0, seen), batch)
    assert seen == [4, 2, 1]
    with pytest.raises(RuntimeError, match="size of tensor a"):
        run_in_halves(lambda x: x + torch.zeros(3, device=device), batch)


def test_a_training_step_frees_all_but_what_it_replaces(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters())
    x, log = torch.randn(16, 4, device=device), []

    def step(keep):
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        log.append(keep(loss))

    assert_frees(lambda: step(torch.Tensor.item))
    with pytest.raises(AssertionError, match=r"leaves 4 bytes more .* made by aten\.mean\.default"):
        assert_frees(lambda: step(torch.Tensor.detach))
    with pytest.raises(AssertionError, match=r"bytes more than the first"):
        assert_frees(lambda: step(lambda loss: model(x)))


def test_a_cycle_is_no_leak_and_a_hook_that_collects_is(device):
    layer, x = nn.Linear(4, 4, device=device), torch.ones(2, 4, device=device)

    def cycle():
        holder = [layer(x)]
        holder.append(holder)

    assert_frees(cycle)
    outputs = []
    handle = layer.register_forward_hook(lambda module, args, out: outputs.append(out))
    with pytest.raises(AssertionError, match=r"aten\.addmm\.default"):
        assert_frees(lambda: layer(x))
    handle.remove()
    assert_frees(lambda: layer(x))


def test_an_empty_batch_that_does_not_fit_raises(device):
    def run(batch):
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        run_in_halves(run, torch.zeros(0, 2, device=device))
