import pytest
import torch


@pytest.mark.parametrize("dtype", [
    torch.bfloat16, torch.complex32, torch.float8_e4m3fn, torch.float8_e5m2,
    torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu])
@pytest.mark.filterwarnings("ignore:ComplexHalf support")
def test_numpy_lacks_these_and_python_numbers_work(dtype):
    x = torch.ones(2).to(dtype)
    with pytest.raises(TypeError, match="Got unsupported ScalarType"):
        x.numpy()
    assert x.tolist() == [1, 1]
    assert x[0].item() == 1


def test_each_bfloat16_is_a_float32():
    bits = torch.arange(2 ** 16, dtype=torch.int32).to(torch.uint16)
    x = bits.view(torch.bfloat16)
    torch.testing.assert_close(
        x.float().bfloat16(), x, rtol=0, atol=0, equal_nan=True)
    assert torch.from_numpy(x.view(torch.uint16).numpy()).equal(bits)
