#!/bin/sh
# arange with a fractional step and an integer dtype ends the process: no exception, no traceback.
#
# torch 2.12.1, CPU (x86). Guess before the run: torch.arange(0, 1, 0.3, dtype=torch.int64) rounds each
# number to 0 or raises an exception. What proved it wrong: the step is converted to an integer
# first, 0.3 becomes 0, and a division by it raises the signal SIGFPE, which no except clause and no
# finally sees. A step of 1.5 becomes 1, so the result has three numbers where two fit. torch 2.13
# raises ValueError, and torch 2.14 returns [0, 0, 0, 0].
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.12.1 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import subprocess
import sys

import torch

print(torch.__version__.split("+")[0])
print("step 1.5:", torch.arange(0, 3, 1.5, dtype=torch.int64).tolist())
print("floats:  ", torch.arange(0, 3, 1.5).long().tolist())
code = """
import torch
try:
    torch.arange(0, 1, 0.3, dtype=torch.int64)
except BaseException as error:
    print(type(error).__name__)
finally:
    print("finally")
"""
ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
print("step 0.3: printed", repr(ended.stdout), "ended by signal", -ended.returncode)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.12.1
step 1.5: [0, 1, 2]
floats:   [0, 1]
step 0.3: printed '' ended by signal 8
SEEN
