"""The layer of torch that the tests of heads compare with, and the sizes that they draw."""

import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from torch import nn

FIXED_DEVICE = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.tuples(*(st.integers(1, 4) for _ in range(4)))  # B, L, h, d


def reference(h, d, device):
    """An `nn.MultiheadAttention` in float64, no bias of which is 0."""
    layer = nn.MultiheadAttention(h * d, h, batch_first=True, dtype=torch.float64, device=device)
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    return layer


def gradients(output, *inputs):
    """Gradients of one scalar that depends on where each output stands."""
    slope = torch.arange(output.numel(), dtype=output.dtype, device=output.device)
    return torch.autograd.grad((output * slope.view_as(output).cos()).sum(), inputs)
