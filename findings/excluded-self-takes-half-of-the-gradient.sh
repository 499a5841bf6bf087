#!/bin/sh
# scatter_reduce with amax and include_self=False gives half of a gradient to the excluded value.
#
# torch 2.13.0, CPU. Guess before the run: with include_self=False the tensor that is scattered into
# takes no part, so its values change neither the result nor any gradient, and gradcheck agrees.
# What proved it wrong: backward compares the result with that tensor again. Where its excluded
# value happens to equal the largest value of src, for example a 0 of torch.zeros under features
# after a relu, src gets half of the gradient and the other half is lost. index_reduce does the same.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
index = torch.tensor([0, 0])
for start in (0.0, 3.0):
    for name, reduce in (("scatter_reduce", "amax"), ("index_reduce", "amax"),
                         ("scatter_reduce", "amin")):
        sign = -1.0 if reduce == "amin" else 1.0
        src = (sign * torch.tensor([1.0, 3.0])).requires_grad_()
        into = torch.full((1,), sign * start)
        y = getattr(into, name)(0, index, src, reduce, include_self=False)
        y.sum().backward()
        print(f"{name} {reduce} into {into.item():g}:", y.tolist(), src.grad.tolist())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
scatter_reduce amax into 0: [3.0] [0.0, 1.0]
index_reduce amax into 0: [3.0] [0.0, 1.0]
scatter_reduce amin into -0: [-3.0] [0.0, 1.0]
scatter_reduce amax into 3: [3.0] [0.0, 0.5]
index_reduce amax into 3: [3.0] [0.0, 0.5]
scatter_reduce amin into -3: [-3.0] [0.0, 0.5]
SEEN
