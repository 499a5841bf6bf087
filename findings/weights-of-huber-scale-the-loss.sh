#!/bin/sh
# The weights of huber_loss are divided by the number of elements, those of mse_loss by their sum.
#
# torch 2.13.0 (2.15.0 as well), CPU. Guess before the run: mse_loss, l1_loss and huber_loss got the argument
# `weight` together, so a mean with weights means the same in all three: with equal weights it is what it
# is without any. What proved it wrong: huber_loss takes the plain mean of weight * loss. Weights of 4 make
# the loss and its gradient four times as large. With a mask of 0 and 1 it is the other way round: mse_loss
# and l1_loss give the mean over what is kept, and huber_loss counts the masked elements in the mean, so
# a batch with more padding trains with a smaller rate. smooth_l1_loss, the same formula at delta 1, has
# no such argument.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F

print(torch.__version__.split("+")[0])
x, y = torch.ones(4), torch.zeros(4)
weights = {"none": None, "all 4": torch.full((4,), 4.0), "mask 1 0 0 0": torch.eye(4)[0]}
for loss in (F.mse_loss, F.l1_loss, F.huber_loss):
    print(loss.__name__, {name: loss(x, y, weight=each).item() for name, each in weights.items()})
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
mse_loss {'none': 1.0, 'all 4': 1.0, 'mask 1 0 0 0': 1.0}
l1_loss {'none': 1.0, 'all 4': 1.0, 'mask 1 0 0 0': 1.0}
huber_loss {'none': 0.5, 'all 4': 2.0, 'mask 1 0 0 0': 0.125}
SEEN
