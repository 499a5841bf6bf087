import pytest
import torch

from snippets.devices.timing import StandIn, assert_time_grows, seconds, wait_for_device
from snippets.devices.wrong_timing import seconds_of_launch
from tests.awkward import LeftOut

AWKWARD = [
    LeftOut(wait_for_device, "it takes nothing"),
    LeftOut(seconds, "it takes a call to time, no tensor"),
    LeftOut(StandIn, "a model of a device; it holds two numbers"),
    LeftOut(assert_time_grows, "it takes a function that times, no tensor"),
]


def test_a_clock_without_a_wait_sees_the_launch_only():
    gpu = StandIn()
    assert seconds_of_launch(lambda: gpu.launch(10), gpu.clock) == 1
    assert seconds_of_launch(lambda: gpu.launch(10_000), gpu.clock) == 1


def test_seconds_waits_before_and_behind():
    gpu = StandIn()
    gpu.launch(1e6)
    assert seconds(lambda: gpu.launch(10), wait=gpu.wait, clock=gpu.clock, warm_up=0) == 11


def test_the_device_at_hand_can_be_waited_for(device):
    x = torch.ones(8, device=device)
    assert seconds(lambda: x + x, wait=wait_for_device, repeats=2) > 0


@pytest.mark.skipif(torch.accelerator.is_available(), reason="asks a machine without a GPU")
def test_without_an_accelerator_synchronize_raises_and_our_function_returns():
    with pytest.raises(RuntimeError, match=r"none is available|Found no NVIDIA driver"):
        torch.accelerator.synchronize()
    wait_for_device()


def test_a_time_of_zero_for_any_work_fails():
    with pytest.raises(AssertionError, match="1000 takes 0"):
        assert_time_grows(lambda n: 0.0, 10, 1000)


def test_times_of_any_unit_are_compared():
    assert_time_grows(lambda n: n * 1e-15, 10, 1000)
    with pytest.raises(AssertionError):
        assert_time_grows(lambda n: 1e-15, 10, 1000)


def test_two_sizes_that_cannot_show_growth_are_refused():
    with pytest.raises(ValueError, match="10 is no larger than 10"):
        assert_time_grows(float, 10, 10)
    with pytest.raises(ValueError, match="no median"):
        seconds(lambda: None, wait=lambda: None, repeats=0)
