#!/bin/sh
# torch.set_default_device("cpu") changes what nn.TransformerEncoder returns.
#
# torch 2.13.0, CPU. Guess before the run: a default device that is the one in use already
# changes nothing. What proved it wrong: in eval mode and under no_grad the encoder packs a
# padded batch into a nested tensor, and gives zeros in the padded places. A default device
# puts a torch function mode on the stack, the encoder then takes its slow way, and the padded
# places hold numbers. A mean over all places is another one in each of the two cases.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
encoder = nn.TransformerEncoder(layer, 1).eval()
x, hide = torch.randn(2, 3, 4), torch.tensor([[False, False, True], [False] * 3])


def padded_is_zero():
    with torch.no_grad():
        return not encoder(x, src_key_padding_mask=hide)[0, 2].any().item()


print(torch.__version__.split("+")[0])
print("no default device:", padded_is_zero())
torch.set_default_device("cpu")
print("default device cpu:", padded_is_zero())
torch.set_default_device(None)
print("taken back:", padded_is_zero())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
no default device: True
default device cpu: False
taken back: True
SEEN
