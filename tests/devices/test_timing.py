import pytest
import torch

from snippets.devices.timing import StandIn, assert_time_grows, seconds, wait_for_device
from snippets.devices.wrong_timing import seconds_of_launch


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


def test_a_time_of_zero_for_any_work_fails():
    with pytest.raises(AssertionError, match="1000 takes 0"):
        assert_time_grows(lambda n: 0.0, 10, 1000)
