#!/bin/sh
# Of equal values, max, median, mode, cummax and quantile each give the gradient to another one.
#
# torch 2.13.0, CPU. Guess before the run: torch documents one rule for kinks, the subgradient of the
# smallest norm, so of three equal values each gets a third, or else the first, as argmax chooses.
# What proved it wrong: max, amax and median without dim give each a third. With dim, max and max_pool
# take the first, median takes the middle one, and cummax, mode and quantile(1) take the last, which
# their returned indices show where they return any.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F

print(torch.__version__.split("+")[0])
for name, function in {
        "max()": lambda x: x.max(), "amax": lambda x: x.amax(), "median()": lambda x: x.median(),
        "aminmax().max": lambda x: x.aminmax().max, "max(0)": lambda x: x.max(0).values,
        "median(0)": lambda x: x.median(0).values, "max_pool1d": lambda x: F.max_pool1d(x[None], 3),
        "cummax(0)[-1]": lambda x: x.cummax(0).values[-1], "mode": lambda x: x.mode().values,
        "quantile(1)": lambda x: x.quantile(1.0), "nanmedian()": lambda x: x.nanmedian()}.items():
    x = torch.tensor([2.0, 2.0, 2.0], requires_grad=True)
    print(f"{name:14}", [round(g, 2) for g in torch.autograd.grad(function(x).sum(), x)[0].tolist()])
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
max()          [0.33, 0.33, 0.33]
amax           [0.33, 0.33, 0.33]
median()       [0.33, 0.33, 0.33]
aminmax().max  [0.33, 0.33, 0.33]
max(0)         [1.0, 0.0, 0.0]
median(0)      [0.0, 1.0, 0.0]
max_pool1d     [1.0, 0.0, 0.0]
cummax(0)[-1]  [0.0, 0.0, 1.0]
mode           [0.0, 0.0, 1.0]
quantile(1)    [0.0, 0.0, 1.0]
nanmedian()    [0.33, 0.33, 0.33]
SEEN
