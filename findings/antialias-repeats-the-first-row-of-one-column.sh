#!/bin/sh
# F.interpolate(antialias=True) on an image of one column gives each row the first row's value.
#
# torch 2.13.0, CPU (2.11.0 and 2.15.0 print the same). Guess before the run: a column is shrunk as the first
# column of a wider image is. What proved it wrong: in float32 and float64, bilinear and bicubic, all rows of
# the result are the first one. Two columns, the same numbers as one row, bytes, three channels in the
# memory format channels_last, and antialias=False are right. The gradient is right, too: row 3 has the value
# of row 0, and its gradient goes to the last inputs.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch.nn.functional import interpolate

print(torch.__version__.split("+")[0])


def shrunk(x, mode="bilinear", antialias=True, size=(4, None)):
    size = (size[0] or x.shape[2], size[1] or x.shape[3])
    out = interpolate(x, size, mode=mode, antialias=antialias)
    return [round(number, 2) for number in out[0, 0].flatten().tolist()]


column = torch.arange(8.0).view(1, 1, 8, 1)
print("one column     ", shrunk(column))
print("float64        ", shrunk(column.double()))
print("bicubic        ", shrunk(column, "bicubic"))
print("one row        ", shrunk(column.transpose(2, 3), size=(None, 4)))
print("first of two   ", shrunk(column.expand(1, 1, 8, 2))[::2])
print("bytes          ", shrunk(column.byte()))
print("channels_last  ", shrunk(column.expand(1, 3, 8, 1).contiguous(
    memory_format=torch.channels_last)))
print("antialias=False", shrunk(column, antialias=False))
x = column.clone().requires_grad_()
interpolate(x, (4, 1), mode="bilinear", antialias=True)[0, 0, 3, 0].backward()
print("row 3 by x     ", [round(number, 2) for number in x.grad.flatten().tolist()])
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
one column      [0.71, 0.71, 0.71, 0.71]
float64         [0.71, 0.71, 0.71, 0.71]
bicubic         [0.54, 0.54, 0.54, 0.54]
one row         [0.71, 2.5, 4.5, 6.29]
first of two    [0.71, 2.5, 4.5, 6.29]
bytes           [1, 3, 5, 6]
channels_last   [0.71, 2.5, 4.5, 6.29]
antialias=False [0.5, 2.5, 4.5, 6.5]
row 3 by x      [0.0, 0.0, 0.0, 0.0, 0.0, 0.14, 0.43, 0.43]
SEEN
