import pytest
import torch

from snippets.generative.guidance_scale import guided
from tests.awkward import LeftOut

AWKWARD = [LeftOut(guided, "it takes a model; its own tests are below")]


def model(x, condition):
    return x * condition.sin() + condition


@pytest.mark.parametrize("scale", [-1.0, 0.0, 0.5, 1.0, 7.5])
@pytest.mark.parametrize("batch", [0, 1, 3])
def test_guidance_is_that_of_two_calls(scale, batch):
    x, condition, empty = torch.randn(3, batch, 4, dtype=torch.float64)
    u, c = model(x, empty), model(x, condition)
    torch.testing.assert_close(guided(model, x, condition, empty, scale), u + scale * (c - u))
    weight = scale - 1
    torch.testing.assert_close(guided(model, x, condition, empty, scale), c + weight * (c - u))


@pytest.mark.parametrize(("condition", "empty"), [
    (torch.ones(3, 2), torch.ones(1, 2)), (torch.ones(2, 2), torch.ones(2, 2)),
    (torch.ones(3, 2), torch.ones(3, 3))])
def test_conditions_that_do_not_fit_are_refused(condition, empty):
    with pytest.raises(ValueError, match="of one shape for 3 samples"):
        guided(model, torch.ones(3, 2), condition, empty, 1.0)
