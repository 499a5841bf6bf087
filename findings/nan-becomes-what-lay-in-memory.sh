#!/bin/sh
# legendre_polynomial_p of nan returns what lay in memory, and not nan.
#
# torch 2.13.0, CPU. Guess before the run: a polynomial of nan is nan. What proved it wrong: the loop over
# the degrees does not run for nan, and the variable that it fills is returned as it is. The number
# may differ from run to run, and for degree 1 the result is right. Hermite
# polynomials of nan are nan. torch 2.14 returns nan.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
nan = torch.tensor([torch.nan])
for name in ("legendre_polynomial_p", "laguerre_polynomial_l", "chebyshev_polynomial_u",
             "shifted_chebyshev_polynomial_u", "hermite_polynomial_h"):
    function = getattr(torch.special, name)
    print(f"{name:32}", {n: bool(function(nan, n).isnan()) for n in (1, 2, 3)})
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
legendre_polynomial_p            {1: True, 2: False, 3: False}
laguerre_polynomial_l            {1: True, 2: False, 3: False}
chebyshev_polynomial_u           {1: True, 2: False, 3: False}
shifted_chebyshev_polynomial_u   {1: True, 2: False, 3: False}
hermite_polynomial_h             {1: True, 2: True, 3: True}
SEEN
