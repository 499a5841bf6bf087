import tomllib

import pytest

from tests.guide import ROOT

TABLE = tomllib.loads((ROOT / "tests/guards/models.toml").read_text())
TRANSFORMERS = [
    "GPT-2", "Llama", "BERT", "RoBERTa", "T5", "ViT", "CLIP", "Whisper", "Mamba", "Mixtral", "OPT",
    "GPT-NeoX", "BLOOM", "Qwen3", "Gemma 3", "ModernBERT", "DistilBERT", "BART", "Swin",
    "ConvNeXt V2", "DINOv2", "Wav2Vec2"]
OTHERS = ["torchvision's", "timm's", "vit-pytorch's", "x-transformers'"]


@pytest.mark.parametrize("architecture", TRANSFORMERS)
def test_the_table_of_models_has_each_architecture_of_transformers(architecture):
    assert any(name.startswith(architecture) for name in TABLE)


def test_the_table_has_ten_models_of_images_and_each_library():
    of_images = [name for name in TABLE if name.startswith(("torchvision's", "timm's"))]
    assert len(of_images) >= 10
    assert all(any(name.startswith(library) for name in TABLE) for library in OTHERS)


@pytest.mark.parametrize("name", TABLE)
def test_what_is_not_a_pass_has_its_reason(name):
    for wanted in TABLE[name].values():
        verdict, reason = (wanted, "") if isinstance(wanted, str) else wanted
        assert verdict in ("pass", "fail", "undecided")
        assert bool(reason) == (verdict != "pass")
