#!/bin/sh
# A function of your own in AttentionInterface is called without a mask, so a causal model sees the future and its padding.
#
# transformers 5.24.0, torch 2.13.0, CPU. Guess before the run: a registered function gets the mask that the
# functions of the library get, so torch's own attention under another name gives the same logits.
# What proved it wrong: masks have a registry of their own, AttentionMaskInterface. For a name that it does not
# hold, attention_mask is None, in training and with padding, without a warning. The first logits move with the
# last token, and with what stands in a padded place; under "sdpa" neither moves.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5 transformers==5.24.0
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F
from transformers import AttentionInterface, LlamaConfig, LlamaForCausalLM


def mine(module, query, key, value, attention_mask, scaling=None, **kwargs):
    y = F.scaled_dot_product_attention(query, key, value, attn_mask=attention_mask, scale=scaling)
    return y.transpose(1, 2).contiguous(), None


AttentionInterface.register("mine", mine)
print(torch.__version__.split("+")[0])
for name in ("sdpa", "mine"):
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=20, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=2, initializer_range=1.0, attn_implementation=name)).eval()

    def logits(ids, keep):
        with torch.no_grad():
            return model(torch.tensor([ids]), attention_mask=torch.tensor([keep])).logits[0]

    def moves(ids, other, keep, place):
        gap = (logits(ids, keep) - logits(other, keep)).abs()[place].max()
        return "moves" if gap > 1e-3 else "stays"

    print(name, "| first logits under another last token:",
          moves([1, 2, 3], [1, 2, 9], [1, 1, 1], 0),
          "| last logits under another padding:", moves([5, 2, 3], [7, 2, 3], [0, 1, 1], 2))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
sdpa | first logits under another last token: stays | last logits under another padding: stays
mine | first logits under another last token: moves | last logits under another padding: moves
SEEN
