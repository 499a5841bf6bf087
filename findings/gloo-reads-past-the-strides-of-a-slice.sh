#!/bin/sh
# gloo reduces and broadcasts the memory of a tensor as if it were contiguous, whatever its strides are.
#
# torch 2.13.0, CPU, two processes. Guess before the run: a collective copies a strided tensor first, or
# refuses it, as NCCL's backend refuses one that is not contiguous. What proved it wrong: all_reduce of
# x[::2] sums the first numbers in memory, so the second number of the slice keeps the rank's own value;
# a broadcast of a transposed matrix arrives as the matrix that was not transposed. No error, no warning.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import sys

import torch
import torch.distributed as dist


def run(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/ranks", rank=rank, world_size=2)
    x = torch.zeros(4)
    part = x[::2]
    part += rank + 1
    dist.all_reduce(part)
    matrix = torch.arange(4.0).view(2, 2) * (1 - rank)
    sent = matrix.T if rank == 0 else matrix
    dist.broadcast(sent, 0)
    print("rank", rank, "sum of 1 and 2 in each place:", part.tolist(),
          "first row:", sent[0].tolist())
    dist.destroy_process_group()


if __name__ == "__main__":
    print(torch.__version__.split("+")[0], flush=True)
    torch.multiprocessing.spawn(run, (sys.argv[1],), nprocs=2)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" "$folder" 2> /dev/null | sort > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
rank 0 sum of 1 and 2 in each place: [3.0, 1.0] first row: [0.0, 2.0]
rank 1 sum of 1 and 2 in each place: [3.0, 2.0] first row: [0.0, 1.0]
SEEN
