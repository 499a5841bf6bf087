import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.numerics.std import assert_biased, standardize
from snippets.numerics.wrong_std import standardize_by_default


@pytest.mark.parametrize("shape", [(1, 4), (3, 1), (2, 3, 5)])
@pytest.mark.parametrize("mean", [0.0, 1e4])
def test_standardize_agrees_with_layer_norm(device, shape, mean):
    x = torch.arange(float(np.prod(shape)), device=device).view(shape) + mean
    torch.testing.assert_close(standardize(x, dim=-1), F.layer_norm(x, shape[-1:]))
    y = x.transpose(0, -1)
    torch.testing.assert_close(standardize(y, dim=0), F.layer_norm(x, shape[-1:]).transpose(0, -1))


@pytest.mark.filterwarnings("ignore:std")
def test_the_default_gives_nan_for_one_element_and_too_little_for_two(device):
    assert standardize_by_default(torch.ones(1, 1, device=device)).isnan().all()
    two = standardize_by_default(torch.tensor([[0.0, 2.0]], device=device))
    torch.testing.assert_close(two, torch.tensor([[-1.0, 1.0]], device=device) / 2**0.5)


def test_the_guard_tells_them_apart_up_to_a_thousand_samples(device):
    x = torch.arange(1000.0, device=device).view(-1, 1)
    assert_biased(lambda x: x.var(dim=0, correction=0), x)
    with pytest.raises(AssertionError, match="1000 samples"):
        assert_biased(lambda x: x.var(dim=0), x)
