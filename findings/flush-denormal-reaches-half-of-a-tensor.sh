#!/bin/sh
# set_flush_denormal(True) returns True, and flushes the first half of a tensor: the threads that run already go on.
#
# torch 2.13.0, CPU, two threads. Guess before the run: the switch holds for the process, as the documentation
# ("Disables denormal floating numbers on CPU") says, whenever it is called.
# What proved it wrong: it sets a flag of the calling thread. Threads that an earlier operation has started keep
# denormal numbers, so of a large tensor the part of each thread has its own rule, and equal numbers become
# 0 and 1e-41 in one result. Called before the first large operation, the switch reaches all of it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import sys

import torch

torch.set_num_threads(2)
if sys.argv[1] == "before":
    done = torch.set_flush_denormal(True)
x = torch.full((1_000_000,), 1e-38)  # it starts the second thread
if sys.argv[1] == "after":
    done = torch.set_flush_denormal(True)
zero = x * 1e-3 == 0
print(torch.__version__.split("+")[0], sys.argv[1], "the first large operation:",
      f"returns {done}, {zero.double().mean().item():.0%} are 0, the last is 0: {zero[-1].item()}")
PYTHON
for when in before after; do
    OMP_DYNAMIC=false "$folder/venv/bin/python" "$folder/run.py" "$when" 2> /dev/null
done > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0 before the first large operation: returns True, 100% are 0, the last is 0: True
2.13.0 after the first large operation: returns True, 50% are 0, the last is 0: False
SEEN
