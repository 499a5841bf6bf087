"""The figure of a copy that does not block: when the CPU reads."""

import torch

from snippets.devices.timing import StandIn

INPUT = torch.tensor([30.0, 10.0])


def lanes(
        kernel: float, copy: float, waits: bool,
) -> dict[str, torch.Tensor]:
    """Queue a kernel and a copy, and read, with or without a wait."""
    gpu = StandIn()
    gpu.launch(kernel)
    start = gpu.busy_until
    gpu.launch(copy)
    launched = gpu.now
    program = [[0, launched, 0]]
    if waits:
        gpu.wait()
        program.append([launched, gpu.now, 1])
    program.append([gpu.now, gpu.now + 8, 2])
    device = [[1, start, 3], [start, gpu.busy_until, 4]]
    return {"program": torch.tensor(program),
            "GPU": torch.tensor(device)}


def panels(costs: torch.Tensor) -> list[dict[str, object]]:
    """Read a copy; `costs` are those of the kernel and of the copy."""
    kernel, copy = costs.tolist()
    found: list[dict[str, object]] = []
    for title, waits in (
            ("read at once", False), ("synchronize, then read", True)):
        drawn = lanes(kernel, copy, waits)
        read, there = drawn["program"][-1, 0], drawn["GPU"][-1, 1]
        found.append({
            "title": title,
            "lanes": drawn,
            "does": ["launch", "wait", "read", "kernel", "copy"],
            "unit": "milliseconds",
            "says": f"the CPU reads at {read:g} ms" if waits else
            f"the CPU reads at {read:g} ms, "
            f"but the copy is there at {there:g} ms",
        })
    return found
