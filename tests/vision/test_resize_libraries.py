import pytest
import torch
import torch.nn.functional as F


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_positions_in_float32_cost_digits_in_a_large_image(mode):
    cv2 = pytest.importorskip("cv2")
    image = torch.rand(1000, 1000, generator=torch.Generator().manual_seed(0))
    flag = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}[mode]
    theirs = torch.from_numpy(cv2.resize(image.numpy(), (224, 224), interpolation=flag))

    def off(x):
        ours = F.interpolate(x[None, None], (224, 224), mode=mode)[0, 0]
        return (ours - theirs).abs().max()

    assert 1e-5 < off(image) < 1e-4
    assert off(image.double()) < 1e-6
