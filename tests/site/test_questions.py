"""Real questions, each answered in a section of the guide.

tests/questions.toml names, for each question of the collection, the page and section that answers
it and a word or number of the answer, which tests/pages looks for; what has none is listed.
tests/topics.toml does so for the topics of public threads.
"""

import tomllib

from tests.guide import GUIDE, ROOT

TOPICS = tomllib.loads((ROOT / "tests/topics.toml").read_text())
TABLE = tomllib.loads((ROOT / "tests/questions.toml").read_text())
ALL = {f"d{number:02}" for number in range(1, 94)}


def test_each_question_is_answered_once_or_listed():
    ids = [question["id"] for question in TABLE["question"]]
    assert len(ids) == len(set(ids))
    assert set(ids) | set(TABLE["unanswered"]) == ALL
    assert not set(ids) & set(TABLE["unanswered"])


def test_each_question_names_a_page():
    pages = [*(question["page"] for question in TABLE["question"]),
             *(page for page, _ in TOPICS.values())]
    names = {f"docs/{page.split('#')[0]}" for page in pages}
    assert names - set(GUIDE.paths) == set()


def test_most_questions_are_answered():
    assert len(TABLE["question"]) >= 80
