import asyncio
import gc
import threading

import pytest
import torch
from torch import nn

from snippets.autograd.grad_mode_scope import keeps_grad_mode
from tests.awkward import Guard


@pytest.fixture(autouse=True)
def gradients_are_on():
    yield
    torch.set_grad_enabled(True)


def suspended(items):
    with torch.no_grad():
        yield from items


def outside(items):
    for item in items:
        with torch.no_grad():
            item = item.clone()
        yield item


def wrong(check, x):
    source = suspended([x, x])
    try:
        list(check(source))
    finally:
        source.close()
        torch.set_grad_enabled(True)


AWKWARD = [Guard(keeps_grad_mode, right=lambda check, x: list(check(outside([x, x]))),
                 wrong=wrong)]


@pytest.mark.parametrize("grad", [True, False])
def test_items_are_passed_on_lazily_in_the_mode_of_the_reader(device, grad):
    x, started = torch.ones(2, device=device), []

    def lazy():
        for n in range(3):
            started.append(n)
            yield x * n

    with torch.set_grad_enabled(grad):
        for n, item in enumerate(keeps_grad_mode(lazy())):
            assert torch.equal(item, x * n)
            assert len(started) == n + 1
            assert torch.is_grad_enabled() == grad


def test_a_reader_may_change_the_mode_between_items():
    for n, _ in enumerate(keeps_grad_mode(range(4))):
        torch.set_grad_enabled(n % 2 == 0)


def test_the_mode_is_put_back_before_the_guard_raises():
    source = suspended([1, 2])
    with pytest.raises(AssertionError, match="gradients were on, and are off after item 0"):
        next(keeps_grad_mode(source))
    assert torch.is_grad_enabled()


def test_the_end_of_the_items_and_an_iter_are_checked():
    def ends():
        yield 1
        torch.set_grad_enabled(False)

    class Starts:
        def __iter__(self):
            torch.set_grad_enabled(False)
            return iter([1])

    checked = keeps_grad_mode(ends())
    next(checked)
    with pytest.raises(AssertionError, match="after the last item"):
        next(checked)
    with pytest.raises(AssertionError, match=r"after iter\(\)"):
        next(keeps_grad_mode(Starts()))
    assert torch.is_grad_enabled()


def test_the_mode_is_put_back_after_an_error_of_the_items():
    def fails():
        torch.set_grad_enabled(False)
        raise ValueError("broken batch")
        yield 1

    class Fails:
        def __iter__(self):
            torch.set_grad_enabled(False)
            raise ValueError("broken loader")

    for items, message in [(fails(), "broken batch"), (Fails(), "broken loader")]:
        with pytest.raises(ValueError, match=message):
            list(keeps_grad_mode(items))
        assert torch.is_grad_enabled()


def test_a_generator_that_is_deleted_puts_the_mode_back():
    source = suspended([1, 2])
    next(source)
    assert not torch.is_grad_enabled()
    del source
    gc.collect()
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_thread_starts_with_gradients_on(mode):
    found = []
    with mode():
        thread = threading.Thread(target=lambda: found.append(
            (torch.is_grad_enabled(), torch.is_inference_mode_enabled())))
        thread.start()
        thread.join()
    assert found == [(True, False)]


def test_a_coroutine_that_awaits_in_the_block_switches_the_others_off():
    found = []

    async def waits():
        with torch.no_grad():
            await asyncio.sleep(0.01)

    async def other():
        await asyncio.sleep(0)
        found.append(torch.is_grad_enabled())

    async def both():
        await asyncio.gather(waits(), other())

    asyncio.run(both())
    assert found == [False]


def test_the_decorator_has_no_effect_on_a_coroutine():
    @torch.no_grad()
    async def body():
        return torch.is_grad_enabled()

    assert asyncio.run(body())


@pytest.mark.filterwarnings("ignore:Decorating classes")
def test_a_class_decorator_covers_init_alone():
    modes = []

    @torch.no_grad()
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            modes.append(torch.is_grad_enabled())

        def forward(self):
            return torch.is_grad_enabled()

    assert Model()()
    assert modes == [False]


def test_layers_made_in_the_block_require_a_gradient(device):
    with torch.no_grad():
        assert nn.Linear(1, 1, device=device).weight.requires_grad
