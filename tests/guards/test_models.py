import tomllib

import pytest

from tests.guide import ROOT

TABLE = tomllib.loads((ROOT / "tests/guards/models.toml").read_text())
ARCHITECTURES = ["GPT-2", "Llama", "BERT", "RoBERTa", "T5", "ViT", "CLIP", "Whisper", "Mamba",
                 "Mixtral"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_table_of_models_has_ten_architectures(architecture):
    assert any(name.startswith(architecture) for name in TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_what_is_not_a_pass_has_its_reason(name):
    for wanted in TABLE[name].values():
        verdict, reason = (wanted, "") if isinstance(wanted, str) else wanted
        assert verdict in ("pass", "fail", "undecided")
        assert bool(reason) == (verdict != "pass")
