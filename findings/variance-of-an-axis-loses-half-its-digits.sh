#!/bin/sh
# torch.var of an axis, in float64 and around 1e8, has 8 right digits; of a vector it has 15.
#
# torch 2.13.0, CPU. Guess before the run: float64 keeps about 15 digits, and a shift by 1e8 costs
# the variance nothing, as in NumPy, which subtracts the mean before it squares. What proved it
# wrong: torch.var(x, dim) updates a running mean number by number, and each update is rounded
# to the digits of 1e8, so the variance is off by 1e-9 or more of itself. The same numbers as one
# contiguous vector are summed in another way and are right to 1e-14, with and without dim.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
import torch

print(torch.__version__.split("+")[0])
draws = torch.Generator().manual_seed(0)
x = torch.randn(1000, 2, generator=draws, dtype=torch.float64) + 1e8


def digits(found, exact):
    error = ((found - exact) / exact).abs().max().item()
    return "8 to 10 digits" if 1e-11 < error < 1e-7 else "14 or more" if error < 1e-14 else error


exact = (x - x.mean(0)).square().mean(0)
print("torch.var(x, 0):", digits(torch.var(x, 0, correction=0), exact))
print("torch.var_mean(x, 0):", digits(torch.var_mean(x, 0, correction=0)[0], exact))
print("torch.std(x, 0):", digits(torch.std(x, 0, correction=0).square(), exact))
print("numpy.var(x, 0):", digits(torch.from_numpy(np.var(x.numpy(), 0)), exact))
column = x[:, 0].contiguous()
for name, found in [("vector", torch.var(column, correction=0)),
                    ("vector, dim=0", torch.var(column, 0, correction=0))]:
    print(f"torch.var of a {name}:", digits(found, exact[0]))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
torch.var(x, 0): 8 to 10 digits
torch.var_mean(x, 0): 8 to 10 digits
torch.std(x, 0): 8 to 10 digits
numpy.var(x, 0): 14 or more
torch.var of a vector: 14 or more
torch.var of a vector, dim=0: 14 or more
SEEN
