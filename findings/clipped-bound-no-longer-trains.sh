#!/bin/sh
# A gate that starts on the bound of clamp trains in torch 2.13 and stays at 0 in torch 2.14.
#
# torch 2.14.1, CPU. Guess before the run: clamp(x, 0, 1) has the gradient 1 on its bounds, as its comment
# in derivatives.yaml said since 2018 and torch 2.13 does, and a change of that is announced by a
# warning. What proved it wrong: torch 2.14 returns 0 on a bound that is a number and a half on one
# that is a tensor, in eager mode, in forward mode and compiled, without a word.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.14.1 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
bounds = {"clamp(0, 1)": lambda x: x.clamp(0, 1), "clamp(min=0)": lambda x: x.clamp(min=0),
          "clamp(min=tensor)": lambda x: x.clamp(min=torch.zeros(1)),
          "maximum": lambda x: torch.maximum(x, torch.zeros(1)),
          "fmax": lambda x: torch.fmax(x, torch.zeros(1)), "relu": torch.relu}
for name, bound in bounds.items():
    gate = torch.zeros(1, requires_grad=True)
    gradient, = torch.autograd.grad(bound(gate), gate)
    forward = torch.func.jvp(bound, (torch.zeros(1),), (torch.ones(1),))[1]
    print(f"{name:18} backward {gradient.item()}, forward {forward.item()}")
gate = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([gate], lr=0.25)
for step in range(3):
    optimizer.zero_grad()
    (gate.clamp(0, 1) - 1).pow(2).sum().backward()
    optimizer.step()
print("gate after three steps:", gate.item())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.14.1
clamp(0, 1)        backward 0.0, forward 0.0
clamp(min=0)       backward 0.0, forward 0.0
clamp(min=tensor)  backward 0.5, forward 0.5
maximum            backward 0.5, forward 0.5
fmax               backward 0.5, forward 0.5
relu               backward 0.0, forward 0.0
gate after three steps: 0.0
SEEN
