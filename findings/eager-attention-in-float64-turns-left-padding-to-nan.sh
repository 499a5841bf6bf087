#!/bin/sh
# A Llama in float64 gives nan for a left-padded prompt with eager attention, and numbers with sdpa.
#
# torch 2.13.0, transformers 5.24.0, CPU. Guess before the run: float64 is the careful choice for
# comparing two attention implementations, so both give the same logits, more exactly than in float32.
# What proved it wrong: eager attention casts its scores to float32 for the softmax. The mask holds
# the smallest float64, which becomes -inf in float32, so each row of padding is 0/0 = nan, and the
# next layer multiplies these values by a weight of 0, which is nan again, also at real places. In
# float32 the mask is finite after the cast. BLOOM has its own attention and does so whatever is
# chosen; GPT-2 and BERT do not cast.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 transformers==5.24.0
cat > "$folder/run.py" <<'PYTHON'
import torch
import transformers
from transformers import (
    BloomConfig, BloomForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM,
    OPTConfig, OPTForCausalLM)

transformers.logging.set_verbosity_error()
print(torch.__version__.split("+")[0], transformers.__version__)
torch.manual_seed(0)
ids = torch.tensor([[0, 0, 3, 4], [5, 6, 7, 8]])
keep = (ids != 0).long()
models = {
    "Llama": LlamaForCausalLM(LlamaConfig(
        vocab_size=19, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24)),
    "OPT": OPTForCausalLM(OPTConfig(
        vocab_size=19, hidden_size=16, word_embed_proj_dim=16, num_hidden_layers=2, ffn_dim=24,
        num_attention_heads=2, max_position_embeddings=40)),
    "GPT-2": GPT2LMHeadModel(GPT2Config(
        vocab_size=19, n_embd=16, n_layer=2, n_head=2, n_positions=32)),
    "BLOOM": BloomForCausalLM(BloomConfig(vocab_size=19, hidden_size=16, n_layer=2, n_head=2)),
}
for name, model in models.items():
    for attention in ("sdpa", "eager"):
        model.set_attn_implementation(attention)
        for dtype in (torch.float32, torch.float64):
            model.to(dtype).eval()
            with torch.no_grad():
                logits = model(input_ids=ids, attention_mask=keep).logits
            there = bool(logits[keep == 1].isnan().any())
            print(name, attention, str(dtype)[6:], "nan at real places:", there)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0 5.24.0
Llama sdpa float32 nan at real places: False
Llama sdpa float64 nan at real places: False
Llama eager float32 nan at real places: False
Llama eager float64 nan at real places: True
OPT sdpa float32 nan at real places: False
OPT sdpa float64 nan at real places: False
OPT eager float32 nan at real places: False
OPT eager float64 nan at real places: True
GPT-2 sdpa float32 nan at real places: False
GPT-2 sdpa float64 nan at real places: False
GPT-2 eager float32 nan at real places: False
GPT-2 eager float64 nan at real places: False
BLOOM sdpa float32 nan at real places: False
BLOOM sdpa float64 nan at real places: True
BLOOM eager float32 nan at real places: False
BLOOM eager float64 nan at real places: True
SEEN
