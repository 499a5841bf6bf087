"""The kinds of panels that a figure is made of, each drawn as one SVG from tensors.

A panel is as wide as it is drawn, and at most as wide as a phone's page; the page puts panels
beside each other where there is room. Colours and fonts are the page's (`.figure` in site.css).
Curves are drawn here, too: matplotlib's SVG of two curves is 12 kB of styles and ids that hold
for the whole page, and takes seconds to import; this is 2 kB.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar

import torch
from torch import Tensor

WIDEST = 352  # the text's width at 390 px
CELL, GAP, LETTER, LINE = 28, 10, 7.2, 18
COLOURS = 6


@dataclass
class Drawing:
    """What one panel became; `key` explains its signs: a class of site.css and what it means."""

    width: float
    height: float
    body: str
    key: list[tuple[str, str]] = field(default_factory=list)


def number(value: Any) -> str:
    """A number as it stands in a figure: three digits, `1e-6` for `1e-06`, whole below 100,000."""
    value = value.item() if isinstance(value, Tensor) else value
    if not isinstance(value, float) or (value.is_integer() and abs(value) < 1e5):
        return str(int(value))
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def point(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, words: str, kind: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    return f'<text{kind} x="{point(x)}" y="{point(y)}">{escape(words)}</text>'


def path(kind: str, parts: Iterable[str]) -> str:
    drawn = "".join(parts)
    return f'<path class="{kind}" d="{drawn}"/>' if drawn else ""


def box(x: float, y: float, width: float, height: float) -> str:
    return f"M{point(x)} {point(y)}h{point(width)}v{point(height)}h{point(-width)}z"


def line(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{point(x)} {point(y)}" for x, y in points)


def blocks(x: Tensor) -> Tensor:
    """`x` of one to four axes as (blocks down, blocks across, rows, columns)."""
    if not 1 <= x.dim() <= 4 or x.numel() == 0:
        raise ValueError(f"a grid has one to four axes and a cell, not {list(x.shape)}")
    return x.reshape((1,) * (4 - x.dim()) + tuple(x.shape))


def groups(kind: str, colour: Tensor) -> dict[int, str]:
    found = {group: f"group-{group}" for group in colour.unique().tolist()}
    if not all(isinstance(group, int) and 0 <= group < COLOURS for group in found):
        raise ValueError(f"{kind}: colours are integers from 0 to {COLOURS - 1}, "
                         f"not {sorted(found)}")
    return found


@dataclass
class Cells:
    """Where the cells of a grid lie, with names of its axes at the top and at the left.

    A name is a word for the axis, or a list with one for each column or row.
    """

    of: Tensor
    wide: float
    across: str | Sequence[str]
    down: str | Sequence[str]

    def __post_init__(self):
        _, _, self.rows, self.columns = self.of.shape
        self.top = LINE if self.across else 1
        self.left = 1 if not self.down else (
            LINE if isinstance(self.down, str) else 8 + LETTER * max(map(len, self.down)))

    def place(self, at: Sequence[int]) -> tuple[float, float]:
        below, beside, row, column = at
        return (self.left + beside * (self.columns * self.wide + GAP) + column * self.wide,
                self.top + below * (self.rows * CELL + GAP) + row * CELL)

    @property
    def size(self) -> tuple[float, float]:
        x, y = self.place([n - 1 for n in self.of.shape])
        return x + self.wide + 1, y + CELL + 1

    def boxes(self, which: Tensor) -> Iterable[str]:
        return (box(*self.place(at), self.wide, CELL) for at in which.nonzero().tolist())

    def middles(self, which: Tensor) -> Iterable[tuple[float, float]]:
        for at in which.nonzero().tolist():
            x, y = self.place(at)
            yield x + self.wide / 2, y + CELL / 2

    def texts(self, words: Iterable[str]) -> Iterable[str]:
        middles = self.middles(torch.ones_like(self.of, dtype=torch.bool))
        return (text(x, y + 5, word) for (x, y), word in zip(middles, words, strict=True))

    def names(self) -> Iterable[str]:
        width, height = self.size
        middle = self.top + (height - self.top) / 2
        if isinstance(self.across, str):
            if self.across:
                yield text(self.left + (width - self.left) / 2, 13, self.across, "axis")
        else:
            for column, name in enumerate(self.across):
                yield text(self.left + (column + .5) * self.wide, 13, name, "axis")
        if isinstance(self.down, str):
            if self.down:
                yield (f'<text class="axis" transform="translate(13 {point(middle)}) rotate(-90)">'
                       f"{escape(self.down)}</text>")
        else:
            for row, name in enumerate(self.down):
                yield text(self.left - 6, self.top + row * CELL + CELL / 2 + 5, name, "end")


@dataclass
class Grid:
    """`grid`: numbers in cells; three and four axes make blocks. Equal `colour`, one colour.

    A colour of -1 is none; `mark` (true or false, of the grid's shape) frames cells.
    """

    grid: Tensor
    colour: Tensor | None = None
    mark: Tensor | None = None
    across: str | Sequence[str] = ""
    down: str | Sequence[str] = ""

    def draw(self) -> Drawing:
        for name in ("colour", "mark"):
            given = getattr(self, name)
            if given is not None and given.shape != self.grid.shape:
                raise ValueError(f"grid: {name} must have its shape {list(self.grid.shape)}, "
                                 f"not {list(given.shape)}")
        numbers = blocks(self.grid)
        words = [number(value) for value in numbers.flatten()]
        wide = max(CELL, 8 + LETTER * max(map(len, words)))
        cells = Cells(numbers, wide, self.across, self.down)
        if self.colour is None:
            body = [path("cell", cells.boxes(torch.ones_like(numbers, dtype=torch.bool)))]
        else:
            colour = blocks(self.colour)
            kinds = groups("grid", colour[colour != -1]) | {-1: "cell"}
            body = [path(kind, cells.boxes(colour == group)) for group, kind in kinds.items()]
        if self.mark is not None:
            body.append(path("mark", cells.boxes(blocks(self.mark))))
        return Drawing(*cells.size, "".join([*body, *cells.texts(words), *cells.names()]))


@dataclass
class Mask:
    """`mask`: true where something is kept; beside `wanted`, what leaks and what is lost.

    `names` has other words for the signs, such as `{"kept": "read"}`.
    """

    mask: Tensor
    wanted: Tensor | None = None
    mark: Tensor | None = None
    across: str | Sequence[str] = ""
    down: str | Sequence[str] = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def draw(self) -> Drawing:
        wanted = self.mask if self.wanted is None else self.wanted
        if self.mask.dtype != torch.bool or wanted.dtype != torch.bool:
            raise ValueError(f"mask: must be torch.bool, not {self.mask.dtype}, {wanted.dtype}")
        if wanted.shape != self.mask.shape:
            raise ValueError(f"mask: wanted must have its shape {list(self.mask.shape)}, "
                             f"not {list(wanted.shape)}")
        kept, wanted = blocks(self.mask), blocks(wanted)
        cells = Cells(kept, CELL, self.across, self.down)
        signs = {"kept": kept & wanted, "hidden": ~kept & ~wanted,
                 "leaks": kept & ~wanted, "lost": ~kept & wanted}
        body = [path(name, cells.boxes(signs[name]))
                for name in ("kept", "leaks", "hidden", "lost")]  # frames over fillings
        body.append(path("sign", (f"M{point(x - 5)} {point(y - 5)}l10 10m0-10l-10 10"
                                  for x, y in cells.middles(signs["leaks"]))))
        body.append(path("sign", (f"M{point(x - 5)} {point(y)}a5 5 0 1 0 10 0a5 5 0 1 0-10 0"
                                  for x, y in cells.middles(signs["lost"]))))
        key = [(name, self.names.get(name, name)) for name, which in signs.items() if which.any()]
        if self.mark is not None:
            body.append(path("mark", cells.boxes(blocks(self.mark))))
            key.append(("mark", self.names.get("mark", "chosen")))
        return Drawing(*cells.size, "".join([*body, *cells.names()]), key)


@dataclass
class Reads:
    """`reads`: which cells of `input` the output of this function at `cell` is computed from.

    A cell is read where the output's gradient is not zero, so one that moves it is never missed
    unless its gradient is zero there: give an input without symmetries.
    """

    reads: Any
    input: Tensor
    cell: Sequence[int]
    across: str | Sequence[str] = ""
    down: str | Sequence[str] = ""

    def draw(self) -> Drawing:
        x = self.input.detach().clone().requires_grad_()
        output = self.reads(x)
        cell = tuple(int(index) for index in self.cell)
        gradient, = torch.autograd.grad(output[cell].sum(), x)
        mark = None
        if output.shape == x.shape:
            mark = torch.zeros_like(x, dtype=torch.bool)
            mark[cell] = True
        names = {"kept": "read", "hidden": "not read", "mark": "the output's place"}
        return Mask(gradient != 0, mark=mark, across=self.across, down=self.down,
                    names=names).draw()


@dataclass
class Storage:
    """`storage`: tensors by name, their shapes and strides above the memory that they share.

    Numbers have the colour of their row in the first tensor, and keep it in a copy of as many
    numbers; one of several rows has none, and numbers that no tensor reads are pale.
    """

    storage: Mapping[str, Tensor]

    def draw(self) -> Drawing:
        shared: dict[int, list[str]] = {}
        for name, x in self.storage.items():
            shared.setdefault(x.untyped_storage().data_ptr(), []).append(name)
        body, y, width = [], 0.0, 0.0
        for names in shared.values():
            for name in names:
                x = self.storage[name]
                offset = f", offset {x.storage_offset()}" if x.storage_offset() else ""
                words = f"{name}: {tuple(x.shape)}, strides {x.stride()}{offset}"
                body.append(text(1, y + 13, words, "start"))
                width, y = max(width, LETTER * len(words)), y + LINE
            strip = self.strip([self.storage[name] for name in names], self.rows(names[0]))
            body.append(f'<g transform="translate(0 {point(y)})">{strip.body}</g>')
            width, y = max(width, strip.width), y + strip.height + LINE
        return Drawing(width, y - LINE, "".join(body))

    def rows(self, name: str) -> Tensor:
        """The row of each number of a tensor, in row order."""
        x, first = self.storage[name], next(iter(self.storage.values()))
        of = first if first.numel() == x.numel() else x
        size = of.shape[0] if of.dim() > 1 else 1
        return torch.arange(size).repeat_interleave(of.numel() // size)

    @staticmethod
    def strip(tensors: list[Tensor], row_of: Tensor) -> Drawing:
        first = tensors[0]
        size = first.untyped_storage().nbytes() // first.element_size()
        memory = torch.as_strided(first, (size,), (1,), 0)
        slots = torch.arange(size)
        rows = torch.full((size,), -1)
        at = torch.as_strided(slots, first.shape, first.stride(), first.storage_offset()).flatten()
        for slot in at.unique().tolist():
            of_rows = row_of[at == slot].unique()
            rows[slot] = of_rows[0] if len(of_rows) == 1 else -1
        read = torch.zeros(size, dtype=torch.bool)
        for x in tensors:
            read[torch.as_strided(slots, x.shape, x.stride(), x.storage_offset()).flatten()] = True
        words = [number(value) for value in memory]
        wide = max(CELL, 8 + LETTER * max(map(len, words)))
        columns = min(size, int((WIDEST - 2) / wide))
        places = [(1 + slot % columns * wide, 1 + slot // columns * (CELL + 6))
                  for slot in range(size)]

        def boxes(which: Tensor) -> Iterable[str]:
            return (box(*places[slot], wide, CELL) for slot in which.nonzero().flatten().tolist())

        body = [path(kind, boxes(rows == row))
                for row, kind in groups("storage", rows[rows >= 0]).items()]
        body.append(path("hidden", boxes(~read)))
        body.append(path("cell", boxes(read & (rows < 0))))
        body += [text(x + wide / 2, y + CELL / 2 + 5, word, "" if is_read else "axis")
                 for (x, y), word, is_read in zip(places, words, read.tolist(), strict=True)]
        return Drawing(columns * wide + 2, places[-1][1] + CELL + 1, "".join(body))


@dataclass
class Points:
    """`points` by name, (n, 2) of x and y, on the squares of `pixels`; `boxes`, (n, 4) of corners.

    The middle of the first pixel is (0, 0), so its outer corner is (-0.5, -0.5).
    """

    pixels: Tensor
    points: Mapping[str, Tensor] = field(default_factory=dict)
    boxes: Mapping[str, Tensor] = field(default_factory=dict)
    colour: Tensor | None = None

    def draw(self) -> Drawing:
        rows, columns = self.pixels.shape
        every = [torch.tensor([[-.5, -.5], [columns - .5, rows - .5]], dtype=torch.float64)]
        every += [x.double().reshape(-1, 2) for x in (*self.points.values(), *self.boxes.values())]
        lows, highs = torch.cat(every).min(0).values - .2, torch.cat(every).max(0).values + .2
        scale = min(40., (WIDEST - 2) / float(highs[0] - lows[0]))

        def at(x: float, y: float) -> tuple[float, float]:
            return 1 + (x - float(lows[0])) * scale, 1 + (y - float(lows[1])) * scale

        colour = torch.full(self.pixels.shape, -1) if self.colour is None else self.colour
        kinds = groups("points", colour[colour != -1]) | {-1: "cell"}
        body = [path(kind, (box(*at(column - .5, row - .5), scale, scale)
                            for row, column in (colour == group).nonzero().tolist()))
                for group, kind in kinds.items()]
        for row, column in torch.ones(rows, columns).nonzero().tolist():
            x, y = at(column - .5, row - .5)
            body.append(text(x + 4, y + 13, number(self.pixels[row, column]), "start axis"))
        key = []
        for index, (name, points) in enumerate(self.points.items()):
            shape = ("m-4-4h8v8h-8z", "m0-5.5l5.5 5.5l-5.5 5.5l-5.5-5.5z", "m-4 4l4-8l4 8z")
            kind = f"dot group-{index}"
            body.append(path(kind, (line([at(*pair)]) + shape[index]
                                    for pair in points.double().tolist())))
            key.append((kind, name))
        for index, (name, corners) in enumerate(self.boxes.items(), len(self.points)):
            kind = f"curve group-{index}"
            body.append(path(kind, (line([at(a, b), at(c, b), at(c, d), at(a, d)]) + "z"
                                    for a, b, c, d in corners.double().tolist())))
            key.append((kind, name))
        width, height = at(*highs.tolist())
        return Drawing(width + 1, height + 1, "".join(body), key)


@dataclass
class Lanes:
    """`lanes`: by name, (n, 3) of start, end and what is done; `does` has a name for each.

    Without `does`, the third number itself stands in the bar: of a sample, say.
    """

    lanes: Mapping[str, Tensor]
    does: Sequence[str] = ()
    unit: str = ""

    def draw(self) -> Drawing:
        left = 14 + LETTER * max(map(len, self.lanes))
        bars = torch.cat([lane.double() for lane in self.lanes.values()])
        low, high = float(bars[:, 0].min()), float(bars[:, 1].max())
        scale = (WIDEST - left - 12) / (high - low)
        body, key, drawn = [], {}, {}
        for index, (name, lane) in enumerate(self.lanes.items()):
            y = index * (CELL + 6) + 1
            body.append(text(left - 6, y + CELL / 2 + 5, name, "end"))
            for start, end, what in lane.double().tolist():
                x, width = left + (start - low) * scale, (end - start) * scale
                kind = f"group-{int(what) % COLOURS if not self.does else int(what)}"
                drawn.setdefault(kind, []).append(box(x, y, width, CELL))
                word = self.does[int(what)] if self.does else number(int(what))
                if LETTER * len(word) < width:
                    body.append(text(x + width / 2, y + CELL / 2 + 5, word))
                else:
                    key[kind] = word
        bottom = len(self.lanes) * (CELL + 6)
        body.append(path("rule", [line([(left, bottom), (left + (high - low) * scale, bottom)])]))
        body += [text(left + (tick - low) * scale, bottom + 15, number(tick), "axis")
                 for tick in ticks(low, high)]
        if self.unit:
            body.append(text(left + (high - low) * scale / 2, bottom + 31, self.unit, "axis"))
        bars_drawn = [path(kind, parts) for kind, parts in drawn.items()]
        return Drawing(WIDEST, bottom + (36 if self.unit else 20), "".join(bars_drawn + body),
                       list(key.items()))


@dataclass
class Tree:
    """`tree`: the graph that autograd kept of a tensor, from it down to the leaves.

    A node stands below the middle of those that it feeds, where there is room.
    `names` are tensors by name: a leaf shows its name and its gradient, others only their names.
    A named tensor that the graph does not reach stands beside it.
    """

    tree: Tensor
    names: Mapping[str, Tensor] = field(default_factory=dict)

    def draw(self) -> Drawing:
        depth: dict[Any, int] = {}
        edges: list[tuple[Any, Any]] = []

        def visit(node: Any, at: int) -> None:
            if depth.get(node, -1) < at:
                depth[node] = at
                for below, _ in node.next_functions:
                    if below is not None:
                        edges.append((node, below))
                        visit(below, at + 1)

        if self.tree.grad_fn is not None:
            visit(self.tree.grad_fn, 0)
        labels = {node: self.label(node) for node in depth}
        deepest = max(depth.values(), default=-1)
        apart = [name for name, x in self.names.items() if not self.reached(x, depth)]
        layers: list[list[Any]] = [[] for _ in range(deepest + 1)]
        for node, at in depth.items():
            layers[at].append(node)
        layers += [list(apart)] if apart else []
        labels |= {name: f"{name}: not reached" for name in apart}
        feeds: dict[Any, list[Any]] = {}
        for above, below in edges:
            feeds.setdefault(below, []).append(above)
        middles: dict[Any, tuple[float, float, float]] = {}
        for row, layer in enumerate(layers):
            wanted = {node: self.mean(middles[above][0] for above in feeds.get(node, ()))
                      for node in layer}
            layer.sort(key=lambda node, at=wanted: at[node])
            at, right = {}, -math.inf
            for node in layer:
                half = 7 + LETTER / 2 * len(labels[node])
                at[node] = max(wanted[node], right + GAP + half)
                right = at[node] + half
            apart_by = self.mean(at[node] - wanted[node] for node in layer)
            middles |= {node: (at[node] - apart_by, row * 44 + 14, 14 + LETTER * len(labels[node]))
                        for node in layer}
        left = min(x - wide / 2 for x, _, wide in middles.values()) - GAP / 2
        middles = {node: (x - left, y, wide) for node, (x, y, wide) in middles.items()}
        width = max(x + wide / 2 for x, _, wide in middles.values()) + GAP / 2
        body = [path("rule", (line([(middles[a][0], middles[a][1] + 13),
                                    (middles[b][0], middles[b][1] - 13)])
                              for a, b in dict.fromkeys(edges)))]
        for node, (x, y, wide) in middles.items():
            kind = ("hidden" if node in apart else
                    "group-0" if hasattr(node, "variable") else "cell")
            body.append(path(kind, [box(x - wide / 2, y - 13, wide, 26)]))
            body.append(text(x, y + 5, labels[node]))
        return Drawing(width, len(layers) * 44 - 16, "".join(body))

    def label(self, node: Any) -> str:
        if hasattr(node, "variable"):
            name = next((name for name, x in self.names.items() if x is node.variable), "leaf")
            gradient, = torch.autograd.grad(self.tree.sum(), node.variable, retain_graph=True)
            values = ", ".join(number(value) for value in gradient.flatten()[:3])
            return f"{name}: gradient {values}{', …' if gradient.numel() > 3 else ''}"
        word = node.name().removesuffix("0").removesuffix("Backward")
        name = next((f"{name} = " for name, x in self.names.items() if x.grad_fn is node), "")
        return name + word

    @staticmethod
    def mean(values: Iterable[float]) -> float:
        found = list(values)
        return sum(found) / max(1, len(found))

    @staticmethod
    def reached(x: Tensor, depth: dict[Any, int]) -> bool:
        return x.grad_fn in depth or any(getattr(node, "variable", None) is x for node in depth)


@dataclass
class Curves:
    """`curves`: by name, the values at `x`, or at 0, 1, 2 and so on.

    `log` is "x", "y" or "xy". A value that is not finite ends the line.
    """

    curves: Mapping[str, Tensor]
    x: Tensor | None = None
    across: str = ""
    down: str = ""
    log: str = ""

    HEIGHT: ClassVar = 150
    MOST: ClassVar = 240

    def draw(self) -> Drawing:
        values = {name: y.detach().double().flatten() for name, y in self.curves.items()}
        n = next(iter(values.values())).numel()
        x = torch.arange(n).double() if self.x is None else self.x.detach().double().flatten()
        if any(y.shape != x.shape for y in values.values()):
            raise ValueError(f"curves: each has {x.numel()} values, one for each x, not "
                             f"{[y.numel() for y in values.values()]}")
        if x.numel() > self.MOST:
            raise ValueError(f"curves: at most {self.MOST} values, not {x.numel()}: take fewer")
        x, of_x = self.places(x, "x"), self.ticks(x, "x")
        every = torch.cat(list(values.values()))
        of_y = self.ticks(every, "y")
        labels = [number(value) for _, value in of_y]
        left, top = 8 + LETTER * max(map(len, labels)), (LINE + 6 if self.down else 8)
        bottom, right = top + self.HEIGHT, WIDEST - 16
        shown = x[x.isfinite()]
        places_x = torch.stack([shown.min(), shown.max()])
        ends_y = torch.tensor([at for at, _ in of_y])
        finite = self.places(every, "y")
        finite = finite[finite.isfinite()]
        low, high = min(ends_y.min(), finite.min()), max(ends_y.max(), finite.max())

        def across(value: Any) -> float:
            return left + float((value - places_x[0]) / (places_x[1] - places_x[0])) * (
                right - left)

        def upward(value: Any) -> float:
            return bottom - float((value - low) / ((high - low) or 1)) * self.HEIGHT

        body = [path("ruled", (line([(left, upward(at)), (right, upward(at))]) for at, _ in of_y))]
        body += [text(left - 6, upward(at) + 4, label, "end")
                 for (at, _), label in zip(of_y, labels, strict=True)]
        body += [text(across(at), bottom + 16, number(value), "axis") for at, value in of_x]
        if self.down:
            body.append(text(1, 11, self.down, "start axis"))
        if self.across:
            body.append(text((left + right) / 2, bottom + 33, self.across, "axis"))
        key = []
        for index, (name, y) in enumerate(values.items()):
            kind = f"curve group-{index}"
            places = self.places(y, "y")
            pieces: list[list[tuple[float, float]]] = [[]]
            for at, value in zip(x, places, strict=True):
                if value.isfinite() and at.isfinite():
                    pieces[-1].append((across(at), upward(value)))
                elif pieces[-1]:
                    pieces.append([])
            body.append(path(kind, (line(piece) for piece in pieces if piece)))
            key.append((kind, name))
        return Drawing(WIDEST, bottom + (38 if self.across else 22), "".join(body),
                       key if len(key) > 1 or key[0][1] else [])

    def places(self, values: Tensor, axis: str) -> Tensor:
        """Where the values lie on the axis; nan for those that a logarithm does not have."""
        if axis not in self.log:
            return values
        return torch.where(values > 0, values, torch.nan).log10()

    def ticks(self, values: Tensor, axis: str) -> list[tuple[float, float]]:
        """The ticks of the axis: where they stand, and what they say."""
        finite = self.places(values, axis)
        finite = finite[finite.isfinite()]
        if axis not in self.log:
            return [(tick, tick) for tick in ticks(float(finite.min()), float(finite.max()))]
        low, high = math.ceil(finite.min() - 1e-6), math.floor(finite.max() + 1e-6)
        step = max(1, math.ceil((high - low) / 5))
        inside = [power for power in range(low, high + 1) if power % step == 0]
        if not inside:
            raise ValueError(f"curves: a logarithmic axis from {10 ** finite.min():.3g} to "
                             f"{10 ** finite.max():.3g} has no power of ten")
        return [(float(power), 10. ** power) for power in inside]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`."""
    if low == high:
        return [low]
    step = 10. ** math.floor(math.log10((high - low) / about))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


KINDS = {"grid": Grid, "mask": Mask, "reads": Reads, "storage": Storage, "pixels": Points,
         "lanes": Lanes, "tree": Tree, "curves": Curves}
