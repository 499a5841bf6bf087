"""`python -m tests.browser.lab_agreement`: the strides lab of the built site against torch.

Chains are drawn at random, with one seed, and run by torch and by the lab's script in Chromium.
A chain agrees where values, sizes, strides, storage offset, and whether it shares the input's
storage are equal, or the kind of the error and the step that raises it.
"""

import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from math import prod

import torch
from playwright.sync_api import Page

from tests.rows import Row

from . import browsing
from .conftest import SITE
from .serving import serve

LAB = "shapes/strides-lab/"
COUNT, SEED = 6_000, 0
CELLS = 4096  # as the lab's
IN_THE_LAB = """chains => chains.map(([sizes, chain]) => {
    try {
        const { made, error } = Lab.run(sizes, Lab.parse(chain)), last = made.at(-1)
        if (error) return { kind: error.kind, message: error.message, step: made.length - 1 }
        return { sizes: last.sizes, strides: last.strides, offset: last.offset,
                 values: Lab.values(last), shares: last.storage === made[0].storage }
    } catch (refusal) {
        return { kind: refusal.kind ?? "broken", message: refusal.message, step: null }
    }
})"""


@dataclass(frozen=True)
class Chain:
    """Sizes, the steps of a chain, and what torch makes of it."""

    sizes: list[int]
    steps: list[str]
    outcome: dict

    @property
    def text(self) -> str:
        return "".join(self.steps)

    @property
    def raises(self) -> bool:
        return "kind" in self.outcome


def apply(tensor: torch.Tensor, step: str) -> torch.Tensor:
    return eval(f"x{step}", {"x": tensor})


def outcome(sizes: list[int], steps: list[str]) -> dict:
    """What torch makes of a chain."""
    x = y = torch.arange(prod(sizes)).reshape(sizes)
    for number, step in enumerate(steps):
        try:
            y = apply(y, step)
        except (IndexError, RuntimeError, TypeError, ValueError) as error:
            return {"kind": type(error).__name__, "message": str(error), "step": number}
    shares = y.untyped_storage()._cdata == x.untyped_storage()._cdata
    return {"sizes": list(y.shape), "strides": list(y.stride()), "offset": y.storage_offset(),
            "values": y.flatten().tolist(), "shares": shares}


# --- chains ---------------------------------------------------------------------


def factors(draw: random.Random, number: int, parts: int) -> list[int]:
    """Sizes whose product is the number, most of the time."""
    sizes = []
    for _ in range(parts - 1):
        sizes.append(draw.choice([d for d in range(1, number + 1) if number % d == 0] or [0, 1]))
        number //= sizes[-1] or 1
    sizes.append(number)
    draw.shuffle(sizes)
    if sizes and draw.random() < 0.3:
        sizes[draw.randrange(len(sizes))] = -1
    if draw.random() < 0.15:
        sizes[draw.randrange(len(sizes))] += draw.choice([-2, -1, 1])
    return sizes


def numbers(draw: random.Random, given: list[int]) -> str:
    """The numbers as one tuple, as a list, or as arguments."""
    inside = ", ".join(map(str, given))
    if not given:
        return "()"
    return draw.choice([inside, inside, f"[{inside}]", f"({inside},)"])


def bound(draw: random.Random, size: int) -> str:
    return draw.choice(["", "", str(draw.randint(-size - 2, size + 2))])


def an_index(draw: random.Random, sizes: list[int]) -> str:
    parts = []
    for size in sizes[:draw.randint(0, len(sizes))] + [2] * (draw.random() < 0.1):
        kind = draw.random()
        if kind < 0.2:
            parts.append(str(draw.randint(-size - 1, size)))
        else:
            step = draw.choice(["", "", ":2", ":3", ":1", ":", ":0", ":-1"]
                               if draw.random() < 0.2 else ["", ":2", ":3"])
            parts.append(f"{bound(draw, size)}:{bound(draw, size)}{step}")
    for extra, often in (("None", 0.2), ("...", 0.2)):
        if draw.random() < often:
            parts.insert(draw.randint(0, len(parts)), extra)
    comma = "," if parts and draw.random() < 0.1 else ""
    return f"[{', '.join(parts) or ':'}{comma}]"


def calls(draw: random.Random, y: torch.Tensor) -> dict[str, Callable[[], str]]:
    """For each operation, what draws its arguments; some are wrong."""
    sizes, n = list(y.shape), y.dim()

    def axis(more: int = 0) -> int:
        return draw.randint(-n - more, n + more - 1) if draw.random() < 0.9 and n + more else (
            draw.randint(-n - 2, n + 2))

    def shape() -> str:
        return numbers(draw, factors(draw, y.numel(), draw.randint(1, 4)))

    def order() -> str:
        given = draw.sample(range(n), n)
        given = [d - n * (draw.random() < 0.2) for d in given]
        if draw.random() < 0.2:
            given = [axis() for _ in range(max(n + draw.choice([0, 0, -1, 1]), 0))]
        return numbers(draw, given)

    def wider() -> str:
        given = [size if size != 1 else draw.choice([-1, 0, 1, 2, 3]) for size in sizes]
        given = [draw.choice([-1, size, size, size]) for size in given]
        given = [draw.choice([0, 1, 2, 3]) for _ in range(draw.choice([0, 0, 1, 2]))] + given
        if given and draw.random() < 0.2:
            given[draw.randrange(len(given))] += draw.choice([-3, -2, 1])
        return numbers(draw, given[draw.random() < 0.1:])

    def squeezed() -> str:
        return draw.choice(["", str(axis()), "()", numbers(draw, [axis(), axis()])])

    def span() -> str:
        return draw.choice(["", str(axis()), f"{axis()}, {axis()}", f"end_dim={axis()}",
                            f"start_dim={axis()}"])

    def windows() -> str:
        d = axis()
        size = sizes[d] if -n <= d < n else 1
        given = [d, draw.randint(0 if draw.random() < 0.9 else -1, size + (draw.random() < 0.2)),
                 draw.randint(draw.random() > 0.1, 3)]
        if draw.random() < 0.2:
            return f"{given[0]}, size={given[1]}, step={given[2]}"
        return ", ".join(map(str, given))

    def tiles() -> str:
        given = [draw.choice([0, 1, 1, 2, 3]) for _ in range(n + draw.choice([0, 0, 0, 1]))]
        if given and draw.random() < 0.1:
            given[draw.randrange(len(given))] = draw.choice([-1, -2])
        return numbers(draw, given[draw.random() < 0.1:])

    def interleaved() -> str:
        times = draw.choice([-1, 0, 1, 2, 2, 3, 3])
        return draw.choice([f"{times}", f"{times}, {axis()}", f"{times}, dim={axis()}",
                            f"{times}, None"])

    def strided() -> str:
        dims = draw.randint(0, 3)
        size = [draw.randint(0 if draw.random() < 0.3 else 1, 3) for _ in range(dims)]
        stride = [draw.randint(0 if draw.random() < 0.95 else -1, 4) for _ in range(dims)]
        if draw.random() < 0.05:
            stride = [*stride, 1]
        if size and draw.random() < 0.05:
            size[0] = -2
        offset = draw.choice(["", "", f", {draw.randint(-1, 5)}", f", storage_offset={dims}"])
        return f"{tuple(size)}, {tuple(stride)}{offset}"

    return {"view": shape, "reshape": shape, "permute": order,
            "transpose": lambda: f"{axis()}, {axis()}", "expand": wider,
            "unsqueeze": lambda: str(axis(1)), "squeeze": squeezed, "flatten": span,
            "contiguous": str, "unfold": windows, "repeat": tiles,
            "repeat_interleave": interleaved, "as_strided": strided}


WRONGLY_CALLED = ["transpose(0)", "permute()", "view()", "unfold(0, 1)", "as_strided((1,))",
                  "unsqueeze()", "contiguous(1)", "transpose(0, 1, 2)", "flatten(begin=0)",
                  "reshape()", "repeat()", "expand()", "unsqueeze(0, dim=0)", "flatten((0, 1))"]


def a_step(draw: random.Random, y: torch.Tensor) -> str:
    if draw.random() < 0.2:
        return an_index(draw, list(y.shape))
    known = calls(draw, y)
    name = draw.choice(list(known))
    return f".{name}({known[name]()})"


def a_chain(draw: random.Random, raises: bool, degenerate: bool) -> Chain:
    """A chain of one to five steps that raises in the last one, or in none."""
    while True:
        among = [0, 1, 1, 1, 2, 3] if degenerate else [2, 2, 3, 4, 5, 6]
        sizes = [draw.choice(among) for _ in range(draw.randint(not degenerate, 4))]
        if degenerate and not {0, 1} & {*sizes} and sizes:
            continue
        y, steps = torch.arange(prod(sizes)).reshape(sizes), []
        for number in reversed(range(draw.randint(1, 5))):
            for _ in range(40):
                step = a_step(draw, y)
                if raises and number == 0 and draw.random() < 0.005:
                    step = f".{draw.choice(WRONGLY_CALLED)}"
                try:
                    made = apply(y, step)
                except (IndexError, RuntimeError, TypeError, ValueError):
                    if raises and number == 0:
                        return Chain(sizes, [*steps, step], outcome(sizes, [*steps, step]))
                else:
                    drawable = min(made.shape, default=0) >= 0 and made.numel() <= CELLS
                    if drawable and not (raises and number == 0):
                        steps, y = [*steps, step], made
                        break
        if steps and not raises:
            return Chain(sizes, steps, outcome(sizes, steps))


def chains(seed: int = SEED) -> Iterator[Chain]:
    draw = random.Random(seed)
    for number in count():
        yield a_chain(draw, raises=number % 10 < 3, degenerate=number // 10 % 5 == 0)


# --- agreement ------------------------------------------------------------------


def in_the_lab(page: Page, drawn: list[Chain]) -> list[dict]:
    return page.evaluate(IN_THE_LAB, [[chain.sizes, chain.text] for chain in drawn])


def differs(chain: Chain, found: dict) -> str:
    """In what the lab is not torch, or nothing."""
    wanted = chain.outcome
    if wanted.get("kind") == "TypeError" == found.get("kind"):
        return ""  # the lab refuses it before anything runs, in its own words
    return next((name for name in ("kind", "step", "sizes", "strides", "offset", "shares", "values")
                 if wanted.get(name) != found.get(name)), "")


def rows(page: Page, many: int = COUNT) -> Iterator[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = list(islice(chains(), many))
    found = in_the_lab(page, drawn)
    raising = [(c, f) for c, f in zip(drawn, found, strict=True) if c.raises]
    worded = [c for c, f in raising if f.get("message") == c.outcome["message"]]
    bad = [(c, f, name) for c, f in zip(drawn, found, strict=True) if (name := differs(c, f))]
    kinds = Counter(c.outcome["kind"] for c, _ in raising)
    yield Row("chains", len(drawn), None)
    yield Row("  that raise", len(raising), None, ", ".join(f"{k} {n}" for k, n in kinds.items()))
    yield Row("    in torch's own words", len(worded), None)
    yield Row("  with sizes 0 and 1 in the input", sum(bool({0, 1} & {*c.sizes}) or not c.sizes
                                                       for c in drawn), None)
    yield Row("  of more than one step", sum(len(c.steps) > 1 for c in drawn), None)
    for chain, got, name in bad[:40]:
        print(f"{name}: {chain.sizes} {chain.text}\n  torch {chain.outcome}\n  lab   {got}")
    for chain, got in [(c, f) for c, f in raising if f.get("message") != c.outcome["message"]
                       and c.outcome["kind"] != "TypeError"][:10]:
        print(f"words: {chain.sizes} {chain.text}\n  torch {chain.outcome}\n  lab   {got}")
    yield Row("chains in which the lab is not torch", len(bad), 0)


if __name__ == "__main__":
    with browsing.browser() as started, serve(SITE) as home:
        tab = started.new_page()
        tab.goto(home + LAB)
        printed = list(rows(tab))
        for row in printed:
            print(row)
        sys.exit(not all(row.met for row in printed))
