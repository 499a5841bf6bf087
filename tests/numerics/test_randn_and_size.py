import pytest
import torch

from snippets.numerics.randn_and_size import randn_per_sample
from tests.awkward import LeftOut

AWKWARD = [LeftOut(randn_per_sample, "it takes seeds and sizes, and no tensor")]


def draw(function, size, **options):
    torch.manual_seed(0)
    return function(size, device="cpu", **options)


def kept(size):
    """How many numbers are not drawn once more."""
    return size if size % 16 == 0 else max(size - 16, 0)


@pytest.mark.parametrize("small", [16, 17, 31, 32, 40, 64])
@pytest.mark.parametrize("large", [65, 80, 100, 256])
def test_sizes_share_what_is_not_drawn_anew(small, large):
    a, b = draw(torch.randn, small), draw(torch.randn, large)[:small]
    count = min(kept(small), kept(large))
    assert torch.equal(a[:count], b[:count])
    if count < small:
        assert (a[count:] != b[count:]).sum() > (small - count) / 2


@pytest.mark.parametrize("function", [torch.rand, lambda n, device: torch.randint(
    0, 9, (n,), device=device)])
def test_uniform_numbers_of_a_smaller_size_are_the_first(function):
    assert torch.equal(draw(function, 17), draw(function, 50)[:17])


def test_samples_keep_their_noise(device):
    noise = randn_per_sample([3, 4, 5], 2, 7, device=device)
    assert noise.shape == (3, 2, 7)
    assert noise.device.type == device.split(":")[0]
    torch.testing.assert_close(noise[1:2], randn_per_sample([4], 2, 7, device=device))
    half = randn_per_sample([3, 4, 5], 2, 7, device=device, dtype=torch.float16)
    torch.testing.assert_close(half, noise.half())
    assert not torch.equal(noise[0], noise[1])


def test_the_global_state_stays():
    state = torch.get_rng_state()
    randn_per_sample([1], 3)
    assert torch.equal(state, torch.get_rng_state())


def test_what_means_nothing_is_refused():
    with pytest.raises(ValueError, match="a seed for each"):
        randn_per_sample([], 3)
    with pytest.raises(ValueError, match="float dtype"):
        randn_per_sample([1], 3, dtype=torch.int64)
    with pytest.raises(RuntimeError):
        randn_per_sample([1], -3)


@pytest.mark.parametrize("seed", [0.5, torch.tensor(0.5), "7"])
def test_a_seed_that_is_no_integer_is_refused(seed):
    with pytest.raises(TypeError):
        randn_per_sample([seed], 3)


@pytest.mark.parametrize(("size", "same"), [
    (16, True), (17, False), (32, True), (40, False)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_is_rounded_float32_up_to_the_numbers_drawn_anew(dtype, size, same):
    if draw(torch.randn, 16, dtype=dtype)[0] != draw(torch.randn, 16)[0].to(dtype):
        pytest.skip("this version draws half in another way")
    a, b = draw(torch.randn, size, dtype=dtype), draw(torch.randn, size).to(dtype)
    assert torch.equal(a[:kept(size)], b[:kept(size)])
    assert torch.equal(a, b) == same


@pytest.mark.parametrize(("half", "same"), [
    (7, True), (8, False), (14, False), (16, True), (17, False), (32, True)])
def test_two_draws_are_one_draw_of_pairs_or_of_blocks(half, same):
    torch.manual_seed(0)
    two = torch.cat([torch.randn(half, device="cpu") for _ in range(2)])
    assert torch.equal(two, draw(torch.randn, 2 * half)) == same


def test_more_outputs_keep_the_first_weights_and_more_inputs_do_not():
    def layer(*sizes):
        torch.manual_seed(0)
        return torch.nn.Linear(*sizes, device="cpu")
    assert torch.equal(layer(4, 8).weight, layer(4, 16).weight[:8])
    assert not torch.equal(layer(4, 8).bias, layer(4, 16).bias[:8])
    assert not torch.equal(layer(4, 8).weight, layer(8, 8).weight[:, :4])


def test_scalars_and_tensors_as_seeds():
    assert randn_per_sample(torch.tensor([1, 2])).shape == (2,)


def test_a_transposed_tensor_gets_other_numbers():
    torch.manual_seed(0)
    x = torch.empty(4, 32, device="cpu").t().normal_()
    assert not torch.equal(x.reshape(-1), draw(torch.randn, 128))
    assert not torch.equal(x.t().reshape(-1), draw(torch.randn, 128))
