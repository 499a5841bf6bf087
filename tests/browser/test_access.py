"""The site by keyboard, for a screen reader, in both colours."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .browsing import DESKTOP, PHONE
from .conftest import ADDRESSES
from .screenshots import search

AXE = Axe()
A_PAGE = "shapes/permute-vs-reshape/"
AN_EXERCISE = "exercises/patchify/"


def found(page) -> list[str]:
    """What axe finds, one line for each element, once the scripts have made their buttons."""
    page.wait_for_load_state("networkidle")
    violations = AXE.run(page).response["violations"]
    return [f"{v['id']}: {node['target']}: {node['html'][:150]}"
            for v in violations for node in v["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("below", ADDRESSES)
def test_axe_finds_nothing_on_a_page(visit, below, scheme):
    assert found(visit(below, color_scheme=scheme)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_while_the_search_is_open(visit, viewport, scheme):
    page = visit(A_PAGE, viewport, color_scheme=scheme)
    search(page)
    assert found(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_a_solution_unfolded(visit, scheme):
    page = visit(AN_EXERCISE, color_scheme=scheme)
    for summary in page.locator("article summary").all():
        summary.click()
    assert page.locator("article details[open]").count() > 1
    assert found(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_the_menu_open(visit, scheme):
    page = visit(A_PAGE, PHONE, color_scheme=scheme)
    page.locator("label.md-header__button[for=__drawer]").click()
    page.wait_for_timeout(500)  # the drawer slides in
    assert found(page) == []


def focused(page) -> str:
    return page.evaluate("document.activeElement.outerHTML.slice(0, 300)")


def tab_to(page, part: str) -> None:
    """Press Tab until the focused element's HTML holds `part`."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if part in focused(page):
            return
    raise AssertionError(f"Tab does not reach {part}")


def test_the_first_tab_skips_to_the_text(visit):
    page = visit(A_PAGE)
    page.keyboard.press("Tab")
    assert "md-skip" in focused(page)
    page.keyboard.press("Enter")
    assert "#" in page.url


def test_a_search_and_its_first_result_need_no_mouse(visit, home):
    page = visit()
    search(page, "nan in attention with padding")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.split("?")[0].split("#")[0] != home)


def test_a_copy_button_works_from_the_keyboard(visit):
    page = visit(A_PAGE, permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('')")
    tab_to(page, 'data-md-type="copy"')
    page.keyboard.press("Enter")
    page.wait_for_function("async () => await navigator.clipboard.readText() != ''")


def test_a_solution_unfolds_from_the_keyboard(visit):
    page = visit(AN_EXERCISE)
    tab_to(page, "<summary")
    page.keyboard.press("Enter")
    assert page.locator("article details[open]").count() == 1


def test_a_wide_block_scrolls_from_the_keyboard(visit):
    page = visit("guards/judge/", PHONE)
    wide = page.evaluate("""() => {
        const boxes = [...document.querySelectorAll("article pre > code")]
        for (const box of boxes)  // as where a line cannot be broken
            Object.assign(box.style, { whiteSpace: "pre", display: "block", width: "9em" })
        const box = boxes.find(box => box.scrollWidth > box.clientWidth)
        box.focus()
        return document.activeElement === box
    }""")
    assert wide
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


def test_the_colours_are_switched_from_the_keyboard_and_stay(visit):
    page = visit(A_PAGE, color_scheme="light")
    tab_to(page, 'name="__palette"')
    seen = []
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate("document.body.dataset.mdColorScheme"))
    assert set(seen) == {"default", "slate"}
    page.reload()
    assert page.evaluate("document.body.dataset.mdColorScheme") == seen[-1]
