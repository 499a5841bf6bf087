import pytest
import torch


@pytest.fixture(autouse=True)
def on_device(device):
    """Make the tensors of the checks on the device of this run."""
    with torch.device(device):
        yield
