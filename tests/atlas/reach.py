"""`python -m tests.atlas.reach`: how many public names the atlas calls, and why not the others.

The names are those of names.py, and what torch.overrides says can be overridden: each function
that a tensor subclass has to know.
"""

import re
from collections import Counter

import torch
import torch.overrides

from . import compare, data, names


def overridable() -> set[str]:
    """The names of the functions that __torch_function__ is asked about."""
    found = {torch.overrides.resolve_name(one)
             for functions in torch.overrides.get_overridable_functions().values()
             for one in functions}
    return {re.sub(r"^torch\.(?=(Tensor|linalg|special|fft)\.)", "",
                   name.replace("torch.nn.functional", "F")) for name in found if name}


def reasons(wanted: set[str], called: set[str]) -> Counter:
    """How many names are called, or why not; a method is called as the function of its name."""
    found: Counter = Counter()
    for name in wanted:
        last = name.removesuffix(".__get__").rpartition(".")[2]
        same = {name, f"torch.{last}", f"Tensor.{last}", f"F.{last}", f"linalg.{last}"}
        if same & called:
            found["called, with a record"] += 1
        elif last[0] == "_":
            found["left out: is not public, or an operator (lines.txt has some)"] += 1
        elif why_not(name):
            found[f"left out: {why_not(name)}"] += 1
        elif name.endswith(".__get__"):
            found["left out: is a property"] += 1
        else:
            found["left out: no form fits, and lines.txt has no call"] += 1
    return found


def why_not(name: str) -> str:
    return names.reason(name, names.LEFT_OUT)


def main() -> None:
    version = torch.__version__.partition("+")[0]
    called = {compare.name_of(call) for call in data.read(version)}
    for title, wanted in {"public names": set(names.names()), "overridable": overridable()}.items():
        print(f"{title} of torch {version}: {len(wanted)}")
        for reason, number in reasons(wanted, called).most_common():
            print(f"  {number:5} {reason}")


if __name__ == "__main__":
    main()
