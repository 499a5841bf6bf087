#!/bin/sh
# linear_cross_entropy picks the policy "accurate" by default on a CPU; if you name it, the error is 16 times larger.
#
# torch 2.13.0, CPU. Guess before the run: to name the policy that "auto" picks changes nothing, and the
# policy named "accurate" is nearer to float64 than the one named "compact".
# What proved it wrong: acc_dtype=None means float32 under "auto", and the dtype of the input under a policy
# that you name. In bfloat16 the error of the weight's gradient is 0.2 % by default, 0.7 % without options,
# 1 % under "compact" and 3 % under "accurate", until acc_dtype=torch.float32 stands beside the policy.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F
from torch.nn import LinearCrossEntropyOptions as Options


def gradient(x, weight, target, options):
    weight = weight.clone().requires_grad_()
    F.linear_cross_entropy(x, weight, target, options=options).backward()
    return weight.grad.double()


print(torch.__version__.split("+")[0])
torch.manual_seed(0)
x, weight = torch.randn(2048, 16).bfloat16(), torch.randn(32, 16).bfloat16()
target = (x.float() @ weight.float().T).argmax(1)
exact = gradient(x.double(), weight.double(), target, None)
for name, options in (
        ("no options", None), ("auto", Options()), ("accurate", Options(acc_policy="accurate")),
        ("compact", Options(acc_policy="compact")),
        ("accurate in float32", Options(acc_policy="accurate", acc_dtype=torch.float32))):
    error = (gradient(x, weight, target, options) - exact).norm() / exact.norm()
    print(f"{name}: {error.item():.3f}")
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
no options: 0.007
auto: 0.002
accurate: 0.033
compact: 0.010
accurate in float32: 0.002
SEEN
