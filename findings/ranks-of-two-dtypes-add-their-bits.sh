#!/bin/sh
# all_reduce of an integer on one rank and a float on the other adds their bits, and the float's rank sees almost its own number.
#
# torch 2.13.0, gloo, CPU. Guess before the run: gloo compares the dtypes of the ranks and raises an error, or
# waits until the timeout. What proved it wrong: it exchanges eight bytes and each rank reads them as its own
# dtype. Instead of 8.0 the rank of float64 gets 5.000000000000003, which a log prints as its own loss 5.0, and
# the rank of int64 gets 4617315517961601027. With TORCH_DISTRIBUTED_DEBUG=DETAIL both ranks raise an error that names the dtypes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import sys

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def work(rank, folder):
    dist.init_process_group("gloo", f"file://{folder}/store", rank=rank, world_size=2)
    mine = torch.tensor(3 if rank == 0 else 5.0, dtype=torch.int64 if rank == 0 else torch.float64)
    total = mine.clone()
    try:
        dist.all_reduce(total)
        said = f"{mine.item()} becomes {total.item()}"
    except RuntimeError as error:
        dtypes = [name for name in ("Long", "Double") if name in str(error)]
        said = f"RuntimeError that names {dtypes}"
    with open(f"{folder}/rank{rank}", "w") as file:
        print(f"rank {rank}, {mine.dtype}: {said}", file=file)
    dist.destroy_process_group()


if __name__ == "__main__":
    mp.spawn(work, (sys.argv[1],), 2)
    for rank in range(2):
        print(open(f"{sys.argv[1]}/rank{rank}").read().strip())
PYTHON
for level in OFF DETAIL; do
    mkdir "$folder/$level"
    echo "TORCH_DISTRIBUTED_DEBUG=$level"
    TORCH_DISTRIBUTED_DEBUG=$level "$folder/venv/bin/python" "$folder/run.py" "$folder/$level" 2> /dev/null
done > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
TORCH_DISTRIBUTED_DEBUG=OFF
rank 0, torch.int64: 3 becomes 4617315517961601027
rank 1, torch.float64: 5.0 becomes 5.000000000000003
TORCH_DISTRIBUTED_DEBUG=DETAIL
rank 0, torch.int64: RuntimeError that names ['Long', 'Double']
rank 1, torch.float64: RuntimeError that names ['Long', 'Double']
SEEN
