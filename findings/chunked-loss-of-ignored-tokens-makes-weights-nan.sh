#!/bin/sh
# A batch whose targets are all ignored leaves the weights alone without options, and makes them nan with options.
#
# torch 2.13.0, CPU. Guess before the run: linear_cross_entropy means the same with and without options, so
# the gradient of a batch of padding is 0 in both, although the loss is 0 divided by 0 and prints nan.
# What proved it wrong: the chunked path multiplies the loss's factor 1 / 0 into the gradient, so one
# micro-batch of padding makes every weight of the head nan at the next step. A row of nan inputs under an
# ignored target also reaches the loss with options, and does not without.
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
x, nan_row = torch.ones(2, 3), torch.ones(2, 3)
nan_row[1] = torch.nan
for name, options in (("no options", None), ("Options()", Options())):
    weight = torch.ones(4, 3, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    F.linear_cross_entropy(x, weight, torch.tensor([-100, -100]), options=options).backward()
    optimizer.step()
    loss = F.linear_cross_entropy(nan_row, torch.ones(4, 3), torch.tensor([1, -100]), options=options)
    print(name, "| weight after padding:", weight[0].tolist(), "| loss beside an ignored nan:",
          round(loss.item(), 3))
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
no options | weight after padding: [1.0, 1.0, 1.0] | loss beside an ignored nan: 1.386
Options() | weight after padding: [nan, nan, nan] | loss beside an ignored nan: nan
SEEN
