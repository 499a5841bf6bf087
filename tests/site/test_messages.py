"""An entry holds what its section raises, and a pasted text finds its entry, or none."""

import os
import subprocess
import sys
import tomllib
from textwrap import dedent

import pytest

from sitekit.explain import entry_of, explained
from sitekit.read.entries import (
    NOT_RAISED,
    Entry,
    Matcher,
    all_entries,
    entries,
    has_entries,
    message_of,
    messages_of,
    missing,
    unproved,
)
from sitekit.read.place import GuideError
from sitekit.read.prose import plain
from tests.guide import GUIDE, ROOT

PAGE = """\
    ---
    title: Planted
    ---
    # What is this? {#planted}

    ## ``ValueError: invalid literal for `int()` with base 10`` {#literal}

    The text is no number. Give `int` digits.

    ```pycon
    >>> raise ValueError("invalid literal for `int()` with base 10: 'x'")
    Traceback (most recent call last):
      ...
    ValueError: invalid literal for `int()` with base 10: 'x'
    ```

    Other versions say:

    - `could not convert a text to an integer`
    - `int` with a word after it is no wording

    ## `UserWarning: the text is a number` {#number}

    It is one already.

    ```pycon
    >>> import warnings; warnings.warn("the text is a number, [1, 2] of them")
    UserWarning: the text is a number, [1, 2] of them
    ```
    """
UNRAISED = PAGE.replace("`UserWarning: the text is", "`UserWarning: it is")
PASTES = tomllib.loads((ROOT / "tests/site/pastes.toml").read_text())


@pytest.fixture
def planted(project):
    """Return a project with one page of messages."""
    project.write("docs/messages/planted.md", PAGE)
    return project


def only(project):
    return project.guide.page("docs/messages/planted.md")


@pytest.fixture(scope="module")
def matcher():
    return Matcher(all_entries(GUIDE))


def test_an_entry_has_the_message_its_cause_and_other_wordings(planted):
    first, second = entries(only(planted))
    assert first.heading == "ValueError: invalid literal for `int()` with base 10"
    assert first.cause == "The text is no number. Give `int` digits."
    assert first.also == ("could not convert a text to an integer",)
    assert (second.kind, second.anchor, second.also) == ("UserWarning", "number", ())


def test_a_heading_that_is_no_message_is_refused_with_its_line(planted):
    planted.write("docs/messages/planted.md",
                  PAGE.replace("`UserWarning: the text is a number`", "No"))
    with pytest.raises(GuideError, match=r"^docs/messages/planted\.md:22: .*, not 'No'$"):
        list(entries(only(planted)))


def test_an_entry_that_its_section_does_not_raise_is_named(planted):
    assert list(unproved(only(planted))) == []
    planted.write("docs/messages/planted.md", UNRAISED)
    assert [entry.anchor for entry in unproved(only(planted))] == ["number"]
    assert [line.partition(":")[0] for line in missing(planted.guide)] == [
        "docs/messages/planted.md#number"]


def test_an_entry_may_say_that_it_was_not_raised(planted):
    planted.write("docs/messages/planted.md",
                  UNRAISED.replace("It is one already.", "It is one. This comes from a report."))
    assert list(unproved(only(planted))) == []


def test_an_error_that_a_page_raises_and_no_entry_has_is_named(planted):
    planted.write("docs/other.md", dedent("""\
        # Other {#other}

        ```pycon
        >>> raise RuntimeError("a planted message that has no entry")
        Traceback (most recent call last):
          ...
        RuntimeError: a planted message that has no entry
        ```
        """))
    assert [line.partition(":")[0] for line in missing(planted.guide)] == ["docs/other.md#other"]


@pytest.mark.parametrize("pasted", [
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x9216 and 128x10)",
    "mat1 and mat2 shapes cannot be multiplied (64x9216 and 128x10)",
    "RuntimeError: mat1 and mat2 shapes\n  cannot be multiplied (64x9216\n and 128x10)",
    "\x1b[31mRuntimeError\x1b[0m: mat1 and mat2 shapes cannot be multiplied (64x9216 and 128x10)",
    "[rank3]: RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x9216 and 128x10)",
    "E       RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x9216 and 128x10)",
    "RuntimeError: size mismatch, m1: [64 x 9216], m2: [128 x 10] at /opt/conda/TH.cpp:41"])
def test_a_message_is_found_however_it_is_pasted(matcher, pasted):
    assert matcher.match(pasted).anchor == "mat1-mat2"


def test_quotes_that_a_forum_sets_are_quotes(matcher):
    found = matcher.match("RuntimeError: Expected object of scalar type Byte but got scalar type "
                          "Bool for argument #2 \u2018mask\u2019")
    assert found.anchor == "byte-mask"


@pytest.mark.parametrize(("called", "anchor"), [("bmm", "bmm-3d"), ("topk", None)])
def test_a_message_of_another_function_is_none_of_its_entry(matcher, called, anchor):
    found = matcher.match("RuntimeError: Expected 3-dimensional tensor, but got 2-dimensional "
                          "tensor for argument #1 'batch1' "
                          f"(while checking arguments for {called})")
    assert (found and found.anchor) == anchor


def test_the_first_words_of_a_message_are_enough(matcher):
    said = ("NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the "
            "current PyTorch installation.")
    assert matcher.match(f"UserWarning: {said}").anchor == "no-kernel-image"
    begun = Matcher([Entry("RuntimeError", "alpha beta gamma delta epsilon zeta eta theta iota "
                           "kappa lambda omicron", "", "a.md", "a")] +
                    [Entry("RuntimeError", f"other {n} words", "", "b.md", "b") for n in range(40)])
    assert begun.match("RuntimeError: alpha beta gamma delta epsilon zeta").anchor == "a"
    assert begun.match("RuntimeError: beta gamma delta epsilon zeta alpha") is None
    assert begun.match("RuntimeError: alpha beta") is None


def test_an_error_without_words_is_told_by_the_line_that_raised_it(matcher):
    pasted = ('Traceback (most recent call last):\n  File "train.py", line 168, in <module>\n'
              '    loss.backward()\n  File "torch/autograd/function.py", line 181, in backward\n'
              "    raise NotImplementedError\nNotImplementedError")
    assert message_of(pasted) == ("", "raise NotImplementedError\nNotImplementedError")
    assert matcher.match(pasted).anchor == "bare-not-implemented"


def test_an_error_without_words_is_told_by_its_place_in_torch_too():
    pasted = ('Traceback (most recent call last):\n'
              '  File "/env/site-packages/torch/distributed/fsdp/_flat.py", line 1, in f\n'
              "    assert ready\n           ^^^^^\nAssertionError")
    assert messages_of(pasted) == [("", "assert ready\nAssertionError"),
                                   ("", "AssertionError in torch.distributed.fsdp")]


def test_what_an_error_of_cpp_says_is_read_first():
    pasted = "terminate called after throwing an instance of 'c10::Error'\n  what():  no file"
    assert messages_of(pasted)[0] == ("", "no file")


def test_the_request_to_improve_a_message_is_no_part_of_it(matcher):
    please = ("(Could this error message be improved?  If so, please report an enhancement request "
              "to PyTorch.) (validate_outputs at engine.cpp:476)")
    said = "to be true, but got false.  " + please
    gradient = f"RuntimeError: Expected isFloatingType(grads[i].scalar_type()) {said}"
    assert matcher.match(gradient).anchor == "integer-gradient"
    assert matcher.match(f"RuntimeError: Expected some.other(thing_here) {said}") is None


def test_the_class_of_a_model_is_no_word_of_the_message(matcher):
    found = matcher.match("RuntimeError: Error(s) in loading state_dict for GPT2LMHeadModel:")
    assert found.anchor == "loading-errors"


def test_of_two_entries_alike_the_one_that_names_less_is_found():
    named, bare = (Entry("AttributeError", text, "", "a.md", anchor) for text, anchor in (
        ("'EMA' object has no attribute 'defaults'", "named"),
        ("object has no attribute", "bare")))
    matcher = Matcher([named, bare])
    assert matcher.match("AttributeError: 'A' object has no attribute 'foo'") == bare
    assert matcher.match("AttributeError: 'SAM' object has no attribute 'defaults'") == named


def test_the_last_error_of_a_long_traceback_is_found(matcher):
    traceback = "Traceback (most recent call last):\n" + "".join(
        f'  File "/home/me/train.py", line {n}, in forward\n    x = self.layer{n}(x)\n'
        for n in range(40))
    pasted = (f"{traceback}KeyError: 'input'\n\nDuring handling of the above exception, another "
              f"exception occurred:\n\n{traceback}RuntimeError: mat1 and mat2 shapes cannot be "
              "multiplied (64x9216 and 128x10)\n")
    assert message_of(pasted)[0] == "RuntimeError"
    assert matcher.match(pasted).anchor == "mat1-mat2"


def test_code_of_a_cause_is_answered_as_it_stands():
    assert plain("Write [`x[0] * y`](../a.md#b) or `{k: _v}`, *so* **both** `**kw`.") == (
        "Write `x[0] * y` or `{k: _v}`, so both `**kw`.")


def test_what_the_guide_s_own_code_raises_leads_to_its_page(matcher):
    pasted = ("AssertionError: sample 7 changes with the rest of its batch: batch_first left out, "
              "BatchNorm in training, mean() or softmax over the batch axis, or a view that mixes "
              "samples")
    assert matcher.match(pasted).page == "guards/independent-samples.md"
    assert matcher.match("Undecided: one sample has no other samples").anchor == "undecided"


def test_each_message_of_an_entry_finds_the_entry(matcher):
    wrong = [(entry.heading, found.heading if found else None)
             for entry in all_entries(GUIDE) for text in (entry.text, *entry.also)
             if (found := matcher.match(f"{entry.kind}: {text}")) != entry]
    assert wrong == []


def test_pastes_of_users_find_the_entry_of_their_message(matcher):
    found = {text: matcher.match(text) for text in PASTES["entry"]}
    wrong = {text: entry for text, entry in found.items()
             if not entry or f"{entry.page}#{entry.anchor}" not in PASTES["entry"][text]}
    assert wrong == {}


def test_what_has_no_entry_finds_none(matcher):
    assert len(PASTES["none"]["messages"]) >= 30
    found = {text: entry for text in PASTES["none"]["messages"] if (entry := matcher.match(text))}
    assert found == {}


def test_the_command_prints_the_entry_and_where_it_stands(planted):
    entry = entry_of("ValueError: invalid literal for `int()` with base 10: 'seven'", planted.guide)
    text = explained(entry, planted.guide, "https://x.org/")
    assert text.startswith(f"{entry.heading}\n\nThe text is no number.")
    assert text.endswith("https://x.org/messages/planted/#literal")
    assert explained(entry, planted.guide, "").endswith("docs/messages/planted.md#literal")


@pytest.mark.parametrize(("given", "code", "says"), [
    (b"", 2, "nothing was given"), (b" \n", 2, "nothing was given"),
    (b"\0\x01\xff\xfe" * 50, 2, "no message was found"), (b"1 2 3", 2, "no message was found"),
    (b"all went well today", 2, "no message was found"),
    (b"ValueError: none of the planted words are here", 1, "no message of this guide")])
def test_the_command_ends_with_one_line_where_there_is_no_entry(planted, given, code, says):
    result = subprocess.run([sys.executable, "-m", "sitekit.explain"], input=given,
                            cwd=planted.root, capture_output=True,
                            env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (result.returncode, result.stdout) == (code, b"")
    (line,) = result.stderr.decode().splitlines()
    assert says in line


@pytest.mark.parametrize("page", [page for page in GUIDE.pages if has_entries(page)],
                         ids=lambda page: page.name)
def test_a_page_that_says_that_its_messages_are_raised_has_none_that_are_read_off(page):
    if "and the code under it raises the message." in page.source:
        assert NOT_RAISED not in page.source
