"""A timing that reads the clock before the device has finished."""

import time
from collections.abc import Callable


# --8<-- [start:seconds_of_launch]
def seconds_of_launch(
        run: Callable[[], object],
        clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the time in which `run()` gave the device its
    work."""
    start = clock()
    run()
    return clock() - start
# --8<-- [end:seconds_of_launch]
