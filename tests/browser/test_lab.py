"""The strides lab agrees with torch, refuses nonsense with its place, and keeps its state."""

import random

import pytest
import torch

from tests.limits import FURTHER

from . import lab_agreement
from .lab_agreement import LAB

SCRIPTS = ["lab-core.js", "lab.js"]
BACK = """([sizes, wanted]) => {
    const { chain, reason } = Lab.wayBack(sizes, wanted)
    return { chain, reason }
}"""


@pytest.fixture
def lab(visit):
    return visit(LAB)


@pytest.fixture
def way_back(lab):
    """Return what finds a chain, or the reason why none does."""
    lab.locator(".lab__back summary").click()
    lab.wait_for_function("Boolean(Lab.wayBack)")
    return lambda sizes, wanted: lab.evaluate(BACK, [sizes, wanted])


def test_six_thousand_random_chains_agree_with_torch(lab):
    rows = {row.what.strip(): row.number for row in lab_agreement.rows(lab)}
    assert rows["chains in which the lab is not torch"] == 0
    assert rows["chains"] >= 5_000
    assert rows["that raise"] >= 0.29 * rows["chains"]
    assert rows["with sizes 0 and 1 in the input"] >= 0.19 * rows["chains"]


@pytest.mark.parametrize(("right", "wrong"), [
    ("strides[d] * step), t.strides[d]]", "strides[d]), t.strides[d]]"),
    ("inNew * base", "inNew"), ("Math.max(sizes[d + 1], 1)", "sizes[d + 1]"),
    ("!== 1 || !asked.has(d)", "!== 1"),
])
def test_a_fault_in_the_lab_is_noticed(browser, home, right, wrong):
    page = browser.new_page()

    def spoil(route):
        text = route.fetch().text()
        assert right in text
        route.fulfill(body=text.replace(right, wrong), content_type="text/javascript")

    page.route("**/lab-core.js", spoil)
    page.goto(home + LAB)
    last = list(lab_agreement.rows(page, 1_500))[-1]
    assert last.number > 0


def test_broadcasting_agrees_with_torch(lab):
    draw = random.Random(0)
    pairs = [[[draw.choice([0, 1, 1, 2, 3]) for _ in range(draw.randint(0, 4))] for _ in "ab"]
             for _ in range(1_000)]
    found = lab.evaluate("""pairs => pairs.map(([a, b]) => {
        try { return Lab.broadcast(a, b) } catch (error) { return error.message }
    })""", pairs)
    for (a, b), got in zip(pairs, found, strict=True):
        try:
            expected = list((torch.empty(a) + torch.empty(b)).shape)
        except RuntimeError as error:
            expected = str(error)
        assert got == expected, (a, b)


@pytest.mark.parametrize(("kind", "diagonal"), [
    ("causal, upper left", lambda queries, keys: 0),
    ("causal, lower right", lambda queries, keys: keys - queries), ("none", lambda *_: 99)])
def test_masks_agree_with_torch(lab, kind, diagonal):
    for queries, keys, pad in [(1, 1, 0), (3, 5, 0), (5, 3, 1), (4, 4, 4), (2, 7, 3)]:
        causal = torch.ones(queries, keys).tril(diagonal(queries, keys)).bool()
        for side in ["left", "right"]:
            place = torch.arange(keys) if side == "left" else torch.arange(keys).flip(0)
            token = place >= pad
            found = lab.evaluate("given => Lab.mask(...given)", [queries, keys, kind, pad, side])
            assert found == (causal & token).flatten().tolist()


@pytest.mark.parametrize(("field", "typed", "column", "words"), [
    ("chain", ".permute(2, 0, 1).foo(4)", 19, "foo is not in the lab"),
    ("chain", ".view(2, 3", 11, "stands where"),
    ("x", "2, -3", 4, "a size is not negative"),
    ("x", "100, 100", 1, "up to 4096"),
    ("a", "2, q", 4, "stands where"),
])
def test_nonsense_is_refused_with_its_place(lab, field, typed, column, words):
    lab.locator(f"#lab-{field}").fill(typed)
    said = lab.locator(f"#lab-{field}-wrong").inner_text()
    assert f"^ column {column}: " in said
    assert words in said
    assert lab.locator(f"#lab-{field}").get_attribute("aria-invalid") == "true"


def test_an_error_of_torch_stands_there_in_torch_s_words(lab):
    lab.locator("#lab-chain").fill(".permute(2, 1, 0).view(4, 6)")
    with pytest.raises(RuntimeError) as raised:
        torch.arange(24).reshape(2, 3, 4).permute(2, 1, 0).view(4, 6)
    assert str(raised.value) in lab.locator(".lab__verdict").inner_text()


def test_a_link_keeps_the_state(lab, browser):
    lab.locator("#lab-x").fill("3, 4")
    lab.locator("#lab-chain").fill("[:2].transpose(0, 1)")
    lab.locator("#lab-b").fill("7, 1")
    lab.locator("#lab-side").select_option("left")
    other = browser.new_page()
    other.goto(lab.url)
    for name in ["x", "chain", "b", "side"]:
        kept, typed = (page.locator(f"#lab-{name}").input_value() for page in (other, lab))
        assert kept == typed
    assert "[:2]\n" in other.locator(".lab__steps").inner_text()


def test_the_arrow_keys_choose_a_number_and_say_where_it_came_from(lab):
    lab.get_by_role("application").focus()
    lab.keyboard.press("ArrowRight")
    lab.keyboard.press("ArrowDown")
    assert lab.locator(".lab__origin").inner_text().startswith(
        "result[1, 1] is 5. It lies in storage cell 0 + 1·1 + 1·4 = 5, where x[0, 1, 1] lies")


def test_the_way_back_finds_chains_that_torch_agrees_with(way_back):
    draw = random.Random(1)
    for _ in range(40):
        sizes = [draw.choice([1, 2, 3, 4]) for _ in range(draw.randint(1, 3))]
        x = torch.arange(torch.Size(sizes).numel()).reshape(sizes)
        order = draw.sample(range(x.dim()), x.dim())
        wanted = draw.choice([x.permute(order), x.permute(order).flatten(), x[..., ::2],
                              x.permute(order).repeat_interleave(2, 0), x.unfold(0, 1, 1)])
        found = way_back(sizes, str(wanted.tolist()))
        made = eval(f"x{found['chain']}", {"x": x})
        assert made.tolist() == wanted.tolist(), (sizes, found)


@pytest.mark.parametrize(("sizes", "wanted", "why"), [
    ([4], "[3, 2, 1, 0]", "no negative strides"), ([4], "[0, 9]", "not one of them"),
    ([2, 3], "[0, 1, 2, 4, 5, 3]", "same step all along an axis")])
def test_the_way_back_says_why_there_is_none(way_back, sizes, wanted, why):
    found = way_back(sizes, wanted)
    assert found.get("chain") is None
    assert why in found["reason"]


def test_without_scripts_the_sessions_stand_there(visit):
    page = visit(LAB, java_script_enabled=False)
    assert "needs JavaScript" in page.locator(".lab").inner_text()
    assert page.locator("article code.language-pycon, article pre code").count() >= 4


def test_the_scripts_weigh_at_most_15_kb(browser, home):
    page = browser.new_page()
    loaded = []
    page.on("response", lambda response: loaded.append(response))
    page.goto(home + LAB, wait_until="networkidle")
    scripts = [each for each in loaded if "/lab" in each.url and each.url.endswith(".js")]
    assert [each.url.rpartition("/")[2] for each in scripts] == SCRIPTS
    assert sum(each.request.sizes()["responseBodySize"] for each in scripts) <= FURTHER
