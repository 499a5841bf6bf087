#!/bin/sh
# With its default options, linear_cross_entropy in bfloat16 gives 8 where the loss is 12.2; the gradient is right.
#
# torch 2.13.0, CPU. Guess before the run: the chunks change the last digits, as another order of a sum does.
# What proved it wrong: the loss of each chunk is added to a bfloat16 number, also with acc_dtype=float32 and
# with acc_policy="accurate". Of 512 chunks each adds about 0.024; from 8 on, a bfloat16 number does not
# change by so little, so the sum stands still. A curve of such losses is flat at a power of two, while
# the gradient points where that of float64 points.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F
from torch.nn import LinearCrossEntropyOptions as Options

print(torch.__version__.split("+")[0])
torch.manual_seed(0)
x, weight = torch.randn(4096, 8).bfloat16(), torch.randn(4096, 8).bfloat16()
target = torch.arange(4096)
exact = weight.double().requires_grad_()
loss = F.cross_entropy(x.double() @ exact.T, target)
loss.backward()
print("float64", round(loss.item(), 1))
for name, options in (("no options", None), ("Options()", Options()),
                      ("acc_dtype=float32", Options(acc_dtype=torch.float32)),
                      ("accurate", Options(acc_policy="accurate"))):
    w = weight.clone().requires_grad_()
    loss = F.linear_cross_entropy(x, w, target, options=options)
    loss.backward()
    cosine = F.cosine_similarity(w.grad.double().flatten(), exact.grad.flatten(), 0)
    print(name, round(loss.item(), 1), f"cosine of the gradients {cosine.item():.2f}")
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
float64 12.2
no options 12.2 cosine of the gradients 1.00
Options() 8.0 cosine of the gradients 1.00
acc_dtype=float32 8.0 cosine of the gradients 1.00
accurate 8.0 cosine of the gradients 1.00
SEEN
