"""Ten problems of a new user, on a phone: from home to the page that answers, in three taps.

A tap is a link, or the search field; what is typed in between is no tap.
"""

import pytest

from .browsing import PHONE
from .conftest import address

SEARCH = "[data-search-open]"
# The problem, what is tapped (a link by its text, or what is typed in the search), the page.
PROBLEMS = {
    "the loss is stuck at ln C": (
        ["A wrong number", "a softmax or sigmoid before the loss"],
        "losses/logits-not-probabilities.md"),
    "the loss becomes nan": (
        ["A wrong number", "the first tensor that is nan"], "autograd/nan-hunting.md"),
    "each run gives another result": (
        ["Another result in another run", "operations in random order, or a generator of its own"],
        "devices/determinism.md"),
    "the shape is other for one sample": (
        ["A wrong shape", "without dim"], "shapes/squeeze.md"),
    "GPU memory grows with each step": (
        ["Slow code, or full memory", "a loss that you keep together with its graph"],
        "autograd/kept-loss.md"),
    "mat1 and mat2 shapes cannot be multiplied": (
        ["An error", "Errors about shapes in layers"], "messages/shapes.md"),
    "a warning of the scheduler": (
        ["A warning", "Warnings of training"], "messages/warnings-of-training.md"),
    "an image cut into patches is scrambled": (
        ["A wrong shape", "patches cut in the wrong order"], "shapes/image-patches.md"),
    "which test finds a mask that leaks": (
        ["Guards", "Causal"], "guards/causal.md"),
    "an error, pasted": (
        [f"{SEARCH} RuntimeError: expected scalar type Long but found Float",
         "expected target dtype to be Long"], "messages/targets.md"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_is_two_or_three_taps_from_the_home_page(visit, home, problem):
    taps, answer = PROBLEMS[problem]
    page = visit("", PHONE)
    for tap in taps:
        if tap.startswith(SEARCH):
            page.locator(f"article {SEARCH}").click()
            page.keyboard.type(tap.removeprefix(SEARCH).strip())
            page.wait_for_selector("dialog.search[data-knows=messages]")
        else:
            page.locator("dialog.search[open] a, article a", has_text=tap).first.click()
            page.wait_for_load_state()
    assert len(taps) <= 3
    assert page.url.partition("#")[0] == home + address(answer)
