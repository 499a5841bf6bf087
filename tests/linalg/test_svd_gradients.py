import pytest
import torch


def gradient(part, a):
    a = a.clone().requires_grad_()
    result = torch.linalg.svd(a, full_matrices=False)
    return torch.autograd.grad(getattr(result, part).sum(), a)[0]


def test_one_singular_value_of_zero_is_enough_on_the_long_side():
    for long, short, a in [("U", "Vh", torch.ones(3, 2)), ("Vh", "U", torch.ones(2, 3))]:
        assert gradient(long, a).isnan().any()
        assert gradient(short, a).isfinite().all()


def test_values_that_rounding_keeps_apart_have_a_huge_gradient():
    rotation, _ = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))
    found = gradient("U", rotation).abs().max()
    assert found.isnan() or found > 1e4


@pytest.mark.parametrize("size", [2, 3])
def test_inf_gives_nan_or_an_error(size):
    a = torch.eye(size, device="cpu")
    a[0, 0] = torch.inf
    try:
        values = torch.linalg.svdvals(a)
    except torch.linalg.LinAlgError:
        return
    assert values.isnan().any()
