"""Each test of compiled code begins and ends without any."""

import pytest
import torch


@pytest.fixture(autouse=True)
def compiled_anew():
    torch.compiler.reset()
    yield
    torch.compiler.reset()
