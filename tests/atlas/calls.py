"""What the atlas calls: forms that are tried on every public name, and lines of their own.

A call is an expression over the names of inputs.py and the helpers of see.py. To add one is to
add a line to lines.txt. A form whose arguments do not fit a function leaves no record.
"""

import re
from pathlib import Path

from . import names


def split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]


ONE = split("""
kinks; ties; odd; vector; scalar; empty; double; half; brain; eighth; complexes; ints; small; bytes
words; bools; wide; turned; matrix; positive; singular; hollow; batch; keep; sound; image; volume
""")
TWO = """
kinks, other; ties, ties; odd, odd.flip(0); odd, kinks[:6]; vector, double; double, vector
empty, empty; half, half.flip(0); half, vector[:1]; brain, brain; brain, half
complexes, complexes; complexes, ints; ints, zeros; ints, small; small, small; bytes, bytes
bytes, ints; words, words; bools, bools; bools, ints; kinks[:4], ints; scalar, ints; ints, scalar
eighth, vector
matrix, vector; vector, matrix; matrix, turned; wide, turned; wide, matrix; batch, batch
batch, matrix; positive, wide.T; positive, vector[:, None]; kinks, wide; wide, vector
hollow, hollow; hollow.T, hollow; wide, index; wide, keep; wide, far; matrix, index; vector, index
logits, target; logits, logits.flip(0); logits, probs; probs, probs.flip(0); logits, target.float()
query, key; sound, filters1; image, filters2; volume, filters3; image, image; image, points; odd, 0
kinks, 0; kinks, 1; kinks, 0.5; kinks, -1; odd, 2; ties, 0; ties, 2; wide, 0; wide, 1; wide, -1
wide, 5; turned, 0; turned, 1; matrix, 2; hollow, 0; hollow, 1; empty, 0; ints, 0; ints, 2; ints, -1
ints, 0.5; small, 200; bytes, -1; bytes, 1; bools, 0; bools, 1; bools, True; complexes, 0
complexes, 2; half, 1; brain, 0; batch, 1; batch, (0, 1); batch, (1, 2); wide, (0, 1); wide, 1j
sound, 2; image, 2; volume, 2; image, (1, 1); image, 0; wide, 'fro'; 2, kinks; 2, ints; 0, bools
wide, torch.float16; odd, torch.int32; wide, (3, 2); wide, None; wide, [0, 1]; ints, torch.bool
"""
MORE = """
kinks, other, 0.5; kinks, other, kinks.flip(0); kinks, -1, 1; kinks, 0, 1; kinks, 1, 0
kinks, 0.5, None; ints, 0, 2; odd, -1, 1; kinks, other, signs; ties, ties, ties
vector, matrix, vector; wide, wide, matrix; matrix, vector, vector; batch, batch, batch
vector, 0, 1
wide, 1, index; wide, 1, far; wide, 0, rows; wide, 0, 1; wide, 1, places; wide, 0, 1, 2
wide, 1, 0, 1; keep, wide, 0; keep, wide, wide.flip(1); keep, ints[:3], vector
wide, keep, 7; wide, keep, vector; wide, 0, rows, wide; wide, 1, places, wide; wide, 0, rows, 7
wide, 1, places, 7; wide, 1, places, wide, 'sum'; wide, 1, places, wide, 'amax'
wide, 0, rows, wide, 'mean'; 0, 3; 1, 2, 3; 0, 1, 0.25; (2, 3); 2; 0; (2,), 7; 3, 2
[wide, wide]; [wide, wide], 1; [vector, vector, vector]; [kinks, other]; [ints, vector]; []
[matrix, matrix, matrix]; 'ij,jk', wide, matrix; 'ii', matrix; 'i,j->ij', vector, double
query, key, key; sound, filters1, vector; image, filters2, vector; volume, filters3, vector
image, 2, 1; image, 3, 2, 1; logits, logits.flip(0), probs; index, logits; index, matrix
far, matrix; batch, None, None; wide, 2, 0; wide, 2, 1; wide, 2., 1; wide, 2, 1, True; wide, 1, 2, 1
wide, (3,); image, (2,), vector[:2], vector[:2]; image, 1, vector[:2], vector[:2]
wide, 1, 2; wide, 3, True; wide, 0.5, 1; odd, 0.0, 1.0, -1.0; kinks, 4, -2, 2; wide, -1, wide.sum()
"""


ON_FUNCTIONS = ["", *ONE, *split(TWO), *split(MORE)]
# For F alone.
OF_LAYERS = re.compile(r"\b(sound|image|volume|flat|query|logits|probs|filters\d)\b")
IN_PLACE = split("""
kinks; ties; odd; half; complexes; ints; bytes; bools; turned
kinks, 0; kinks, 0.5; kinks, other; ties, ties; odd, kinks[:6]; vector, double; half, vector[:1]
ints, 0; ints, 2; ints, 0.5; ints, zeros; bytes, -1; bytes, ints; bools, 1; kinks[:4], ints
complexes, 2; kinks, -1, 1; ints, 0, 2; wide, 0; wide, keep, 7; wide, 1, places, 7
wide, 0, rows, wide; wide, 1, places, wide; wide, keep, vector; kinks, other, signs
wide, wide, matrix; wide, 1; wide, 5; wide, 1, places, wide, 'amax'; odd, -1, 1; small, 200
scalar, ints; kinks, wide; eighth, vector
""")


def forms(name: str) -> list[str]:
    """The arguments that a function is tried on."""
    if name.endswith("_"):
        return IN_PLACE
    return [form for form in ON_FUNCTIONS if name.startswith("F.") or not OF_LAYERS.search(form)]


ON_LAYERS = [
    *(f"fixed({{}}())({given})" for given in [
        *split("kinks; ties; odd; half; brain; complexes; ints; wide; hollow; image; sound"),
        "logits, target", "logits, probs", "probs, probs.flip(0)", "kinks, other", "kinks, signs",
        "kinks, other, signs", "wide, wide.flip(0)", "wide, wide, rows.float() * 2 - 1",
        "wide, wide.flip(1), wide.flip(0)", "wide, vector", "logits, target.float()",
        "ties, ties, ties", "kinks, (kinks > 0).float()", "logits, places[:, :1].flatten()"]),
    *(f"fixed({{}}({made}))({given})" for made, given in [
        ("0", "wide"), ("3", "wide"), ("3", "matrix"), ("2", "image"), ("2", "sound"),
        ("1", "image"), ("1", "sound"), ("2", "volume"), ("3, 2", "wide"), ("2, 3, 2", "image"),
        ("2, 3, 2", "sound"), ("2, 3, 2", "volume"), ("1, 2", "image"), ("4, 3", "index"),
        ("3, 2", "batch"), ("4, 2", "query[0]"), ("4, 2", "query[0], key[0], key[0]"),
        ("4, 2", "query[0], key[0]"), ("0, 1", "kinks"), ("3, 3, 2", "wide, wide"),
        ("(1, 1)", "image"), ("1, 2, 2", "image"), ("2", "kinks"), ("2", "half"),
        ("3", "wide.bfloat16()")]),
    *(f"fixed({{}}({made})).eval()({given})" for made, given in [
        ("2", "image"), ("2", "sound"), ("3", "wide")]),
]
OPTIONS = """
; lr=0.1; lr=torch.tensor(0.1); lr=0; lr=0.1, weight_decay=0.5; lr=0.1, maximize=True
lr=0.1, foreach=True; lr=0.1, foreach=False; lr=0.1, fused=True; lr=0.1, differentiable=True
lr=0.1, capturable=True; lr=0.1, amsgrad=True; lr=0.1, momentum=0.9; lr=0.1, centered=True
lr=0.1, momentum=0.9, nesterov=True; lr=0.1, nesterov=False; lr=0.1, decoupled_weight_decay=True
lr=0.1, betas=(0.5, 0.5); lr=0.1, eps=0; lr=0.1, line_search_fn='strong_wolfe'; lr=-1
"""
RATES = """
; 2; step_size=2; gamma=0.5; milestones=[2, 4]; T_max=4; T_0=3; T_0=2, T_mult=2
lr_lambda=lambda e: 0.5 ** e; base_lr=0.1, max_lr=1.; max_lr=1., total_steps=8; total_iters=3
patience=1; max_lr=1., epochs=2, steps_per_epoch=4; T_max=4, eta_min=0.5; power=2., total_iters=4
base_lr=0.1, max_lr=1., step_size_up=2, mode='exp_range', gamma=0.9; step_size=2, last_epoch=3
"""
ON_DISTRIBUTIONS = [
    *(f"made({{}}).{what}" for what in [
        "mean", "variance", "stddev", "mode", "support", "batch_shape", "event_shape",
        "has_rsample", "entropy()", "sample()", "rsample((2,))", "enumerate_support()",
        "expand((3, 2)).sample()", "log_prob(vector[:2])", "log_prob(wide)", "log_prob(kinks)",
        "log_prob(torch.tensor([0.25, 0.75]))", "log_prob(rows)", "log_prob(rows.float())",
        "log_prob(torch.eye(2))", "log_prob(odd[:2])", "cdf(vector[:2])", "icdf(probs[0, :2])",
        "cdf(torch.tensor([0.25, 0.75]))", "param_shape", "arg_constraints", "perplexity()"]),
    "distributions.kl_divergence(made({0}), made({0}))",
    "distributions.kl_divergence(made({0}), made(distributions.Normal))",
]
LINES = [line for line in Path(__file__).with_name("lines.txt").read_text().splitlines()
         if line[0] != "#"]


def calls() -> list[str]:
    """All calls, sorted, each once."""
    found = set(LINES)
    for name in names.names():
        found.add(f"signature({name})")
        prefix = name.partition(".")[0]
        if names.is_left_out(name):
            continue
        if prefix in names.FUNCTIONS:
            found.update(f"{name}({form})" for form in forms(name))
        elif prefix == "nn":
            found.update(form.format(name) for form in ON_LAYERS)
        elif prefix == "optim":
            found.update(f"steps({name}, {form})" for form in ["", *split(OPTIONS)])
        elif prefix == "lr_scheduler":
            found.update(f"rates({name}, {form})" for form in ["", *split(RATES)])
        else:
            found.update(form.format(name) for form in ON_DISTRIBUTIONS)
    return sorted(found)
