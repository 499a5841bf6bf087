"""The guards tried on models of public libraries: `python -m tests.guards.models`.

The models are small and random, and no weights are downloaded. They need requirements-models.txt,
which `make test` does not; torchvision needs the newest torch, so `make models` takes that. The
guards are given what the models promise and what they do not (a BERT that should be causal, a Llama
that should be a set): tests/guards/models.toml says what comes of it.
"""

import copy
import sys
import tomllib
import warnings
from functools import partial
from importlib.metadata import version

import torch
import transformers
from torch import nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    BloomConfig,
    BloomForCausalLM,
    CLIPConfig,
    CLIPModel,
    ConvNextV2Config,
    ConvNextV2ForImageClassification,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersForImageClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    ModernBertConfig,
    ModernBertForMaskedLM,
    OPTConfig,
    OPTForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
    SwinConfig,
    SwinForImageClassification,
    T5Config,
    T5ForConditionalGeneration,
    ViTConfig,
    ViTForImageClassification,
    Wav2Vec2Config,
    Wav2Vec2ForCTC,
    WhisperConfig,
    WhisperForConditionalGeneration,
)

from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.causal import causal
from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.permutation_equivariant import permutation_equivariant
from tests.guards.verdicts import verdict
from tests.guide import ROOT

LIBRARIES = ["torch", "transformers", "torchvision", "timm", "vit-pytorch", "x-transformers"]
WORDS = 19
SPECIAL = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 24}
IMAGES = {"image_size": 8, "patch_size": 4, **SMALL}
TEXTS = {"vocab_size": WORDS, **SMALL, **SPECIAL}
MODELS = {}


def model(name):
    """Enter a generator of a model's guards in the table."""
    def entered(guards):
        MODELS[name] = guards
        return guards
    return entered


def sentences(pad=0):
    """Return ids (3, 6) and where they are no padding."""
    keep = torch.tensor([[1] * 6, [1] * 4 + [0] * 2, [1] * 3 + [0] * 3]) == 1
    return torch.randint(3, WORDS, keep.shape).masked_fill(~keep, pad), keep


class Call(nn.Module):
    """Make a tensor of what a model returns."""

    def __init__(self, model, call):
        super().__init__()
        self.model, self.call = model, call

    def forward(self, x):
        return self.call(self.model, x)


def first_layer(model):
    """Return the first layer of a list, or the first part that has parameters."""
    lists = [part[0] for part in model.modules() if isinstance(part, nn.ModuleList) and len(part)]
    return (lists or [part for part in model.children() if list(part.parameters())])[0]


def any_model(model, call, x):
    """Yield what holds of every model in eval mode, with an input and its output."""
    yield "independent_samples", independent_samples, lambda x: call(model, x), x, {}
    yield "same_alone", same_alone, lambda x: call(model, x), x, {}
    yield ("every_parameter_used", every_parameter_used,
           lambda: (call(model, x) - 1).square().mean(), model, {})

    def train(model):
        model.train()
        first_layer(model).eval()  # its statistics are frozen, too
        optimizer = torch.optim.AdamW(p for p in model.parameters() if p.requires_grad)
        for _ in range(3):
            optimizer.zero_grad()
            call(model, x).square().mean().backward()
            optimizer.step()
    partly = copy.deepcopy(model)
    first_layer(partly).requires_grad_(False)
    yield "frozen_stays_frozen", frozen_stays_frozen, train, partly, {
        "frozen": lambda model: first_layer(model).state_dict()}


def two_attentions(model, call, x):
    eager = copy.deepcopy(model)
    eager.set_attn_implementation("eager")
    yield ("agrees_with_reference eager", agrees_with_reference,
           Call(eager, call), Call(model, call), x, {})


def any_tokens(call, ids):
    yield "causal", causal, call, ids, {}
    yield "permutation_equivariant", permutation_equivariant, call, ids, {}


def any_padding(call, pad=0):
    def left(ids, keep):
        return call(ids.flip(1), keep.flip(1)).flip(1)
    data = sentences(pad)
    yield "padding_values_ignored", padding_values_ignored, call, *data, {}
    yield "padding_length_ignored", padding_length_ignored, call, *data, {"pad": pad}
    yield "padding_values_ignored left", padding_values_ignored, left, *data, {}
    yield "padding_length_ignored left", padding_length_ignored, left, *data, {"pad": pad}


def any_loss(loss, shift):
    """Yield the guards of a loss of logits (B, L, C), whose labels it shifts by `shift`."""
    ids, keep = sentences()
    labels = ids.masked_fill(~keep, -100)
    told = nn.functional.one_hot(ids.roll(-shift, 1), WORDS) * 2000.0 - 1000
    yield ("perfect_prediction_costs_nothing", perfect_prediction_costs_nothing,
           loss, told, labels, {})
    yield ("loss_is_mean_of_samples", loss_is_mean_of_samples, loss, torch.randn(3, 6, WORDS),
           labels, {"count": lambda labels: (labels[:, shift:] != -100).sum()})


def language(model, shift, pad=0):
    def logits(model, ids):
        return model(input_ids=ids).logits
    ids = torch.randint(3, WORDS, (3, 6))
    yield from any_model(model, logits, ids)
    if model._supports_sdpa:
        yield from two_attentions(model, logits, ids)
    yield from any_tokens(lambda ids: logits(model, ids), ids)
    yield from any_padding(lambda ids, keep: model(
        input_ids=ids, attention_mask=keep.long()).logits, pad)
    yield from any_loss(lambda x, y: model.loss_function(
        logits=x, labels=y, vocab_size=WORDS), shift)


def gpt2_model():
    return GPT2LMHeadModel(GPT2Config(
        vocab_size=WORDS, n_embd=16, n_layer=2, n_head=2, n_positions=32, **SPECIAL))


@model("GPT-2")
def gpt2():
    return language(gpt2_model().eval(), 1)


def places(keep):
    """Return positions (B, L) that are counted from the first real place."""
    return (keep.long().cumsum(1) - 1).clamp(min=0)


def with_positions(model, pad=0, offset=0):
    """Yield what a model keeps once it is told its positions."""
    yield from any_padding(lambda ids, keep: model(
        input_ids=ids, attention_mask=keep.long(), position_ids=places(keep) + offset).logits, pad)


@model("GPT-2, positions given")
def gpt2_with_positions():
    return with_positions(gpt2_model().eval())


@model("BERT, positions given")
def bert_with_positions():
    return with_positions(BertForMaskedLM(BertConfig(**TEXTS)).eval())


@model("RoBERTa, positions given")
def roberta_with_positions():
    return with_positions(roberta_model(), pad=1, offset=2)


@model("Llama without its attention mask")
def llama_without_mask():
    model = LlamaForCausalLM(LlamaConfig(num_key_value_heads=1, **TEXTS)).eval()
    yield from any_padding(lambda ids, keep: model(input_ids=ids).logits)


@model("GPT-2 in training mode")
def gpt2_in_training():
    return as_it_is(gpt2_model().train())


def as_it_is(model):
    """Yield what holds in any mode and dtype."""
    ids = torch.randint(3, WORDS, (3, 6))
    yield "independent_samples", independent_samples, lambda ids: model(
        input_ids=ids).logits, ids, {}
    yield "same_alone", same_alone, lambda ids: model(input_ids=ids).logits, ids, {}
    yield "causal", causal, lambda ids: model(input_ids=ids).logits, ids, {}
    yield "padding_values_ignored", padding_values_ignored, lambda ids, keep: model(
        input_ids=ids, attention_mask=keep.long()).logits, *sentences(), {}


@model("Llama in bfloat16")
def llama_in_bfloat16():
    return as_it_is(LlamaForCausalLM(LlamaConfig(
        num_key_value_heads=1, **TEXTS)).bfloat16().eval())


@model("Mamba in training mode")
def mamba_in_training():
    return as_it_is(MambaForCausalLM(MambaConfig(
        vocab_size=WORDS, hidden_size=16, state_size=4, num_hidden_layers=2,
        **SPECIAL)).train())


@model("Llama")
def llama():
    return language(LlamaForCausalLM(LlamaConfig(num_key_value_heads=1, **TEXTS)).eval(), 1)


def mixtral_model():
    """Return a Mixtral; its experts' usual kernel has no float64, in which guards run."""
    model = MixtralForCausalLM(MixtralConfig(
        num_key_value_heads=1, num_local_experts=4, **TEXTS)).eval()
    model.set_experts_implementation("eager")
    return model


@model("Mixtral")
def mixtral():
    return language(mixtral_model(), 1)


@model("Mixtral's loss of balance")
def balance():
    model = mixtral_model()
    ids = torch.randint(3, WORDS, (3, 6))
    yield "independent_samples", independent_samples, lambda ids: model(
        input_ids=ids, output_router_logits=True).aux_loss, ids, {}


@model("Mamba")
def mamba():
    return language(MambaForCausalLM(MambaConfig(
        vocab_size=WORDS, hidden_size=16, state_size=4, num_hidden_layers=2, **SPECIAL)).eval(), 1)


@model("BERT")
def bert():
    return language(BertForMaskedLM(BertConfig(**TEXTS)).eval(), 0)


def roberta_model():
    return RobertaForMaskedLM(RobertaConfig(
        **{**TEXTS, "pad_token_id": 1}, max_position_embeddings=40)).eval()


@model("RoBERTa")
def roberta():
    return language(roberta_model(), 0, pad=1)


def to_text(model, inputs, ids):
    """Yield the guards of a model of an input and of the ids of its text."""
    def for_all(one, model, samples):
        """Give each of the samples the first of `one`, in the dtype that the guard runs in."""
        own = next(model.parameters()).dtype
        dtype = torch.promote_types(torch.get_default_dtype(), own)
        one = one.to(dtype) if one.is_floating_point() else one
        return one[:1].expand(len(samples), *one.shape[1:])

    def read(model, inputs):
        return model(inputs, decoder_input_ids=for_all(ids, model, inputs)).logits

    def write(model, ids, keep=None):
        return model(for_all(inputs, model, ids), decoder_input_ids=ids,
                     decoder_attention_mask=keep).logits
    yield from any_model(model, read, inputs)
    yield from two_attentions(model, write, ids)
    yield from any_tokens(lambda ids: write(model, ids), ids)
    yield from any_padding(lambda ids, keep: write(model, ids, keep.long()))


def t5_model():
    return T5ForConditionalGeneration(T5Config(
        vocab_size=WORDS, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2,
        decoder_start_token_id=0)).eval()


@model("T5")
def t5():
    ids = torch.randint(3, WORDS, (2, 3, 6))
    yield from to_text(t5_model(), *ids)


@model("T5's encoder")
def t5_encoder():
    model = t5_model()
    ids = torch.randint(3, WORDS, (3, 6))
    yield from any_tokens(lambda ids: model.encoder(input_ids=ids).last_hidden_state, ids)
    yield from any_padding(lambda ids, keep: model.encoder(
        input_ids=ids, attention_mask=keep.long()).last_hidden_state)


def whisper_model():
    return WhisperForConditionalGeneration(WhisperConfig(
        vocab_size=WORDS, num_mel_bins=4, d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24,
        decoder_ffn_dim=24, max_source_positions=8, max_target_positions=16,
        decoder_start_token_id=1, **SPECIAL)).eval()


@model("Whisper")
def whisper():
    yield from to_text(
        whisper_model(), torch.randn(3, 4, 16), torch.randint(3, WORDS, (3, 6)))


@model("Whisper, positions given")
def whisper_with_positions():
    model, sound = whisper_model(), torch.randn(1, 4, 16)
    yield from any_padding(lambda ids, keep: model(
        sound.to(torch.get_default_dtype()).expand(len(ids), -1, -1), decoder_input_ids=ids,
        decoder_attention_mask=keep.long(), decoder_position_ids=places(keep)).logits)


@model("ViT")
def vit():
    return classifier(ViTForImageClassification(ViTConfig(**IMAGES, num_labels=5)).eval(), 8)


def classifier(model, size):
    """Yield the guards of a model of images of that size, of five classes."""
    def logits(model, images):
        return model(pixel_values=images).logits
    images, labels = torch.randn(5, 3, size, size), torch.arange(5)

    def loss(x, y):
        return model.loss_function(y, x, model.config)
    yield from any_model(model, logits, images)
    if model._supports_sdpa:
        yield from two_attentions(model, logits, images)
    yield ("perfect_prediction_costs_nothing", perfect_prediction_costs_nothing,
           loss, 2000 * torch.eye(5) - 1000, labels, {})
    yield "loss_is_mean_of_samples", loss_is_mean_of_samples, loss, torch.randn(5, 5), labels, {}


@model("OPT")
def opt():
    return language(OPTForCausalLM(OPTConfig(
        vocab_size=WORDS, hidden_size=16, word_embed_proj_dim=16, num_hidden_layers=2, ffn_dim=24,
        num_attention_heads=2, max_position_embeddings=40, **SPECIAL)).eval(), 1)


@model("GPT-NeoX")
def gpt_neox():
    return language(GPTNeoXForCausalLM(GPTNeoXConfig(
        max_position_embeddings=40, **TEXTS)).eval(), 1)


@model("BLOOM")
def bloom():
    return language(BloomForCausalLM(BloomConfig(
        vocab_size=WORDS, hidden_size=16, n_layer=2, n_head=2, **SPECIAL)).eval(), 1)


@model("Qwen3")
def qwen3():
    return language(Qwen3ForCausalLM(Qwen3Config(
        num_key_value_heads=1, head_dim=8, **TEXTS)).eval(), 1)


@model("Gemma 3")
def gemma3():
    return language(Gemma3ForCausalLM(Gemma3TextConfig(
        num_key_value_heads=1, head_dim=8, sliding_window=3, **TEXTS)).eval(), 1)


@model("ModernBERT")
def modern_bert():
    return language(ModernBertForMaskedLM(ModernBertConfig(
        cls_token_id=1, sep_token_id=2, local_attention=4, **TEXTS)).eval(), 0)


@model("DistilBERT")
def distil_bert():
    return language(DistilBertForMaskedLM(DistilBertConfig(
        vocab_size=WORDS, dim=16, n_layers=2, n_heads=2, hidden_dim=24,
        max_position_embeddings=40, pad_token_id=0)).eval(), 0)


@model("BART")
def bart():
    model = BartForConditionalGeneration(BartConfig(
        vocab_size=WORDS, d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24,
        decoder_ffn_dim=24, max_position_embeddings=40, decoder_start_token_id=2,
        forced_eos_token_id=2, **SPECIAL)).eval()
    yield from to_text(model, *torch.randint(3, WORDS, (2, 3, 6)))


@model("Swin")
def swin():
    return classifier(SwinForImageClassification(SwinConfig(
        image_size=16, patch_size=2, embed_dim=8, depths=[2, 2], num_heads=[2, 2],
        window_size=2, num_labels=5)).eval(), 16)


@model("ConvNeXt V2")
def conv_next():
    return classifier(ConvNextV2ForImageClassification(ConvNextV2Config(
        image_size=32, hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 2, 1],
        num_labels=5)).eval(), 32)


@model("DINOv2 with registers")
def dino():
    return classifier(Dinov2WithRegistersForImageClassification(Dinov2WithRegistersConfig(
        **IMAGES, num_register_tokens=2, num_labels=5)).eval(), 8)


@model("Wav2Vec2")
def wav2vec2():
    model = Wav2Vec2ForCTC(Wav2Vec2Config(
        conv_dim=[8, 8], conv_kernel=[5, 3], conv_stride=[2, 2], num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2, mask_time_length=2, **TEXTS)).eval()

    def logits(model, sound):
        return model(sound).logits
    sound = torch.randn(3, 40)
    yield from any_model(model, logits, sound)
    yield from two_attentions(model, logits, sound)


def clip_model():
    return CLIPModel(CLIPConfig(
        text_config={**TEXTS, "max_position_embeddings": 16, "projection_dim": 8},
        vision_config={**IMAGES, "projection_dim": 8}, projection_dim=8)).eval()


def pictures():
    ids = torch.randint(3, WORDS, (3, 6))
    ids[:, -1] = SPECIAL["eos_token_id"]
    return torch.randn(3, 3, 8, 8), ids


@model("CLIP, its images")
def clip():
    model = clip_model()
    images, ids = pictures()

    def score(model, images):
        return model(pixel_values=images, input_ids=ids).logits_per_image
    yield from any_model(model, score, images)
    yield from two_attentions(model, score, images)


@model("CLIP, its texts beside images")
def clip_texts():
    model = clip_model()
    images, ids = pictures()

    def score(images):
        return model(pixel_values=images, input_ids=ids).logits_per_text
    def pairs(images):
        return model(pixel_values=images, input_ids=ids[:len(images)]).logits_per_image
    yield "independent_samples", independent_samples, score, images, {}
    yield "same_alone", same_alone, pairs, images, {}


@model("CLIP, its text encoder")
def clip_encoder():
    model = clip_model().text_model
    _, ids = pictures()
    yield from any_tokens(lambda ids: model(input_ids=ids).last_hidden_state, ids)


@model("CLIP, its loss")
def clip_loss():
    model = clip_model()
    images, ids = pictures()

    def loss(images, ids):
        return model(pixel_values=images.float(), input_ids=ids, return_loss=True).loss
    yield "loss_is_mean_of_samples", loss_is_mean_of_samples, loss, images, ids, {}


def verdicts_of(name):
    """Run every guard of one model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        return {case: verdict(guard, *args, **options)
                for case, guard, *args, options in MODELS[name]()}


def other_libraries():
    """Enter the models of tests/guards/models_of_libraries.py."""
    from tests.guards.models_of_libraries import IMAGES, TOKENS

    def of_images(make):
        model, size = make()
        images = torch.randn(3, 3, size, size)
        yield from any_model(model.eval(), lambda model, x: model(x), images)

    def of_tokens(make):
        model, ids = make(WORDS).eval(), torch.randint(3, WORDS, (3, 6))
        yield from any_model(model, lambda model, ids: model(ids), ids)
        yield from any_tokens(model, ids)
        yield from any_padding(lambda ids, keep: model(ids, mask=keep))
    for guards, models in ((of_images, IMAGES), (of_tokens, TOKENS)):
        MODELS.update({name: partial(guards, make) for name, make in models.items()})


def main():
    """Print the table; exit with 1 where it is not the expected one."""
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    other_libraries()
    want = tomllib.loads((ROOT / "tests/guards/models.toml").read_text())
    differ = [f"{name}: not in the table" for name in want if name not in MODELS]
    print(*(f"{name} {version(name)}" for name in LIBRARIES), sep=", ")
    for name in MODELS:
        print(f"\n{name}")
        found, cases = verdicts_of(name), want.get(name, {})
        for case in {**cases, **found}:
            got, said = found.get(case, ("not run", ""))
            expected, reason = cases.get(case, "nothing"), ""
            if isinstance(expected, list):
                expected, reason = expected
            print(f"  {case:33}{got:10}{reason}")
            if got != expected:
                differ.append(f"{name}, {case}: expected {expected}, got {got}: {said}")
    print(f"\n{sum(map(len, want.values()))} pairs,",
          f"{len(differ)} not as expected" if differ else "all as expected")
    print(*differ, sep="\n")
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
