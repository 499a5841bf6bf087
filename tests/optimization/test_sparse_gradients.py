import pytest
import torch
from torch import nn

from tests.shown import shown

PAGE = "docs/optimization/sparse-gradients.md"


def sparse_table(rows=(1, 1, 3), device=None, **options):
    table = nn.Embedding(5, 2, sparse=True, device=device, **options)
    table(torch.tensor(rows, device=device)).sum().backward()
    return table


def test_clip_takes_one_tensor_and_skips_parameters_without_a_gradient():
    clip = shown(PAGE, "clip", torch=torch, nn=nn)
    table = sparse_table()
    assert clip(table.weight, 1.0).item() == pytest.approx(10 ** 0.5)
    assert table.weight.grad.to_dense().norm().item() == pytest.approx(1, abs=1e-4)
    assert clip([nn.Parameter(torch.ones(1))], 1.0) == 0


def test_the_guard_finds_a_clip_that_does_nothing_and_leaves_the_generator():
    check = shown(PAGE, "duplicates_are_added", torch=torch, nn=nn)
    before = torch.get_rng_state()
    check(shown(PAGE, "clip", torch=torch, nn=nn))
    assert torch.equal(before, torch.get_rng_state())
    with pytest.raises(AssertionError, match="sparse=False"):
        check(lambda parameters, max_norm: None)


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adagrad])
def test_fused_refuses_sparse_gradients(kind):
    table = sparse_table(device="cpu")
    with pytest.raises(RuntimeError, match="sparse"):
        kind(table.parameters(), fused=True).step()


def test_lbfgs_works():
    table = nn.Embedding(5, 2, sparse=True)
    before = table.weight.detach().clone()

    def closure():
        table.zero_grad()
        loss = table(torch.tensor([1])).square().sum()
        loss.backward()
        return loss

    torch.optim.LBFGS(table.parameters()).step(closure)
    assert not torch.equal(before, table.weight)


def test_which_second_use_makes_the_gradient_dense():
    index = torch.tensor([2])
    for use, sparse in [(lambda t: t(index), True), (lambda t: t.weight.square(), False),
                        (lambda t: t(index) @ t.weight.T, False)]:
        table = nn.Embedding(5, 2, sparse=True)
        (table(index).sum() + use(table).sum()).backward()
        assert table.weight.grad.is_sparse is sparse


def test_scale_grad_by_freq_raises():
    with pytest.raises(RuntimeError, match="scale_grad_by_freq"):
        sparse_table(scale_grad_by_freq=True)


@pytest.mark.parametrize(("mode", "works"), [("sum", True), ("mean", True), ("max", False)])
def test_which_modes_of_a_bag_are_sparse(mode, works):
    bag = nn.EmbeddingBag(5, 2, mode=mode, sparse=True)
    try:
        bag(torch.tensor([[1, 2]])).sum().backward()
    except ValueError:
        assert not works
    else:
        assert works
        assert bag.weight.grad.is_sparse
