#!/bin/sh
# from_pretrained of transformers 5 replaces the value that a subclass gave its own parameter.
#
# transformers 5.24.0, torch 2.13.0, CPU. Guess before the run: a parameter that the checkpoint
# lacks keeps what the constructor put there, 7.0, as a strict=False load in torch does, because
# the report lists it as newly initialized. What proved it wrong: the model is built on meta, so
# neither the parameter nor a buffer that is not saved holds 7.0 after the load, the buffer is not
# in the report, and the attribute smart_apply stays on torch.nn.Module from then on.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5 transformers==5.24.0
cat > "$folder/run.py" <<'PYTHON'
import tempfile

import torch
import transformers
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

print(torch.__version__.split("+")[0], transformers.__version__)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


class Scaled(LlamaForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        self.scale = nn.Parameter(torch.full((3,), 7.0))
        self.register_buffer("offset", torch.full((3,), 7.0), persistent=False)
        self.post_init()


config = LlamaConfig(vocab_size=16, hidden_size=8, intermediate_size=16, num_hidden_layers=1,
                     num_attention_heads=2)
print("torch.nn.Module has smart_apply:", hasattr(nn.Module, "smart_apply"))
with tempfile.TemporaryDirectory() as path:
    LlamaForCausalLM(config).save_pretrained(path)
    built = Scaled(config)
    loaded, report = Scaled.from_pretrained(path, output_loading_info=True)
print("built: ", built.scale.tolist(), built.offset.tolist())
print("loaded:", *("7.0 kept" if (t == 7).all() else "7.0 lost"
                  for t in (loaded.scale, loaded.offset)))
print("missing:", sorted(report["missing_keys"]))
print("torch.nn.Module has smart_apply:", hasattr(nn.Module, "smart_apply"))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0 5.24.0
torch.nn.Module has smart_apply: False
built:  [7.0, 7.0, 7.0] [7.0, 7.0, 7.0]
loaded: 7.0 lost 7.0 lost
missing: ['scale']
torch.nn.Module has smart_apply: True
SEEN
