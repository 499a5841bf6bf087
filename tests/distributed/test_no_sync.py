import pytest

from snippets.distributed.gradient_averaging import run_ranks


def two_forwards(rank, first_inside):
    layer = nn.Linear(1, 1, bias=False)  # noqa: F821
    model = DistributedDataParallel(layer)  # noqa: F821
    x = torch.tensor([[1.0 + 2 * rank]])  # noqa: F821
    losses = []
    for inside in (first_inside, not first_inside):
        if inside:
            with model.no_sync():
                losses.append(model(x).sum())
        else:
            losses.append(model(x).sum())
    sum(losses).backward()
    return layer.weight.grad.item()


@pytest.mark.parametrize("first_inside", [False, True])
def test_one_of_two_forwards_outside_averages_the_whole_gradient(first_inside):
    assert run_ranks(two_forwards, first_inside) == [4.0, 4.0]


def static(rank, first_inside):
    layer = nn.Linear(1, 1, bias=False)  # noqa: F821
    model = DistributedDataParallel(layer, static_graph=True)  # noqa: F821
    x = torch.tensor([[1.0 + 2 * rank]])  # noqa: F821
    if not first_inside:
        model(x).sum().backward()
        layer.weight.grad = None
    with model.no_sync():
        model(x).sum().backward()
    return layer.weight.grad.item()


def test_a_static_graph_needs_a_first_step_outside():
    assert run_ranks(static, False) == [1.0, 3.0]
    with pytest.raises(RuntimeError, match="INTERNAL ASSERT"):
        run_ranks(static, True)
