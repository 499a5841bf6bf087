"""What the page says of the siblings that warn, and of dtypes that NumPy lacks."""

import warnings

import numpy as np
import pytest
import torch


@pytest.mark.parametrize("make", [torch.from_numpy, torch.as_tensor])
def test_the_siblings_share_too_and_warn(make, monkeypatch):
    array = np.zeros(2)
    array.flags.writeable = False
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings(record=True) as caught, torch.device("cpu"):
            warnings.simplefilter("always")
            make(array).add_(9)
    finally:
        torch.set_warn_always(always)
    assert array.tolist() == [9, 9]
    assert any("not writable" in str(warning.message) for warning in caught)


def test_a_write_of_torch_raises_where_one_of_numpy_does_not():
    w = torch.ones(1, requires_grad=True)
    h = 2 * w
    loss = h.square().sum()
    h.detach().mul_(50)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_numpy_refuses_bfloat16():
    with pytest.raises((RuntimeError, BufferError), match="Unsupported dtype in DLTensor"):
        np.from_dlpack(torch.zeros(1, dtype=torch.bfloat16, device="cpu"))
