import pytest
import torch
from torch.utils.data import DataLoader


def draws(loader):
    """How the loop over a loader leaves torch's generator: moved or not."""
    before = torch.get_rng_state()
    for _ in loader:
        break
    return not torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("options", [{}, {"batch_size": None}, {"shuffle": False, "batch_size": 2}])
def test_a_loop_draws_from_torch_s_generator(options):
    assert draws(DataLoader(range(4), **options))


@pytest.mark.parametrize("options", [{}, {"shuffle": True}])
def test_a_generator_of_its_own_leaves_torch_s_alone(options):
    assert not draws(DataLoader(range(4), generator=torch.Generator(), **options))


def test_a_loop_draws_once_and_the_making_not_at_all():
    torch.manual_seed(0)
    whole = [*DataLoader(range(9))] and torch.rand(1)
    torch.manual_seed(0)
    loader = DataLoader(range(9))
    assert len(loader) == 9
    next(iter(loader))
    assert torch.equal(torch.rand(1), whole)
