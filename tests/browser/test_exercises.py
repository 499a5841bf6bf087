"""What the reader has done is kept in the browser, and nowhere else."""

import pytest

INDEX, AN_EXERCISE, ANOTHER = "exercises/", "exercises/patchify/", "exercises/multi-head-attention/"
BOX = ".done input"
MARKED = "ul.contents a.is-done"


@pytest.mark.parametrize("forgotten", [False, True])
def test_an_exercise_that_is_done_is_marked_in_the_list_until_it_is_not(visit, home, forgotten):
    page = visit(AN_EXERCISE)
    page.locator(BOX).focus()
    page.keyboard.press("Space")
    assert page.locator(BOX).is_checked()
    if forgotten:
        page.reload()
        page.locator(BOX).uncheck()
    page.goto(home + INDEX)
    marked = [link.get_attribute("href") for link in page.locator(MARKED).all()]
    assert marked == ([] if forgotten else ["patchify/"])
    listed = page.locator("ul.contents > li").count()
    assert page.locator("p.done").inner_text() == f"{len(marked)} of {listed} done"
    page.goto(home + ANOTHER)
    assert not page.locator(BOX).is_checked()
    assert all(url.startswith(home) for url in page.requested)
    assert page.complaints == []


def test_the_list_is_right_when_the_reader_comes_back_to_it(visit, home):
    page = visit(INDEX)
    page.goto(home + AN_EXERCISE)
    page.locator(BOX).check()
    page.go_back()
    page.wait_for_selector(MARKED)


@pytest.mark.parametrize("kept", ["not JSON", "5", "null", "{}"])
def test_what_stands_there_and_is_no_list_counts_as_nothing_done(visit, kept):
    page = visit(AN_EXERCISE)
    page.locator(BOX).check()
    page.evaluate("kept => { for (const key in localStorage) if (key.includes('exercises')) "
                  "localStorage[key] = kept }", kept)
    page.reload()
    assert not page.locator(BOX).is_checked()
    page.locator(BOX).check()
    page.reload()
    assert page.locator(BOX).is_checked()
    assert page.complaints == []


@pytest.mark.parametrize("below", [INDEX, AN_EXERCISE])
def test_without_scripts_or_storage_there_is_no_box(visit, browser, home, below):
    assert visit(below, java_script_enabled=False).locator(".done").count() == 0
    page = browser.new_context().new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', "
                         "{ get() { throw new DOMException('denied', 'SecurityError') } })")
    page.goto(home + below)
    assert page.locator("h1").count() == 1
    assert page.locator(".done").count() == 0
    page.context.close()


def test_other_pages_load_nothing_of_it(visit):
    assert not [url for url in visit("shapes/squeeze/").requested if "exercises.js" in url]
