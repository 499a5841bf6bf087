#!/bin/sh
# SGD(fused=True) on a CPU trains float32, and in bfloat16 and float16 it moves what is left over of a vector.
#
# torch 2.13.0, CPU (2.11.0 prints the same; 2.15.0 moves all). Guess before the run: a fused step is the
# same step in one kernel, up to rounding. What proved it wrong: of a weight in half precision, the step
# writes those numbers at the end that fill no whole vector of the processor. So a weight whose size is a
# multiple of 64 stays as it is, a bias of 67 trains in 3 places, and nothing is said. AdamW moves all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch

print(torch.__version__.split("+")[0])
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    for optimizer in (torch.optim.SGD, torch.optim.AdamW):
        for fused in (False, True):
            layer = torch.nn.Linear(64, 67, dtype=dtype)
            before = [p.detach().clone() for p in layer.parameters()]
            for p in layer.parameters():
                p.grad = torch.ones_like(p)
            optimizer(layer.parameters(), lr=0.5, fused=fused).step()
            moved = [int((p != b).sum()) for p, b in zip(layer.parameters(), before)]
            print(f"{dtype!s:15} {optimizer.__name__:5} fused={fused!s:5}",
                  f"moved {moved[0]} of 4288 weights, {moved[1]} of 67 biases")
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
torch.float32   SGD   fused=False moved 4288 of 4288 weights, 67 of 67 biases
torch.float32   SGD   fused=True  moved 4288 of 4288 weights, 67 of 67 biases
torch.float32   AdamW fused=False moved 4288 of 4288 weights, 67 of 67 biases
torch.float32   AdamW fused=True  moved 4288 of 4288 weights, 67 of 67 biases
torch.bfloat16  SGD   fused=False moved 4288 of 4288 weights, 67 of 67 biases
torch.bfloat16  SGD   fused=True  moved 0 of 4288 weights, 3 of 67 biases
torch.bfloat16  AdamW fused=False moved 4288 of 4288 weights, 67 of 67 biases
torch.bfloat16  AdamW fused=True  moved 4288 of 4288 weights, 67 of 67 biases
torch.float16   SGD   fused=False moved 4288 of 4288 weights, 67 of 67 biases
torch.float16   SGD   fused=True  moved 0 of 4288 weights, 3 of 67 biases
torch.float16   AdamW fused=False moved 4288 of 4288 weights, 67 of 67 biases
torch.float16   AdamW fused=True  moved 4288 of 4288 weights, 67 of 67 biases
SEEN
