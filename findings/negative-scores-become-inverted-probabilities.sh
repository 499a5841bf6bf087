#!/bin/sh
# Categorical(probs=...) takes scores that are all negative, and the smallest becomes the likeliest.
#
# torch 2.13.0, CPU. Guess before the run: validate_args=True requires a simplex, so a negative number
# in probs raises ValueError, as it does for Bernoulli and when only some numbers are negative.
# What proved it wrong: probs is divided by its sum before it is checked. A sum below 0 turns all
# signs, so log probabilities or critic scores such as -1 and -3 become 0.25 and 0.75, in inverted
# order. OneHotCategorical and Multinomial do the same; torch.multinomial refuses the numbers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5
cat > "$folder/run.py" <<'PYTHON'
import torch
from torch.distributions import Bernoulli, Categorical, Multinomial, OneHotCategorical

print(torch.__version__.split("+")[0])
scores = torch.tensor([-1.0, -3.0])
for kind in (Categorical, OneHotCategorical):
    made = kind(probs=scores, validate_args=True)
    print(kind.__name__, made.probs.tolist())
print("Multinomial", Multinomial(4, probs=scores, validate_args=True).mean.tolist())
for call in (lambda: Categorical(probs=torch.tensor([-1.0, 3.0]), validate_args=True),
             lambda: Bernoulli(probs=torch.tensor(-0.5), validate_args=True),
             lambda: torch.multinomial(scores, 1)):
    try:
        call()
    except (RuntimeError, ValueError) as error:
        print(type(error).__name__, str(error).split(",")[0][:60])
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
Categorical [0.25, 0.75]
OneHotCategorical [0.25, 0.75]
Multinomial [1.0, 3.0]
ValueError Expected parameter probs (Tensor of shape (2
ValueError Expected parameter probs (Tensor of shape ()) of distributio
RuntimeError probability tensor contains either `inf`
SEEN
