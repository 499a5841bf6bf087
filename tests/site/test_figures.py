"""A figure shows the tensors it is drawn from, and its words are held against it."""

import re
import runpy

import pytest
import torch
from torch import nn

from sitekit.build.figures import check_words, draw, drawn_panels, importing_from
from snippets.shapes import figure_image_patches
from snippets.shapes.image_patches import patchify
from snippets.shapes.wrong_image_patches import patchify_interleaved
from tests.guide import GUIDE, ROOT

FIGURES = [path for path in GUIDE.snippets if "/figure_" in path]
IMAGE = re.compile(r"!\[([^\]]*)\]\(figure:([\w/]+)\)")
X = torch.arange(6).reshape(2, 3)
KEPT = torch.ones(3, 3, dtype=torch.bool).tril()


def panel(**fields):
    (_, drawn, _), = drawn_panels({"panels": lambda x: [fields]}, None)
    return drawn


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def boxes(svg, kind):
    """How many boxes are drawn as this kind."""
    return sum(path.count("z") for path in re.findall(rf'<path class="{kind}" d="([^"]*)"', svg))


# --- the figures of the guide -------------------------------------------------------


@pytest.mark.parametrize("path", FIGURES)
def test_the_words_of_a_page_are_those_of_its_figure(path):
    name = path.removeprefix("snippets/").removesuffix(".py").replace("/figure_", "/")
    says = [says for page in GUIDE.paths for says, found in IMAGE.findall(GUIDE.text(page))
            if found == name]
    assert says, f"{path}: no page shows it"
    with importing_from(ROOT):
        figure = runpy.run_path(str(ROOT / path))
        for words in says:
            draw(figure, words)
            numbers = re.findall(r"(?<![\w.])\d+", words)
            assert numbers
            for wrong in numbers:
                with pytest.raises(ValueError, match="computes"):
                    draw(figure, words.replace(wrong, f"{wrong}7"))


def test_no_figure_stands_between_a_colon_and_its_code():
    """A line that ends in a colon announces what follows it."""
    parted = [page for page in GUIDE.paths
              if re.search(r":\n\n!\[[^\]]*\]\(figure:[^)]*\)\n\n```", GUIDE.text(page))]
    assert parted == []


def test_equal_colours_are_one_patch():
    for shown, layout in zip(figure_image_patches.panels(figure_image_patches.INPUT),
                             [patchify, patchify_interleaved], strict=True):
        image, patch = shown["grid"], shown["colour"]
        for index, numbers in enumerate(layout(image.reshape(1, 1, 4, 6), (2, 2))[0]):
            assert image[patch == index].tolist() == numbers.tolist()


# --- words --------------------------------------------------------------------------


def test_words_hold_the_phrases_that_change_with_the_input():
    check_words("Row 1 is 3 4, in conv2d and W' too.", ["Row 1 is 3 4"], ["Row 1 is 4 5"])


@pytest.mark.parametrize(("says", "phrases", "changed", "refused"), [
    ("Row 1 is 3 5.", ["is 3 4"], ["is 4 5"], "do not say so"),
    ("Row 1 is 3 4.", ["is 3 4"], ["is 4 5"], "words say 1, outside"),
    ("The row is -1.5e-6, is 3 4.", ["is 3 4"], ["is 4 5"], "words say -1.5e-6, outside"),
    ("A row.", ["A row"], ["A line"], "must name a number"),
    ("It has 2 rows.", ["2 rows"], ["2 rows"], "must name a number"),
])
def test_words_that_are_not_computed(says, phrases, changed, refused):
    with pytest.raises(ValueError, match=refused):
        check_words(says, phrases, changed)


def test_a_panel_that_is_the_same_for_another_input_is_typed():
    figure = {"INPUT": X, "panels": lambda x: [{"grid": x, "says": f"{x[0, 0]} first"},
                                               {"title": "b", "grid": X}]}
    with pytest.raises(ValueError, match="'b': another INPUT gives the same"):
        draw(figure, "The 0 first.")


def test_a_figure_of_structure_names_its_other_input():
    figure = {"INPUT": torch.tensor(0), "OTHER": torch.tensor(1), "panels": lambda row: [
        {"mask": torch.arange(2) == row, "says": f"row {row}"}]}
    assert "row 0" in draw(figure, "It is row 0.")


def test_signs_in_titles_and_words_are_escaped():
    figure = {"INPUT": X, "panels": lambda x: [
        {"title": "a < b", "grid": x, "down": "c < d", "says": f'"{x[0, 0]}"'}]}
    html = draw(figure, 'say "0"')
    assert "a &lt; b" in html
    assert "c &lt; d" in html
    assert 'aria-label="say &quot;0&quot;"' in html


# --- each kind ----------------------------------------------------------------------


def test_a_grid_has_its_numbers_in_row_order_and_a_colour_for_each_group():
    svg = panel(grid=X.T, colour=X.T // 3, mark=X.T == 4)
    assert texts(svg) == ["0", "3", "1", "4", "2", "5"]
    assert (boxes(svg, "group-0"), boxes(svg, "group-1"), boxes(svg, "mark")) == (3, 3, 1)
    assert boxes(panel(grid=X, colour=X // 3 - 1), "cell") == 3


def test_a_grid_of_four_axes_is_drawn_in_blocks():
    svg = panel(grid=torch.arange(16).reshape(2, 2, 2, 2))
    assert 'width="124" height="124"' in svg  # twice two cells of 28 and a gap of 10
    assert texts(svg) == [str(n) for n in range(16)]


def test_a_grid_names_axes_or_each_row_and_column():
    assert texts(panel(grid=X, across="C", down="B"))[-2:] == ["C", "B"]
    assert texts(panel(grid=X, across=["p", "q", "r"]))[-3:] == ["p", "q", "r"]


def test_numbers_are_short():
    given = torch.tensor([1e-6, 0.5, -1.23456, torch.nan])
    assert texts(panel(grid=given)) == ["1e-6", "0.5", "-1.23", "nan"]


def test_a_mask_tells_what_leaks_and_what_is_lost():
    wanted = KEPT.clone()
    wanted[1:, 0], wanted[0, 2] = False, True
    svg = panel(mask=KEPT, wanted=wanted)
    assert [boxes(svg, kind) for kind in ("kept", "hidden", "leaks", "lost")] == [4, 2, 2, 1]
    assert re.findall(r'class="(\w+)">(\w+)</span>', svg) == [
        (kind, kind) for kind in ("kept", "hidden", "leaks", "lost")]


def test_reads_finds_the_cells_that_an_output_is_computed_from():
    x = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    of_batch = panel(reads=nn.BatchNorm1d(3).double(), input=x, cell=(1, 2, 0))
    of_layer = panel(reads=nn.LayerNorm(4).double(), input=x, cell=(1, 2, 0))
    assert (boxes(of_batch, "kept"), boxes(of_batch, "hidden")) == (8, 16)
    assert (boxes(of_layer, "kept"), boxes(of_layer, "hidden")) == (4, 20)


def test_storage_is_one_strip_for_those_that_share_it():
    x = X.clone()
    svg = panel(storage={"x": x, "x.T": x.T, "copy": x.T.contiguous()})
    assert texts(svg) == [
        "x: (2, 3), strides (3, 1)", "x.T: (3, 2), strides (1, 3)", *"012345",
        "copy: (3, 2), strides (2, 1)", *"031425"]


def test_a_copy_keeps_the_colours_of_rows_and_a_number_of_several_rows_has_none():
    svg = panel(storage={"x": X.T, "flat": X.T.reshape(6)})
    assert [boxes(part, "group-2") for part in svg.split("</g>")[:2]] == [2, 2]
    svg = panel(storage={"x": X[0].clone().expand(2, 3)})
    assert (boxes(svg, "cell"), "group-" in svg) == (3, False)


def test_storage_shows_the_offset_and_what_no_tensor_reads():
    svg = panel(storage={"x": X.clone()[:, 1::2]})
    assert texts(svg) == ["x: (2, 1), strides (3, 2), offset 1", *"012345"]
    kinds = ("hidden", "cell", "group-0", "group-1")
    assert [boxes(svg, kind) for kind in kinds] == [4, 0, 1, 1]


def test_points_lie_where_they_are_on_the_pixels():
    svg = panel(pixels=torch.zeros(1, 2), points={"a": torch.tensor([[-.5, 0.], [1.5, 0.]])})
    dots = re.search(r'class="dot group-0" d="M([\d.]+) ([\d.]+)m.*?M([\d.]+) ', svg)
    assert [float(n) for n in dots.groups()] == [9, 29, 89]  # 8 outside, then 40 a pixel


def test_boxes_are_drawn_by_their_corners():
    svg = panel(pixels=torch.zeros(2, 2), boxes={"a": torch.tensor([[.5, 0, 1, .5]])})
    assert 'class="curve group-0" d="M49 29L69 29L69 49L49 49z"' in svg


def test_lanes_have_bars_as_long_as_they_take():
    svg = panel(lanes={"a": torch.tensor([[0, 1, 0], [1, 4, 1]]), "b": torch.tensor([[4, 5, 0]])},
                does=["load", "go"], unit="ms")
    widths = {kind: [float(n) for n in re.findall(r"h([\d.]+)v", path)] for kind, path in
              re.findall(r'class="(group-\d)" d="([^"]*)"', svg)}
    assert widths["group-1"][0] == pytest.approx(3 * widths["group-0"][0], abs=.2)
    assert {"a", "b", "load", "go", "ms", "5"} <= set(texts(svg))


def test_a_tree_is_the_graph_with_the_gradients_of_its_leaves():
    w, unused = (torch.tensor(3., requires_grad=True) for _ in range(2))
    svg = panel(tree=w * w + 1, names={"w": w, "b": unused})
    assert texts(svg) == ["Add", "Mul", "w: gradient 6", "b: not reached"]
    heights = re.findall(r'<text x="[\d.]+" y="(\d+)"', svg)
    assert heights == ["19", "63", "107", "151"]


def test_a_node_of_a_tree_stands_below_what_it_feeds():
    """So that no line of another branch runs behind it: two branches, one of them longer."""
    w = torch.tensor(3., requires_grad=True)
    svg = panel(tree=w * 2 + (w.exp() - 1).square())
    found = re.findall(r'<text x="([\d.]+)"[^>]*>(Pow|Sub|Exp|Mul)', svg)
    places = {word: float(x) for x, word in found}
    assert places["Mul"] + 28 < places["Pow"] == places["Sub"] == places["Exp"]


def test_a_curve_goes_through_its_values_and_ends_where_they_are_not_finite():
    svg = panel(curves={"loss": torch.tensor([0., 1., torch.nan, .5, .5])}, down="loss")
    curve = re.search(r'class="curve group-0" d="([^"]*)"', svg)[1]
    (_, low), (_, high), (_, half), _ = (
        map(float, pair.split()) for pair in re.split("[ML]", curve)[1:])
    assert curve.count("M") == 2
    assert (low - high, low - half) == (150, 75)


def test_a_logarithmic_axis_has_powers_of_ten():
    svg = panel(curves={"e": 10. ** -torch.arange(5)}, log="y")
    assert texts(svg)[:5] == ["0.0001", "0.001", "0.01", "0.1", "1"]


def test_a_flat_curve_may_lie_between_two_powers_of_ten():
    svg = panel(curves={"moves": torch.tensor([1., 10.]), "flat": torch.tensor([3., 3.])}, log="y")
    assert texts(svg)[:2] == ["1", "10"]
    assert 'class="curve group-1"' in svg


# --- what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(("fields", "refused"), [
    ({"title": "a"}, "is of one kind"),
    ({"grid": X, "mask": KEPT}, "is of one kind"),
    ({"grid": X, "color": X}, "unexpected keyword argument 'color'"),
    ({"grid": X, "colour": X.T}, "colour must have its shape"),
    ({"grid": X, "mark": X[0] == 1}, "mark must have its shape"),
    ({"grid": X, "colour": X + 1}, "colours are integers from 0 to 5"),
    ({"grid": X, "colour": X / 2}, "colours are integers from 0 to 5"),
    ({"grid": X[0, 0]}, "one to four axes"),
    ({"grid": X[:0]}, "one to four axes"),
    ({"grid": torch.arange(13)}, "px wide; a phone shows 352"),
    ({"mask": X}, "must be torch.bool"),
    ({"mask": KEPT, "wanted": KEPT[:2]}, "wanted must have its shape"),
    ({"curves": {"a": X[0], "b": X[1, :2]}}, "one for each x"),
    ({"curves": {"a": torch.zeros(241)}}, "at most 240 values"),
])
def test_a_panel_that_cannot_be_drawn(fields, refused):
    with pytest.raises((ValueError, TypeError), match=refused):
        panel(**fields)


def test_no_panel_is_wider_than_a_phone_s_text():
    assert 'width="338"' in panel(grid=torch.arange(12))
    strip = panel(storage={"x": torch.arange(40)})
    assert int(re.search(r'width="(\d+)"', strip)[1]) <= 352


# --- while somebody writes ----------------------------------------------------------


@pytest.mark.parametrize(("file", "page"), [
    ("snippets/shapes/figure_contiguous_2.py", "docs/shapes/contiguous.md"),
    ("snippets/attention/qkv_layouts.py", "docs/attention/qkv-layouts.md"),  # its figure's
])
def test_an_edit_of_what_a_figure_is_drawn_from_renders_its_page_again(file, page):
    edited = GUIDE.with_edits({file: GUIDE.text(file) + "\n"})
    assert edited.take_over(GUIDE) == {page}
