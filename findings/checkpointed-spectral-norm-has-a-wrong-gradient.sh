#!/bin/sh
# Under activation checkpointing, nn.utils.spectral_norm gives a wrong gradient without a message.
#
# torch 2.13.0, CPU. Guess before the run: checkpoint(use_reentrant=False) recomputes the same
# numbers, because it restores the random state and compares what the second run saves. What
# proved it wrong: each forward in train mode moves the layer's vector, so the second run has
# another weight. The output is right, the shapes agree, and the gradient of the input is
# (2.30, 0.58) in place of (2.60, 0.65). In eval mode both are equal.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

print(torch.__version__.split("+")[0])


def run(call, training):
    layer = nn.utils.spectral_norm(nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        layer.weight_orig.copy_(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        layer.weight_u.copy_(torch.tensor([0.6, 0.8]))
        layer.weight_v.copy_(torch.tensor([0.6, 0.8]))
    x = torch.ones(1, 2, requires_grad=True)
    y = call(layer.train(training), x)
    y.square().sum().backward()
    return [[f"{v:.2f}" for v in t[0].tolist()] for t in (y, x.grad)]


def checkpointed(layer, x):
    return checkpoint(layer, x, use_reentrant=False)


for training in (True, False):
    print("train" if training else "eval")
    print("plain       ", *run(lambda layer, x: layer(x), training))
    print("checkpointed", *run(checkpointed, training))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
train
plain        ['1.14', '0.57'] ['2.60', '0.65']
checkpointed ['1.14', '0.57'] ['2.30', '0.58']
eval
plain        ['1.47', '0.74'] ['4.33', '1.08']
checkpointed ['1.47', '0.74'] ['4.33', '1.08']
SEEN
