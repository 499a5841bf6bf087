"""What the page says of a model after a forward pass, and of the variable of the environment."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource, torch
torch.set_num_threads(1)
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
start = resident()
for _ in range(2):
    net = torch.nn.Sequential(*[torch.nn.Linear(1000, 1000) for _ in range(25)])
    y = net(torch.ones(1000, 1000))
    del net, y
print(round((resident() - start) / 1e8))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
@pytest.mark.parametrize(
    ("settings", "kept"), [({}, True), ({"MALLOC_TRIM_THRESHOLD_": "100000"}, False)])
def test_the_environment_decides_whether_a_deleted_model_gives_its_memory_back(settings, kept):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **settings},
        capture_output=True, text=True, check=True)
    assert (int(done.stdout) > 0) == kept, done.stdout
