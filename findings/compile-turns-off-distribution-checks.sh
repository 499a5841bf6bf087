#!/bin/sh
# Compiling anything turns off the checks of torch.distributions in the whole process.
#
# torch 2.13.0, CPU. Guess before the run: a distribution checks its arguments, as its default
# says, whatever else the process does. What proved it wrong: the first call of a compiled
# function, of one that uses no distribution, sets the default of validate_args to False for
# good. A nan that stopped the training before then passes without a word. Found because a page
# on distributions failed where a page on torch.compile ran before it in the same process.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch.distributions import Normal


def checks():
    try:
        Normal(torch.tensor([torch.nan]), torch.ones(1))
    except ValueError:
        return "raises"
    return "silent"


print(torch.__version__.split("+")[0])
print("before:", checks())
torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1))
print("after:", checks())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
before: raises
after: silent
SEEN
