#!/bin/sh
# The message of a wrong padding of nn.Conv2d ends in a set: a doctest of it passes every second run.
#
# torch 2.13.0, Python's doctest, CPU. Guess before the run: an error message is the same text in
# each run, so a session that shows it can be compared. What proved it wrong: the message formats
# a Python set of two strings, whose order follows the seed of Python's string hashes, and that is
# drawn anew for each process unless PYTHONHASHSEED is set.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

try:
    torch.nn.Conv2d(3, 8, 3, padding="reflect")
except ValueError as error:
    print(error)
PYTHON
for seed in 1 3; do
    PYTHONHASHSEED=$seed "$folder/venv/bin/python" "$folder/run.py"
done > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
Invalid padding string 'reflect', should be one of {'valid', 'same'}
Invalid padding string 'reflect', should be one of {'same', 'valid'}
SEEN
