#!/bin/sh
# clamp of a uint8 image with min=-1 makes each pixel 255, without an error.
#
# torch 2.13.0, CPU. Guess before the run: -1 is below each uint8, so clamp(min=-1) changes nothing,
# or refuses a bound that the dtype cannot hold, as it does for 256. What proved it wrong: the bound
# is converted to uint8 first, where -1 is 255, so the lower bound is the greatest pixel. With
# (-10, 10) the lower bound is 246, above the upper one, and each pixel is 10. int8 refuses such
# bounds. torch 2.15 returns the pixels.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
pixels = torch.tensor([0, 7, 255], dtype=torch.uint8)
for bounds in ({"min": -1}, {"min": -10, "max": 10}, {"max": -1}, {"max": 256}):
    try:
        says = pixels.clamp(**bounds).tolist()
    except RuntimeError as error:
        says = error
    print(bounds, says)
print("wider:", pixels.int().clamp(-10, 10).tolist())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
{'min': -1} [255, 255, 255]
{'min': -10, 'max': 10} [10, 10, 10]
{'max': -1} [0, 7, 255]
{'max': 256} value cannot be converted to type uint8_t without overflow
wider: [0, 7, 10]
SEEN
