"""Real questions, each answered in a section of the guide.

tests/questions.toml names, for each question of the collection, the page and section that
answers it and a word or number of the answer; the questions without a page yet are listed.
"""

import re
import tomllib

import pytest
from sitekit.reading import ROOT, read_page

TABLE = tomllib.loads((ROOT / "tests/questions.toml").read_text())
ANSWERED = TABLE["question"]
ALL = {f"d{number:02}" for number in range(1, 94)}


def section(page, anchor):
    """The text of a section, includes expanded, up to the next heading of its level."""
    lines = read_page(ROOT / "docs" / page).lines
    heading = re.compile(rf"(#+) .*{{ *#{re.escape(anchor)} *}}$")
    start = next((i for i, line in enumerate(lines) if heading.match(line)), None)
    assert start is not None, f"{page} has no section #{anchor}"
    level = len(heading.match(lines[start])[1])
    text, fenced = [lines[start]], False
    for line in lines[start + 1:]:
        fenced ^= line.lstrip().startswith("```")
        if not fenced and re.match(rf"#{{1,{level}}} ", line) and level > 1:
            break
        text.append(line)
    return "\n".join(text)


@pytest.mark.parametrize("question", ANSWERED, ids=lambda q: q["id"])
def test_the_answer_stands_in_its_section(question):
    page, anchor = question["page"].split("#")
    assert question["says"].lower() in section(page, anchor).lower()


def test_each_question_is_answered_once_or_listed():
    ids = [question["id"] for question in ANSWERED]
    assert len(ids) == len(set(ids))
    assert set(ids) | set(TABLE["unanswered"]) == ALL
    assert not set(ids) & set(TABLE["unanswered"])


def test_most_questions_are_answered():
    assert len(ANSWERED) >= 80
