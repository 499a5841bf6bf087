#!/bin/sh
# A linear layer that was made under torch.inference_mode trains, and learns its bias alone.
#
# torch 2.13.0, CPU. Guess before the run: weights that are inference tensors raise in the first
# forward that records, as a matrix product of them does. What proved it wrong: the layer with a
# bias runs and backward raises nothing; its bias gets a gradient and its weight none, so an
# optimizer trains the bias. The same layer without a bias gives an output without a graph, and
# with a second layer behind it the forward raises. requires_grad is True of all of them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch import nn

print(torch.__version__.split("+")[0])
with torch.inference_mode():
    layer, bare = nn.Linear(3, 1), nn.Linear(3, 1, bias=False)
    two = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
print("requires grad:", layer.weight.requires_grad, layer.bias.requires_grad)
x = torch.ones(2, 3)
layer(x).sum().backward()
print("weight:", layer.weight.grad, "bias:", layer.bias.grad)
print("without a bias:", bare(x).requires_grad)
try:
    two(x)
    print("two layers: run")
except RuntimeError as error:
    print("two layers:", str(error).partition(".")[0])
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
requires grad: True True
weight: None bias: tensor([2.])
without a bias: False
two layers: Inference tensors cannot be saved for backward
SEEN
