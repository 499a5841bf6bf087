"""Timing that waits for the device."""

import statistics
import time
from collections.abc import Callable

import torch


# --8<-- [start:wait_for_device]
def wait_for_device() -> None:
    """Return once the current accelerator, if any, has
    finished.

    Source: https://docs.pytorch.org/docs/stable/accelerator.html
    """
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()
# --8<-- [end:wait_for_device]


# --8<-- [start:seconds]
def seconds(
        run: Callable[[], object], *, wait: Callable[[], None],
        warm_up: int = 3, repeats: int = 10,
        clock: Callable[[],
                        float] = time.perf_counter) -> float:
    """Return the median time of `run()` with its work on the
    device.

    `wait` returns once the device has finished.

    Raises: ValueError where `repeats` is 0.
    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
    """
    for _ in range(warm_up):
        run()
    times = []
    for _ in range(repeats):
        wait()
        start = clock()
        run()
        wait()
        times.append(clock() - start)
    return statistics.median(times)
# --8<-- [end:seconds]


# --8<-- [start:stand_in]
class StandIn:
    """A simulated device with its clock, in milliseconds.

    Launching a kernel takes the program 1; the kernel then
    runs by itself, after those launched before it.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
    """

    def __init__(self) -> None:
        """Begin at 0 with nothing to do."""
        self.now = self.busy_until = 0.0

    def launch(self, cost: float) -> None:
        """Queue a kernel that runs for `cost`, and go on."""
        self.now += 1
        self.busy_until = max(self.busy_until, self.now) + cost

    def wait(self) -> None:
        """Wait for all kernels, as `item()` and `synchronize`
        do."""
        self.now = max(self.now, self.busy_until)

    def clock(self) -> float:
        """Return the time."""
        return self.now
# --8<-- [end:stand_in]


# --8<-- [start:assert_time_grows]
def assert_time_grows(
        measure: Callable[[int], float], small: int,
        large: int, factor: float = 4) -> None:
    """Fail where `measure` hardly gives more for `large` than
    `small`.

    `measure(size)` times one call on inputs of that size. Take
    sizes between which the work grows far more than by
    `factor`.

    Raises: AssertionError with both times; ValueError where
    `large` is no larger than `small`.
    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
    """
    if large <= small:
        raise ValueError(f"{large} is no larger than {small}")
    short, long = measure(small), measure(large)
    grows = long > 0 and long >= factor * short
    assert grows, (
        f"{large} takes {long:.3g} and {small} takes {short:.3g}: is "
        "this the launch alone? wait for the device before each clock")
# --8<-- [end:assert_time_grows]
