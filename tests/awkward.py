"""Every public function of snippets/ on awkward input: `make awkward` prints the table of verdicts.

The test beside a page lists in AWKWARD how each function of its snippet is called on a tensor, and
what torch itself gives there. A verdict is `equal`, the error that the docstring names or that
torch raises as well, or `Undecided`. Anything else is a fault: another number, an error of another
kind, an input that was changed.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from tests.guide import GUIDE

FLOATS = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
INTEGERS = (torch.int64, torch.int32, torch.int8, torch.uint8)


def inputs(shape: tuple[int, ...], batch: int | None = 0) -> dict[str, Tensor]:
    """Awkward tensors of a shape, or of the shape with another size of the axis `batch`."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
    found = {str(dtype).removeprefix("torch."): numbers.to(dtype) for dtype in FLOATS}
    for dtype in INTEGERS:
        info, n = torch.iinfo(dtype), numbers.numel()
        extremes = torch.arange(n).remainder(7).to(dtype)
        extremes.view(-1)[:1], extremes.view(-1)[-1:] = info.max, info.min
        found[str(dtype).removeprefix("torch.")] = extremes.view(shape)
    found["bool"] = numbers > 0
    found["complex64"] = torch.complex(numbers.float(), numbers.float().flip(0))
    x = numbers.float()
    found["float16, its sum overflows"] = torch.full(shape, 3e4).half() + found["float16"]
    found["bfloat16, ones are lost beside 300"] = found["bfloat16"] + 300
    found["around 1e8"] = numbers + 1e8
    found["float32 around 1e4"] = x + 1e4
    found["huge"] = x.sign() * torch.finfo(x.dtype).max / 4
    found["tiny"] = x * 1e-40
    found["all equal"] = torch.ones(shape)
    found["zeros"] = torch.zeros(shape)
    for name, value in {"nan": torch.nan, "inf": torch.inf, "-inf": -torch.inf}.items():
        found[f"one {name}"] = x.clone()
        found[f"one {name}"].view(-1)[:1] = value
    wide = torch.stack([x, x + 9], dim=-1)
    found["every second element of a storage"] = wide[..., 0]
    if len(shape) > 1:
        found["transposed in memory"] = x.transpose(-1, -2).contiguous().transpose(-1, -2)
        found["expanded"] = x[:1].expand(shape)
    if len(shape) == 4:
        found["channels last"] = x.contiguous(memory_format=torch.channels_last)
    found["requires grad"] = x.clone().requires_grad_()
    if batch is not None and shape:
        for size in (0, 1):
            of_size = list(shape)
            of_size[batch] = size
            found[f"a batch of {size}"] = torch.randn(of_size, generator=generator)
    found["on meta"] = x.to("meta")
    return found


@dataclass(frozen=True)
class Case:
    """How a function is called on a tensor, and what stands for it in torch.

    `call(function, x)` uses the function; `like(x)` is torch's own, or plain code that is right in
    float64. Where torch has no such function and plain code would be the function again, `holds(x,
    result)` asserts what must be true of the result. `outside` names inputs that the docstring
    excludes, each with the words of it that do so.
    """

    function: Callable
    call: Callable[[Any, Tensor], Any]
    like: Callable[[Tensor], Any] | None = None
    holds: Callable[[Tensor, Any], None] | None = None
    shape: tuple[int, ...] = (3, 4)
    batch: int | None = 0
    outside: Mapping[str, str] = field(default_factory=dict)
    compiled: bool = True  # whether vmap and torch.compile are asked, too


@dataclass(frozen=True)
class Guard:
    """A guard: on awkward data it lets `right` pass or is Undecided, and lets no `wrong` pass."""

    function: Callable
    right: Callable[[Any, Tensor], Any]
    wrong: Callable[[Any, Tensor], Any]
    shape: tuple[int, ...] = (3, 4)
    batch: int | None = 0
    outside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """A function that takes no tensor to be awkward, and why."""

    function: Callable
    why: str


def cases(path: str) -> list[Case | Guard | LeftOut]:
    """What the test beside a page lists."""
    test = GUIDE.with_stem(path).get("test")
    if not test:
        return []
    module = importlib.import_module(test.removesuffix(".py").replace("/", "."))
    return list(getattr(module, "AWKWARD", []))


def public(path: str) -> list[str]:
    """The public functions and classes of a page's snippet."""
    file = GUIDE.with_stem(path).get("snippet")
    if not file:
        return []
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    return [name for name, found in vars(module).items()
            if not name.startswith("_") and (inspect.isfunction(found) or inspect.isclass(found))
            and found.__module__ == module.__name__]


# --- verdicts ---------------------------------------------------------------------


def verdicts(case: Case | Guard) -> Iterator[tuple[str, str]]:
    """What came of each awkward input: its name, and the verdict; a fault begins with `!`."""
    for name, x in inputs(case.shape, case.batch).items():
        if name in case.outside:
            words = case.outside[name]
            said = " ".join((inspect.getdoc(case.function) or "").split())
            yield name, "outside" if words in said else f"! the docstring does not say {words!r}"
            continue
        with warnings.catch_warnings(), torch.random.fork_rng():
            warnings.simplefilter("ignore")
            torch.manual_seed(0)
            yield name, (of_case if isinstance(case, Case) else of_guard)(case, x)
    if isinstance(case, Case) and case.compiled:
        yield from transformed(case)


def attempt(function: Callable, x: Tensor) -> tuple[Any, Exception | None]:
    try:
        return function(x), None
    except Exception as error:
        return None, error


def is_documented(function: Callable, error: Exception) -> bool:
    """Whether the docstring names the error by its type."""
    return any(re.search(rf"\b{kind.__name__}\b", inspect.getdoc(function) or "")
               for kind in type(error).__mro__[:-2] if kind is not Exception)


def of_case(case: Case, x: Tensor) -> str:
    before = copy.deepcopy(x) if x.is_leaf and not x.is_meta else None
    got, error = attempt(lambda t: case.call(case.function, t), x)
    if before is not None and not same(x.detach(), before.detach()):
        return "! changes its input"
    if error is not None and is_documented(case.function, error):
        return type(error).__name__
    if case.like is None:
        if error is not None:
            return f"! {type(error).__name__}: {first_line(error)}"
        if case.holds and not x.is_meta:
            _, error = attempt(lambda t: case.holds(t, got), x)
        return f"! {first_line(error)}" if error else "holds"
    native, refusal = attempt(case.like, x)
    if error is not None:
        return (f"{type(error).__name__}, as torch" if refusal is not None else
                f"! {type(error).__name__}, where torch gives a result: {first_line(error)}")
    if refusal is not None:
        return f"! a result, where torch raises {type(refusal).__name__}: {first_line(refusal)}"
    wide = x.detach().double() if x.is_floating_point() else x.detach()
    exact, unknown = attempt(case.like, wide)
    return differs(got, native, native if unknown is not None else exact)


def differs(got: Any, native: Any, exact: Any) -> str:
    """`equal`, or how a result differs from torch's, and from the one in float64."""
    if isinstance(native, (tuple, list)):
        if len(got) != len(native):
            return f"! {len(got)} results for {len(native)}"
        parts = [differs(*each) for each in zip(got, native, exact, strict=True)]
        return next((part for part in parts if part.startswith("!")), "equal")
    if not isinstance(native, Tensor):
        got, native, exact = (torch.as_tensor(each) for each in (got, native, exact))
    if not isinstance(got, Tensor):
        return f"! {type(got).__name__} for a tensor"
    if (got.shape, got.dtype) != (native.shape, native.dtype):
        return f"! {tuple(got.shape)} {got.dtype} for {tuple(native.shape)} {native.dtype}"
    if got.is_meta or native.is_meta:
        return "equal" if got.is_meta == native.is_meta else "! not on meta"
    got, native, exact = got.detach(), native.detach(), exact.detach()
    if same(got, native):
        return "equal"
    wide = torch.complex128 if got.is_complex() else torch.float64
    off, its = ((each.to(wide) - exact.to(wide)).abs() for each in (got, native))
    info = torch.finfo(got.dtype) if got.is_floating_point() or got.is_complex() else None
    allowed = 0.0 if info is None else 16 * info.eps * exact.to(wide).abs() + 16 * info.tiny
    beyond = (off > allowed + 8 * its) | (got.isfinite() != native.isfinite()) | (
        got.isnan() != native.isnan())
    if not beyond.any():
        return "equal"
    index = tuple(beyond.nonzero()[0].tolist())
    numbers = [f"{each[index].item():.6g}" for each in (got, exact, native)]
    return "! {} for {} (torch: {})".format(*numbers)


def same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.equal(a.isnan(), b.isnan()) and torch.equal(
        a.nan_to_num() if a.is_floating_point() or a.is_complex() else a,
        b.nan_to_num() if b.is_floating_point() or b.is_complex() else b)


def of_guard(case: Guard, x: Tensor) -> str:
    before = None if x.is_meta else x.detach().clone()
    said = []
    for name, use in (("right", case.right), ("wrong", case.wrong)):
        _, error = attempt(lambda t, use=use: use(case.function, t), x)
        kind = "" if error is None else type(error).__name__
        is_fail = isinstance(error, AssertionError)
        if before is not None and not same(x.detach(), before):
            return f"! changes its input ({name})"
        if is_fail and name == "right":
            return f"! false alarm: {first_line(error)}"
        if error is None and name == "wrong":
            return "! lets the wrong one pass"
        if error is not None and not is_fail and kind != "Undecided" and not is_documented(
                case.function, error):
            return f"! {kind}: {first_line(error)} ({name})"
        said.append({"": "passes", "AssertionError": "fails"}.get(kind, kind))
    return " / ".join(said)


def transformed(case: Case) -> Iterator[tuple[str, str]]:
    """The function under vmap and under torch.compile, against itself."""
    x = inputs(case.shape, case.batch)["float32"]
    plain, error = attempt(lambda t: case.call(case.function, t), x)
    if error is not None or not isinstance(plain, Tensor) or x.is_meta:
        return
    pair = torch.stack([x, x.flip(0)])
    wanted, _ = attempt(lambda t: torch.stack([case.call(case.function, each) for each in t]), pair)
    for name, run, on, want in [
            ("vmap", torch.vmap(lambda t: case.call(case.function, t)), pair, wanted),
            ("torch.compile", torch.compile(lambda t: case.call(case.function, t), backend="eager"),
             x, plain)]:
        if name in case.outside or want is None:
            yield name, "outside"
            continue
        got, error = attempt(run, on)
        torch._dynamo.reset()
        yield name, f"! {type(error).__name__}: {first_line(error)}" if error else (
            differs(got, want, want))


def first_line(error: Exception) -> str:
    return (str(error).strip().split("\n") or [""])[0][:120]


# --- modules and state ------------------------------------------------------------


def loads_after_meta(make: Callable[[], nn.Module]) -> str:
    """Whether a module made on meta, given memory and loaded, is the one that was saved."""
    torch.manual_seed(0)
    module = make()
    with torch.device("meta"):
        empty = make()
    empty.to_empty(device="cpu")
    empty.load_state_dict(module.state_dict())
    for kind in ("named_parameters", "named_buffers"):
        mine, other = dict(getattr(module, kind)()), dict(getattr(empty, kind)())
        wrong = [name for name in mine if not same(mine[name].detach(), other[name].detach())]
        if wrong:
            return f"! {wrong[0]} is not what it was after meta, to_empty and load_state_dict"
    return "equal"


def main() -> int:
    """Print the verdicts, function by function; exit with 1 where one is a fault."""
    faults = covered = 0
    for path in GUIDE.paths:
        for case in cases(path):
            covered += 1
            name = f"{path.removeprefix('docs/').removesuffix('.md')}: {case.function.__name__}"
            if isinstance(case, LeftOut):
                print(f"{name}: left out: {case.why}")
                continue
            by_verdict: dict[str, list[str]] = {}
            for each, verdict in verdicts(case):
                by_verdict.setdefault(verdict, []).append(each)
                faults += verdict.startswith("!")
            print(name, *(f"  {verdict}: {', '.join(names)}"
                          for verdict, names in by_verdict.items()), sep="\n")
    print(f"{covered} functions, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    from tests import awkward  # its classes, and not those of __main__

    sys.exit(awkward.main())
