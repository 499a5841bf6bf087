import pytest
import torch


@pytest.mark.parametrize(("dtype", "limit"), [
    (torch.bfloat16, 256), (torch.float16, 2048), (torch.float32, 2**24), (torch.float64, 2**53)])
def test_the_limit_is_the_last_whole_number_before_the_first_gap(device, dtype, limit):
    near = torch.arange(max(limit - 2**20, -limit), limit + 1, device=device)
    assert near.to(dtype).long().equal(near)
    assert (-near).to(dtype).long().equal(-near)
    assert torch.tensor(limit + 1, device=device).to(dtype).long() != limit + 1


def test_float32_holds_each_whole_number_up_to_its_limit(device):
    for part in torch.arange(2**24 + 1, device=device).split(2**22):
        assert part.float().long().equal(part)
