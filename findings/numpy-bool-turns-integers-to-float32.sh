#!/bin/sh
# An int64 tensor with a NumPy bool gives float32, so ids above 2**24 change; a Python bool keeps int64.
#
# torch 2.13.0 and numpy 2.3.5, CPU. Guess before the run: np.bool_(True), which each comparison of
# two NumPy numbers returns, is a bool to torch as it is to Python, so `ids + flag` stays int64, and
# `ids - flag` is refused as for a Python bool. What proved it wrong: torch takes np.int64 and
# np.float64 for numbers of Python, but np.bool_ for a float. Every arithmetic operation tried gives
# float32, the result is rounded to 24 bits without a warning, and & and | raise an error about
# 'Float', which no operand is.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import operator

import numpy as np
import torch

print(torch.__version__.split("+")[0], np.__version__)
ids = torch.tensor([2**24 + 1])
flag = np.float64(2.0) > np.float64(1.0)
print(type(flag).__name__, ids.tolist())
for name in ("add", "sub", "mul", "floordiv", "mod", "pow", "and_", "or_"):
    for kind, value in (("NumPy", flag), ("Python", bool(flag))):
        try:
            result = getattr(operator, name)(ids, value)
            says = f"{result.dtype} {result.tolist()}"
        except (NotImplementedError, RuntimeError) as error:
            says = f"{type(error).__name__}: {str(error)[:42]}"
        print(f"{name:8} {kind:6} {says}")
for value in (np.int64(1), np.float64(1)):
    print(f"add {type(value).__name__}:", (ids + value).dtype)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0 2.3.5
bool [16777217]
add      NumPy  torch.float32 [16777216.0]
add      Python torch.int64 [16777218]
sub      NumPy  torch.float32 [16777215.0]
sub      Python RuntimeError: Subtraction, the `-` operator, with a bool
mul      NumPy  torch.float32 [16777216.0]
mul      Python torch.int64 [16777217]
floordiv NumPy  torch.float32 [16777216.0]
floordiv Python torch.int64 [16777217]
mod      NumPy  torch.float32 [0.0]
mod      Python torch.int64 [0]
pow      NumPy  torch.float32 [16777216.0]
pow      Python torch.int64 [16777217]
and_     NumPy  NotImplementedError: "bitwise_and_cpu" not implemented for 'Flo
and_     Python torch.int64 [1]
or_      NumPy  NotImplementedError: "bitwise_or_cpu" not implemented for 'Floa
or_      Python torch.int64 [16777217]
add int64: torch.int64
add float64: torch.float32
SEEN
