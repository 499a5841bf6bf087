#!/bin/sh
# A weight that transformers' own _init_weights sets with fill_ loses its trained value at load, if another weight is new.
#
# torch 2.13.0, transformers 5.24.0, CPU. Guess before the run: from_pretrained initialises what the checkpoint
# lacks, and a weight that the checkpoint holds is safe. What proved it wrong: _init_weights runs for each module that
# lacks any weight, and the functions of nn.init are patched to skip what was loaded. tensor.fill_, a plain method, is
# not: the trained 5 is 7 again, and the loading report lists the new weight alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5 transformers==5.24.0
cat > "$folder/run.py" <<'PYTHON'
import sys

import torch
import transformers
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel


class Scaled(PreTrainedModel):
    config_class = PretrainedConfig

    def __init__(self, config):
        super().__init__(config)
        self.scale = nn.Parameter(torch.ones(1))
        self.post_init()


class Longer(Scaled):
    def __init__(self, config):
        super().__init__(config)
        self.shift = nn.Parameter(torch.ones(1))
        self.post_init()


class ByInit(Longer):
    def _init_weights(self, module):
        if module is self:
            nn.init.constant_(self.scale, 7.0)
            nn.init.constant_(self.shift, 7.0)


class ByFill(Longer):
    def _init_weights(self, module):
        if module is self:
            with torch.no_grad():
                self.scale.fill_(7.0)
                self.shift.fill_(7.0)


print(torch.__version__.split("+")[0], transformers.__version__)
trained = Scaled(PretrainedConfig())
nn.init.constant_(trained.scale, 5.0)
trained.save_pretrained(sys.argv[1])
for kind in (ByInit, ByFill):
    model, report = kind.from_pretrained(sys.argv[1], output_loading_info=True)
    print(f"{kind.__name__}: scale {model.scale.item()}, shift {model.shift.item()},",
          "missing", sorted(report["missing_keys"]))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" "$folder/checkpoint" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0 5.24.0
ByInit: scale 5.0, shift 7.0, missing ['shift']
ByFill: scale 7.0, shift 7.0, missing ['shift']
SEEN
