#!/bin/sh
# The gradient of special.i1 and i1e at nan is 0.5, so a nan of the input stops there.
#
# torch 2.13.0, CPU. Guess before the run: a nan of the input makes the gradient nan, as for i0, exp or
# tanh, so a check of gradients for nan finds it. What proved it wrong: backward of i1 and i1e chooses
# the limit at 0, which is 0.5, by a comparison that is false for nan as well. torch 2.15 returns nan.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
for name in ("i0", "i0e", "i1", "i1e"):
    x = torch.tensor([torch.nan, 0.0, 1.0], requires_grad=True)
    y = getattr(torch.special, name)(x)
    y.sum().backward()
    print(f"{name:4} value {y[0].item()}, gradient", [round(g, 4) for g in x.grad.tolist()])
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
i0   value nan, gradient [nan, 0.0, 0.5652]
i0e  value nan, gradient [nan, 0.0, -0.2578]
i1   value nan, gradient [0.5, 0.5, 0.7009]
i1e  value nan, gradient [0.5, 0.5, 0.0499]
SEEN
