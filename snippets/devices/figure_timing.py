"""The figure of timing: who works and who waits, in milliseconds."""

import torch

from snippets.devices.timing import StandIn
from snippets.devices.wrong_timing import seconds_of_launch

INPUT = torch.tensor([30.0, 5.0, 60.0])


def panels(costs: torch.Tensor) -> list[dict[str, object]]:
    """Run a step of three kernels of these `costs`, then `item`."""
    gpu = StandIn()
    program, device = [], []
    for kernel, cost in enumerate(costs.tolist(), 2):
        start = gpu.now
        gpu.launch(cost)
        program.append([start, gpu.now, 0])
        device.append([gpu.busy_until - cost, gpu.busy_until, kernel])
    start = gpu.now
    waited = seconds_of_launch(gpu.wait, gpu.clock)
    program.append([start, gpu.now, 1])
    return [{
        "title": "a step, and the line that reads its loss",
        "lanes": {
            "program": torch.tensor(program),
            "GPU": torch.tensor(device),
        },
        "does": ["launch", "item", "forward", "loss", "backward"],
        "unit": "milliseconds",
        "says": f"the three launches end at {start:g} ms, "
        f"and item waits {waited:g} ms",
    }]
