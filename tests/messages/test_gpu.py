"""Where a GPU is, torch raises the messages of the entries that are read off elsewhere."""

import subprocess
import sys

import pytest
import torch

from sitekit.read.entries import Matcher, all_entries
from tests.guide import GUIDE

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
RAISED = {
    "out-of-memory": "torch.empty(1 << 45, device='cuda')",
    "device-side-assert": "nn.Embedding(3, 2).cuda()(torch.tensor([5]).cuda()).sum().item()",
    "two-devices": "torch.ones(2, device='cuda') + torch.ones(2)",
    "weights-on-cpu": "nn.Conv2d(3, 4, 3)(torch.ones(1, 3, 8, 8, device='cuda'))",
    "cuda-numpy": "torch.ones(2, device='cuda').numpy()",
    "device-ordinal": "torch.ones(2, device=f'cuda:{torch.cuda.device_count()}')",
    "not-deterministic": "torch.use_deterministic_algorithms(True); "
                         "torch.histc(torch.ones(4, device='cuda'), 2)",
}


@needs_gpu
@pytest.mark.parametrize("anchor", RAISED)
def test_the_gpu_raises_the_message_of_the_entry(anchor):
    """Each in a process of its own: a failed kernel ends the use of the GPU in a process."""
    source = f"import torch\nfrom torch import nn\n{RAISED[anchor]}"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    found = Matcher(all_entries(GUIDE)).match(done.stderr)
    assert found, done.stderr[-500:]
    assert found.anchor == anchor, done.stderr[-500:]


@pytest.mark.parametrize("anchor", RAISED)
def test_the_message_has_an_entry(anchor):
    assert anchor in {entry.anchor for entry in all_entries(GUIDE)}
