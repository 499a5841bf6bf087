"""Real questions, each answered in a section of the guide.

tests/questions.toml names, for each question of the collection, the page and section that answers
it and a word or number of the answer, which tests/pages looks for; what has none is listed.
tests/topics.toml does so for the topics of public threads.
"""

from tests.guide import GUIDE
from tests.questions import COLLECTED, QUESTIONS

ALL = {f"d{number:02}" for number in range(1, 94)}


def test_each_question_is_answered_once_or_listed():
    ids = [question["id"] for question in COLLECTED["question"]]
    assert len(ids) == len(set(ids))
    assert set(ids) | set(COLLECTED["unanswered"]) == ALL
    assert not set(ids) & set(COLLECTED["unanswered"])


def test_each_question_names_a_page():
    names = {f"docs/{question['page'].split('#')[0]}" for question in QUESTIONS}
    assert names - set(GUIDE.paths) == set()


def test_most_questions_are_answered():
    assert len(COLLECTED["question"]) >= 80
