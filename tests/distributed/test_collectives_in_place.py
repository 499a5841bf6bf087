import torch
import torch.distributed as dist

from snippets.distributed.gradient_averaging import run_ranks


def transposed(rank):
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).t()
    if rank == 1:
        x = torch.zeros(2, 2)
    dist.broadcast(x, 0)
    return x.tolist()


def test_a_broadcast_of_a_transposed_matrix_arrives_untransposed():
    assert run_ranks(transposed) == [[[1.0, 3.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]]


def changed_in_between(rank):
    import time
    x = torch.zeros(1)
    if rank == 0:
        work = dist.isend(x, 1)
        x += 1
        work.wait()
    else:
        time.sleep(0.3)
        dist.recv(x, 0)
    return x.item()


def test_a_write_between_isend_and_wait_is_sent():
    assert run_ranks(changed_in_between)[1] == 1


def summed(rank):
    x = torch.tensor(200, dtype=torch.uint8)
    dist.all_reduce(x)
    return x.item()


def test_a_sum_of_uint8_overflows():
    assert run_ranks(summed) == [144, 144]
