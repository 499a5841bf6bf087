#!/bin/sh
# log_softmax in float16 is -inf from 65,520 classes on where the classes are the last axis, and right elsewhere.
#
# torch 2.13.0, CPU (2.11.0 and 2.15.0 print the same). Guess before the run: the sum of the exponentials is
# taken in float32 along either axis, as softmax does, so the logarithm of 65,520 classes is -11.09. What
# proved it wrong: along the last axis the sum becomes a float16, which is inf from 65,520 on. So each
# log probability is -inf and cross_entropy is inf, for logits of 0. Along the first axis the result is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F

print(torch.__version__.split("+")[0])
for classes in (65519, 65520):
    logits = torch.zeros(1, classes, dtype=torch.float16)
    print(classes, "classes in the last axis ", F.log_softmax(logits, 1)[0, 0].item())
    print(classes, "classes in the first axis", F.log_softmax(logits.T, 0)[0, 0].item())
    print(classes, "classes, softmax, then log", F.softmax(logits, 1).float().log()[0, 0].item())
    print(classes, "classes, cross_entropy   ", F.cross_entropy(logits, torch.tensor([0])).item())
logits = torch.zeros(1, 65520, dtype=torch.float16, requires_grad=True)
print("gradient", torch.autograd.grad(F.log_softmax(logits, 1)[0, 0], logits)[0][0, :2].tolist())
logits = torch.zeros(65520, 1, dtype=torch.float16, requires_grad=True)
print("gradient, first axis", torch.autograd.grad(
    F.log_softmax(logits, 0)[0, 0], logits)[0][:2, 0].tolist())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
65519 classes in the last axis  -11.09375
65519 classes in the first axis -11.09375
65519 classes, softmax, then log -11.090354919433594
65519 classes, cross_entropy    11.09375
65520 classes in the last axis  -inf
65520 classes in the first axis -11.09375
65520 classes, softmax, then log -11.090354919433594
65520 classes, cross_entropy    inf
gradient [1.0, 0.0]
gradient, first axis [1.0, -1.519918441772461e-05]
SEEN
