#!/bin/sh
# x[:, 1:] = x[:, :-1] raises nothing, and how many numbers are wrong follows the dtype.
#
# torch 2.13.0, CPU. Guess before the run: torch refuses a read that overlaps its own write, as
# it does for x[1:] = x[:-1], or else it is wrong in each dtype. What proved it wrong: for the
# shift along axis 1 of a (2, 4, 3) tensor nothing is raised; float32 and float16 repeat the
# first row, while float64 and int64 are wrong in the last number alone. NumPy is right. The check
# for overlap looks at tensors without gaps, and the copy kernels differ by the element's size.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
for dtype in [torch.float32, torch.float16, torch.float64, torch.int64]:
    x = torch.arange(24).view(2, 4, 3).to(dtype).clone()
    x[:, 1:] = x[:, :-1]
    print(dtype, x[0].int().tolist())
array = torch.arange(24).view(2, 4, 3).numpy().copy()
array[:, 1:] = array[:, :-1]
print("numpy", array[0].tolist())
try:
    y = torch.arange(12.0).view(3, 4).clone()
    y[1:] = y[:-1]
except RuntimeError as error:
    print("rows:", type(error).__name__)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
torch.float32 [[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 1, 2]]
torch.float16 [[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 1, 2]]
torch.float64 [[0, 1, 2], [0, 1, 2], [3, 4, 5], [6, 7, 5]]
torch.int64 [[0, 1, 2], [0, 1, 2], [3, 4, 5], [6, 7, 5]]
numpy [[0, 1, 2], [0, 1, 2], [3, 4, 5], [6, 7, 8]]
rows: RuntimeError
SEEN
