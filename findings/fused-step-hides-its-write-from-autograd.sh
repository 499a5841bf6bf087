#!/bin/sh
# A fused optimizer's step does not raise the version of the weights that it writes.
#
# torch 2.13.0, CPU. Guess before the run: fused=True changes speed alone, so a step between the
# forward and the backward of another loss raises "modified by an inplace operation" either way.
# What proved it wrong: with fused=True the version counter stays where it was for SGD, Adam, AdamW
# and Adagrad, nothing is raised, and the gradient mixes the old product with the new weight: 18,
# where the old weight gives 24 and a forward after the step gives 13.5.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch import nn

print(torch.__version__.split("+")[0])
for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad):
    grown = []
    for fused in (False, True):
        weight = nn.Parameter(torch.ones(1))
        weight.grad = torch.ones(1)
        before = weight._version
        kind([weight], lr=0.5, fused=fused).step()
        grown.append(weight._version > before)
    print(kind.__name__, "plain step counted:", grown[0], "fused step counted:", grown[1])


def gradient(fused):
    inner, outer = torch.tensor(3.0, requires_grad=True), nn.Parameter(torch.tensor([2.0]))
    optimizer = torch.optim.SGD([outer], lr=0.5, fused=fused)
    first, second = outer.sum(), (outer * inner).square().sum()
    first.backward()
    optimizer.step()
    try:
        return torch.autograd.grad(second, inner)[0].item()
    except RuntimeError as error:
        return str(error)[:94]


print(gradient(False))
print(gradient(True))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
SGD plain step counted: True fused step counted: False
Adam plain step counted: True fused step counted: False
AdamW plain step counted: True fused step counted: False
Adagrad plain step counted: True fused step counted: False
one of the variables needed for gradient computation has been modified by an inplace operation
18.0
SEEN
