"""What users ask, and the section of the guide that answers each, with a word or number of it."""

import tomllib

from tests.guide import ROOT

COLLECTED = tomllib.loads((ROOT / "tests/questions.toml").read_text())
TOPICS = tomllib.loads((ROOT / "tests/topics.toml").read_text())
QUESTIONS = COLLECTED["question"] + [
    {"id": name, "page": page, "says": says} for name, (page, says) in TOPICS.items()]
