#!/bin/sh
# TensorDataset of torch 2.10 takes tensors of different lengths: its check cannot fail.
#
# torch 2.10.0, CPU. Guess before the run: TensorDataset(features, labels) raises "Size mismatch between
# tensors" where the lengths differ, as it did for years. What proved it wrong: its assertion
# `assert all(first == other)` was rewritten as `if all(first != other): raise`, and the first tensor
# is among the others. So a dataset of 3 features and 5 labels has 3 samples, and one of 5 features
# and 3 labels fails in its fourth sample. torch 2.9 and 2.11 raise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.10.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch.utils.data import TensorDataset

print(torch.__version__.split("+")[0])
for lengths in ((3, 5), (5, 3), (3, 4, 5)):
    try:
        dataset = TensorDataset(*(torch.zeros(length) for length in lengths))
        says = f"{len(dataset)} samples"
        for number in range(len(dataset)):
            dataset[number]
    except (AssertionError, IndexError) as error:
        says += f", then {type(error).__name__} in sample {number}"
    print(lengths, says)
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.10.0
(3, 5) 3 samples
(5, 3) 5 samples, then IndexError in sample 3
(3, 4, 5) 3 samples
SEEN
