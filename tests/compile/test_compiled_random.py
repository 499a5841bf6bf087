import shutil

import pytest
import torch

pytestmark = pytest.mark.skipif(
    not shutil.which("g++"), reason="Inductor needs a C++ compiler for the CPU")


def seeded(function, *args):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return function(*args)


def three_draws(x):
    return torch.randn(3, device="cpu"), torch.randint(99, (9,), device="cpu"), torch.bernoulli(x)


def test_what_inductor_draws_itself():
    x = torch.full((16,), 0.5, device="cpu")
    compiled = seeded(torch.compile(three_draws), x)
    assert not any(map(torch.equal, compiled, seeded(three_draws, x)))


def with_a_generator(x, generator):
    return x + torch.rand(3, generator=generator, device="cpu")


def test_a_generator_is_respected():
    results = [f(torch.ones(3, device="cpu"), torch.Generator().manual_seed(0))
               for f in (with_a_generator, torch.compile(with_a_generator))]
    assert torch.equal(*results)


def drops_in_a_loop(x, stop):
    for _ in range(2):
        x = torch.rand_like(x)
        if stop:
            torch._dynamo.graph_break()
    return x


def test_a_graph_break_in_a_loop_leaves_the_draws_to_eager_mode():
    x = torch.ones(8, device="cpu")
    for stop in (False, True):
        compiled = seeded(torch.compile(drops_in_a_loop), x, stop)
        assert torch.equal(compiled, seeded(drops_in_a_loop, x, stop)) == stop
