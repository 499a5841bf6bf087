"""The strides lab: its core against torch, its way back, its page by keyboard and by link."""

import json
import random
import re
from math import prod

import pytest
import torch

from . import lab_agreement as agreement
from .browsing import PHONE

LAB = agreement.LAB
X, CHAIN, WANT = "#lab-x", "#lab-chain", "#lab-want"


@pytest.fixture
def lab(visit):
    return visit(LAB)


def test_six_thousand_random_chains_agree_with_torch(lab):
    rows = list(agreement.rows(lab))
    found = {row.what.strip(): row.number for row in rows}
    assert found["chains"] >= 5000
    assert found["that raise"] >= 0.3 * found["chains"]
    assert found["with sizes 0 and 1 in the input"] >= 0.2 * found["chains"]
    assert found["in torch's own words"] >= 0.95 * found["that raise"]
    assert [str(row) for row in rows if not row.met] == []


@pytest.mark.parametrize(("right", "wrong"), [
    ("strides[old - 1] === inOld * base", "strides[old - 1] >= inOld * base"),
    ("sizes[old - 1] === 1 ||", ""),
    ("n ? sizes[d + 1] * strides[d + 1] : 0", "0"),
    ("t.strides[d] * step), t.strides[d]]", "t.strides[d]), t.strides[d]]"),
    ("Math.max(at < 0 ? at + size : at, least)", "Math.max(at, least)"),
])
def test_a_fault_in_the_core_is_noticed(visit, right, wrong):
    def planted(route):
        body = route.fetch().text()
        assert right in body
        route.fulfill(body=body.replace(right, wrong), content_type="text/javascript")

    page = visit()
    page.route("**/lab-core.js", planted)
    page.goto(page.url + LAB)
    assert not all(row.met for row in agreement.rows(page, 1000))


def run(sizes: list[int], chain: str) -> torch.Tensor:
    return agreement.apply(torch.arange(prod(sizes)).reshape(sizes), chain)


def way_back(lab, sizes, wanted: torch.Tensor) -> dict:
    return lab.evaluate("([sizes, text]) => Lab.wayBack(sizes, text)",
                        [sizes, json.dumps(wanted.tolist())])


def test_the_way_back_finds_a_chain_that_is_no_longer_than_one_that_is_known(lab):
    draw = random.Random(0)
    for _ in range(60):
        sizes = [draw.choice([2, 3, 4]) for _ in range(draw.randint(1, 3))]
        order = ", ".join(map(str, draw.sample(range(len(sizes)), len(sizes))))
        steps = draw.choice([[f".permute({order})"], [f".permute({order})", ".flatten()"],
                             ["[1:]", ".flatten()"], [f".permute({order})", "[..., 1]"],
                             [".flatten()", "[::3]"],
                             [".unsqueeze(0)", f".expand(2, {str(sizes)[1:-1]})"]])
        wanted = run(sizes, "".join(steps))
        if not wanted.dim():
            continue  # a list has an axis
        found = way_back(lab, sizes, wanted)
        assert torch.equal(run(sizes, found["chain"]), wanted), (sizes, steps, found)
        assert len(lab.evaluate("chain => Lab.parse(chain)", found["chain"])) <= len(steps), (
            sizes, steps, found)
        if found.get("strided"):
            assert torch.equal(run(sizes, found["strided"]), wanted)


def test_the_way_back_says_why_there_is_no_chain(lab):
    reason = {text: lab.evaluate("text => Lab.wayBack([6], text).reason", text)
              for text in ("[0, 6]", "[5, 4, 3]", "[0, 2, 1, 5]")}
    assert "0 to 5, and 6 is not one" in reason["[0, 6]"]
    assert "fall by 1" in reason["[5, 4, 3]"]
    assert "[2] would hold 4; here it holds 1" in reason["[0, 2, 1, 5]"]


@pytest.mark.parametrize(("field", "text", "column", "says"), [
    (X, "2, -3", 4, "not negative"),
    (X, "2, 3; 4", 5, "not read here"),
    (X, "99, 99", 1, "9801 numbers"),
    (CHAIN, ".view(6).permte(0)", 10, "permte is not in the lab"),
    (CHAIN, ".view(2.5)", 8, "comma"),
    (CHAIN, ".transpose(0)", 13, "dim1 is missing"),
    (CHAIN, ".expand(9, 9, 2, 3, 4).expand(99, 9, 9, 2, 3, 4)", 23, "goes up to 4096"),
    (CHAIN, ".view(6", 8, "where a comma"),
    (WANT, "[[0, 1], [2]]", 1, "[2] and [1]"),
])
def test_nonsense_is_refused_with_its_place(lab, field, text, column, says):
    lab.fill(field, text)
    wrong = lab.locator(f"{field}-wrong")
    assert wrong.is_visible()
    assert f"column {column}:" in wrong.inner_text()
    assert says in wrong.inner_text()
    assert lab.locator(field).get_attribute("aria-invalid") == "true"
    assert lab.complaints == []


def test_4096_cells_are_drawn_and_an_eighth_axis_is_the_last(lab):
    lab.fill(X, "64, 64")
    lab.fill(CHAIN, "[::2, :10]")
    assert "sizes (32, 10)" in lab.locator(".lab__verdict").inner_text()
    assert lab.complaints == []
    lab.fill(X, "1, 1, 1, 1, 1, 1, 1, 1, 1")
    assert "up to 8 axes" in lab.locator(f"{X}-wrong").inner_text()


def test_torch_s_error_is_shown_where_torch_raises(lab):
    lab.fill(CHAIN, ".permute(2, 0, 1).view(24)")
    shown = lab.locator(".lab__verdict").inner_text()
    assert shown.startswith(".view(24) raises RuntimeError: view size is not compatible")
    assert lab.locator(".lab__steps button").count() == 2


def test_a_link_keeps_the_state(lab, visit):
    lab.fill(X, "3, 4")
    lab.fill(CHAIN, "[:, ::2].transpose(0, 1)")
    lab.locator(".lab__box[role=application]").press("ArrowRight")
    lab.fill("#lab-a", "5, 1")
    there = visit(LAB + lab.evaluate("location.hash"))
    assert there.input_value(X) == "3, 4"
    assert there.input_value(CHAIN) == "[:, ::2].transpose(0, 1)"
    assert there.input_value("#lab-a") == "5, 1"
    for part in (".lab__origin", ".lab__verdict", ".lab__steps"):
        assert there.locator(part).inner_text() == lab.locator(part).inner_text()


def test_a_cell_is_chosen_by_the_keyboard_and_by_a_click(lab):
    grid, origin = lab.locator(".lab__box[role=application]"), lab.locator(".lab__origin")
    grid.press("ArrowDown")
    assert "result[1, 0] is 12" in origin.inner_text()
    assert "x[1, 0, 0]" in origin.inner_text()
    grid.press("End")
    assert "result[7, 2] is 23" in origin.inner_text()
    lab.locator(".lab section", has_text=re.compile("^x")).locator("text").nth(5).click()
    assert "x[0, 1, 1]" in origin.inner_text()


def test_the_way_back_is_a_link_to_its_chain(lab):
    lab.fill(WANT, "[0, 12, 1, 13]")
    lab.locator(f"{WANT} >> xpath=../following-sibling::p[1]//a").first.click()
    chosen = lab.input_value(CHAIN)
    assert run([2, 3, 4], chosen).tolist() == [0, 12, 1, 13]


def test_shapes_broadcast_and_masks_keep_as_in_torch(lab):
    draw = random.Random(0)
    for _ in range(300):
        a, b = ([draw.choice([0, 1, 1, 2, 3]) for _ in range(draw.randint(0, 4))] for _ in range(2))
        try:
            wanted = list((torch.empty(a) + torch.empty(b)).shape)
        except RuntimeError as error:
            wanted = str(error)
        found = lab.evaluate("""([a, b]) => {
            try { return Lab.broadcast(a, b) } catch (error) { return error.message }
        }""", [a, b])
        assert found == wanted, (a, b)
    for queries, keys, pad in [(3, 3, 0), (2, 5, 1), (5, 2, -1), (4, 4, -2), (1, 1, 1)]:
        for kind, shift in [("causal, upper left", 0), ("causal, lower right", keys - queries),
                            ("none", keys)]:
            kept = torch.ones(queries, keys, dtype=torch.bool).tril(shift)
            kept[:, :-pad if pad < 0 else 0] = False
            kept[:, keys - max(pad, 0):] = False
            assert lab.evaluate("given => Lab.mask(...given)",
                                [queries, keys, kind, pad]) == kept.tolist()


def test_the_script_weighs_15_kB_and_is_on_this_page_alone(visit, home):
    def scripts(page):
        page.wait_for_load_state("networkidle")
        return [url for url in page.requested if "assets/lab" in url and url.endswith(".js")]

    assert scripts(visit("shapes/view-vs-reshape/")) == []
    page = visit(LAB)
    sizes = [int(page.request.get(url).headers["content-length"]) for url in scripts(page)]
    assert len(sizes) == 2
    assert sum(sizes) <= 15_000


def test_without_javascript_worked_examples_stand_there(visit):
    page = visit(LAB, PHONE, java_script_enabled=False)
    assert page.get_by_text("The lab needs JavaScript").is_visible()
    assert page.locator("article pre:visible").count() >= 6
