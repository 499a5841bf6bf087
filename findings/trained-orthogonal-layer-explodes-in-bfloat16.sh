#!/bin/sh
# A linear layer with an orthogonal weight, moved to bfloat16: right when it is new, 1e30 once it is trained.
#
# torch 2.13.0, CPU (2.15.0 as well). Guess before the run: .bfloat16() rounds the numbers below the parametrization, so
# the weight is orthogonal to two or three digits, before training and after. What proved it wrong:
# a square layer takes torch.linalg.matrix_exp, whose polynomial of degree 18 holds its coefficients in
# float64 and reads that memory as the dtype of the matrix. A new layer keeps its start apart and has zeros
# there, for which the degree 1 is enough, so a check of the new layer passes. After one step of SGD
# the weight is 1e30 in bfloat16 and five digits long in float16, and nothing is raised. Under autocast the
# parameters stay in float32, and the weight is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import copy

import torch
from torch import nn
from torch.nn.utils import parametrizations

print(torch.__version__.split("+")[0])
torch.manual_seed(0)


def largest(layer):
    weights = {"float32": layer.weight}
    for dtype in ["bfloat16", "float16"]:
        weights[dtype] = copy.deepcopy(layer).to(getattr(torch, dtype)).weight
    with torch.autocast("cpu", torch.bfloat16):
        weights["autocast"] = layer.weight
    return {name: f"{weight.abs().max().item():.0e}" for name, weight in weights.items()}


layer = parametrizations.orthogonal(nn.Linear(4, 4))
print("new:", largest(layer))
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
layer(torch.randn(8, 4)).square().sum().backward()
optimizer.step()
print("after one step:", largest(layer))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
new: {'float32': '9e-01', 'bfloat16': '9e-01', 'float16': '9e-01', 'autocast': '9e-01'}
after one step: {'float32': '8e-01', 'bfloat16': '1e+30', 'float16': '2e+04', 'autocast': '8e-01'}
SEEN
