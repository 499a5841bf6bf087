import warnings

import pytest
import torch
from torch import nn

from snippets.devices.memory_not_freed import assert_frees, first_rows, run_in_halves, watch
from snippets.devices.wrong_memory_not_freed import first_rows_as_views, halves_in_the_handler
from snippets.guards.judge import Undecided
from tests.awkward import Case, Guard


def collects(keep):
    """A step that keeps something of a tensor in a list."""
    kept = []
    return lambda x: lambda: kept.append(keep(x.clone()))


def held_by_a_view(watch, x):
    x = x.detach().clone()
    held, view = watch(x), x[:1]
    del x
    return [held(), view.dim() == 0, held()]


AWKWARD = [
    Case(watch, held_by_a_view, like=lambda x: [True, False, True], compiled=False),
    Case(first_rows, lambda f, x: f([x, x])[1], like=lambda x: x[:1].detach().clone()),
    Case(run_in_halves, lambda f, x: f(needs_memory(1, []), x), like=lambda x: x * 2,
         compiled=False),
    Guard(assert_frees, right=lambda guard, x: guard(collects(lambda y: y.shape)(x)),
          wrong=lambda guard, x: guard(collects(lambda y: y[:1])(x)),
          outside={"a batch of 0": "the memory of tensors"}),
]


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


def test_a_first_row_holds_no_graph(device):
    weight = torch.ones(4, 2, device=device, requires_grad=True)
    outputs = (2 * weight).tanh()
    held, rows = watch(outputs), first_rows([outputs])
    del outputs
    assert rows[0].tolist() == torch.full((1, 2), 2.0, device=device).tanh().tolist()
    assert not held()


def test_a_sparse_tensor_has_no_storage_to_watch(device):
    with pytest.raises(NotImplementedError):
        watch(torch.eye(2, device=device).to_sparse())


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr, torch.sparse_csc])
def test_sparse_tensors_are_counted_by_their_parts(device, layout):
    x, kept = torch.eye(4, device=device), []
    with warnings.catch_warnings(action="ignore"):  # compressed layouts are in beta
        x.to_sparse(layout=layout)
    assert_frees(lambda: x.to_sparse(layout=layout).sum().item())
    with pytest.raises(AssertionError, match="bytes more"):
        assert_frees(lambda: kept.append(x.to_sparse(layout=layout)))


def test_a_sparse_gradient_is_no_leak(device):
    table = nn.Embedding(4, 2, sparse=True, device=device)

    def step():
        table.weight.grad = None
        table(torch.tensor([1, 1], device=device)).sum().backward()

    assert_frees(step)


def test_a_tensor_made_from_numbers_is_counted(device):
    kept = []
    assert_frees(lambda: torch.tensor([1.0, 2.0], device=device).sum().item())
    with pytest.raises(AssertionError, match="bytes more than the first"):
        assert_frees(lambda: kept.append(torch.tensor([1.0, 2.0], device=device)))


def test_a_view_of_a_batch_that_was_there_is_no_leak(device):
    batches = iter([torch.zeros(1000, device=device) for _ in range(2)])
    assert_frees(lambda: next(batches)[:1].sum().item())


def test_a_step_without_tensors_is_undecided():
    with pytest.raises(Undecided, match="makes no tensor"):
        assert_frees(lambda: None)
