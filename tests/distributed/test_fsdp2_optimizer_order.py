import pytest

from snippets.distributed.gradient_averaging import run_ranks


def kinds_after_forward(rank, layers_first):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    mesh = init_device_mesh("cpu", (2,))
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))  # noqa: F821
    if layers_first:
        fully_shard(model[0], mesh=mesh)
    fully_shard(model, mesh=mesh)
    model(torch.ones(1, 2))  # noqa: F821
    held = list(model.parameters())
    model(torch.ones(1, 2)).sum().backward()  # noqa: F821
    return [(type(p).__name__, p.grad is not None) for p in held]


@pytest.mark.parametrize(("layers_first", "first"), [
    (True, ("DTensor", True)), (False, ("Parameter", False))])
def test_after_a_forward_what_no_layer_shards_is_gathered(layers_first, first):
    found, _ = run_ranks(kinds_after_forward, layers_first)
    assert found == 2 * [first] + 2 * [("Parameter", False)]
