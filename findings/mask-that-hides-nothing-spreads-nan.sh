#!/bin/sh
# scaled_dot_product_attention turns a nan query into zeros, unless a mask that hides nothing is given.
#
# torch 2.13.0, CPU. Guess before the run: a nan in a query makes its own output nan, with and
# without a mask, because softmax of nan is nan. What proved it wrong: without a mask the CPU's
# fused kernel gives zeros for that query, as for a query that may read nothing; with a mask of
# True alone it gives nan. So a loss that is finite may hide a query of nan.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

print(torch.__version__.split("+")[0])
torch.manual_seed(0)
q, k, v = torch.randn(3, 1, 1, 3, 4).unbind()
q[0, 0, 0, 0] = torch.nan
print("no mask:", F.scaled_dot_product_attention(q, k, v)[0, 0, 0].tolist())
mask = torch.ones(3, 3).bool()
print("mask of True:", F.scaled_dot_product_attention(q, k, v, attn_mask=mask)[0, 0, 0].tolist())
with sdpa_kernel(SDPBackend.MATH):
    print("written out:", F.scaled_dot_product_attention(q, k, v)[0, 0, 0].tolist())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
no mask: [0.0, 0.0, 0.0, 0.0]
mask of True: [nan, nan, nan, nan]
written out: [nan, nan, nan, nan]
SEEN
