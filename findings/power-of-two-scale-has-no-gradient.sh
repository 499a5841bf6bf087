#!/bin/sh
# ldexp with a negative integer exponent has the gradient 0, while its value is right.
#
# torch 2.13.0, CPU. Guess before the run: ldexp(x, n) is x * 2**n, so its gradient is 2**n for each
# n, as gradcheck of a public function would say. What proved it wrong: backward computes 2**n in the
# dtype of n, and an integer 2**-1 is 0. A scale by a power of two below 1, which is what ldexp is
# for, stops the training of all before it. A float exponent is right. torch 2.10 and 2.14 are right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
for exponent in (torch.tensor([2, 0, -1, -3]), torch.tensor([2.0, 0.0, -1.0, -3.0])):
    x = torch.ones(4, requires_grad=True)
    y = torch.ldexp(x, exponent)
    y.sum().backward()
    print(exponent.dtype, y.tolist(), x.grad.tolist())
x = torch.ones(1, dtype=torch.float64, requires_grad=True)
try:
    print(torch.autograd.gradcheck(lambda x: torch.ldexp(x, torch.tensor([-1])), x))
except RuntimeError as error:
    print(str(error).split(",")[0])
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
torch.int64 [4.0, 1.0, 0.5, 0.125] [4.0, 1.0, 0.0, 0.0]
torch.float32 [4.0, 1.0, 0.5, 0.125] [4.0, 1.0, 0.5, 0.125]
Jacobian mismatch for output 0 with respect to input 0
SEEN
