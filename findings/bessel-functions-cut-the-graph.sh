#!/bin/sh
# special.bessel_j0 returns a result without a gradient, so what stands before it does not train.
#
# torch 2.13.0, CPU. Guess before the run: a smooth function of torch.special either has a gradient, as
# i0 has, or raises in backward that it has none. What proved it wrong: eight Bessel functions return a
# tensor that does not require a gradient. Where a term without them is in the loss, backward runs,
# and the parameter in the Bessel function gets no gradient and no message. torch 2.15 has them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
x = torch.ones(1, requires_grad=True)
for name in ("i0", "i1", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_i0",
             "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1",
             "scaled_modified_bessel_k0", "spherical_bessel_j0", "airy_ai"):
    print(f"{name:26}", getattr(torch.special, name)(x).requires_grad)
radius, offset = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
(torch.special.bessel_j0(radius) + offset).pow(2).sum().backward()
print("offset has a gradient:", offset.grad is not None, " radius:", radius.grad is not None)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
i0                         True
i1                         True
bessel_j0                  False
bessel_j1                  False
bessel_y0                  False
bessel_y1                  False
modified_bessel_i0         False
modified_bessel_i1         False
modified_bessel_k0         False
modified_bessel_k1         False
scaled_modified_bessel_k0  False
spherical_bessel_j0        False
airy_ai                    False
offset has a gradient: True  radius: False
SEEN
