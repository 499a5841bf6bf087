"""Sets that the guide speaks of, taken from torch; `python -m tests.populations` prints them.

A statement about all, only or none of a set is proved on the set. tests/populations.toml has the
members that the pages were written for; one that another torch adds asks for a decision.
"""

import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from types import FunctionType

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.optim import lr_scheduler

from tests.guide import ROOT

KNOWN = ROOT / "tests/populations.toml"


def classes(module: object, kind: type, above: Iterable[type] = ()) -> dict[str, type]:
    """The public classes of a module that are of a kind, by name."""
    return {name: found for name, found in vars(module).items()
            if inspect.isclass(found) and issubclass(found, kind) and name[0] != "_"
            and found not in (kind, *above)}


def layers(*modules: object) -> dict[str, type[nn.Module]]:
    """The layers of torch.nn that are defined in these modules of it."""
    places = {module.__name__ for module in modules}
    return {name: found for name, found in classes(nn, nn.Module).items()
            if found.__module__ in places} if places else classes(nn, nn.Module)


def sources(kind: type) -> str:
    """The source of a layer and of what it inherits from torch.nn, Module itself apart."""
    return "\n".join(inspect.getsource(base) for base in kind.__mro__
                     if base.__module__.startswith("torch.nn.") and base is not nn.Module)


@cache
def schemas() -> dict[str, list]:
    """The overloads of each operation of torch's dispatcher, by its public name."""
    found: dict[str, list] = {}
    for schema in torch._C._jit_get_all_schemas():
        if schema.name.startswith("aten::"):
            found.setdefault(schema.name.removeprefix("aten::"), []).append(schema)
    return found


def methods(keeps: Callable[[str, list], bool]) -> list[str]:
    """The public methods of tensors whose overloads are as wanted."""
    return sorted(name for name, overloads in schemas().items()
                  if name[0] != "_" and hasattr(torch.Tensor, name) and keeps(name, overloads))


def optimizers() -> dict[str, type[optim.Optimizer]]:
    return classes(optim, optim.Optimizer)


def schedulers() -> dict[str, type]:
    return classes(lr_scheduler, lr_scheduler.LRScheduler)


def losses() -> dict[str, type[nn.Module]]:
    return layers(nn.modules.loss)


def loss_functions() -> list[str]:
    names = {"cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"}
    return sorted(name for name in dir(F)
                  if name in names or re.fullmatch(r"[a-z]\w*_(?:loss|cross_entropy)", name))


def norms() -> dict[str, type[nn.Module]]:
    return layers(nn.modules.batchnorm, nn.modules.instancenorm, nn.modules.normalization)


def activations() -> dict[str, type[nn.Module]]:
    return layers(nn.modules.activation)


def dtypes() -> list[str]:
    """The names of all dtypes, each once."""
    return sorted({str(found).removeprefix("torch.") for found in vars(torch).values()
                   if isinstance(found, torch.dtype)})


def views() -> list[str]:
    """The methods whose result shares the tensor's memory by their signature."""
    def is_view(name: str, overloads: list) -> bool:
        return any(result.alias_info and not result.alias_info.is_write
                   for schema in overloads for result in schema.returns)
    return methods(is_view)


def in_place() -> list[str]:
    return methods(lambda name, overloads: name.endswith("_") and not name.endswith("__"))


def reductions() -> list[str]:
    """The methods with `keepdim`."""
    return methods(lambda name, overloads: any(
        argument.name == "keepdim" for schema in overloads for argument in schema.arguments))


def layers_that_read_training() -> list[str]:
    return sorted(name for name, kind in layers().items()
                  if re.search(r"\bself\.training\b", sources(kind)))


def layers_that_read_the_grad_mode() -> list[str]:
    return sorted(name for name, kind in layers().items()
                  if "is_grad_enabled" in sources(kind))


def attention() -> list[str]:
    """The layers and functions that attend."""
    import torch.nn.attention.flex_attention as flex

    kinds = {name: sources(kind) for name, kind in layers().items()}
    found = [f"nn.{name}" for name, text in kinds.items()
             if "Attention" in text and re.search("Attention|Transformer", name)]
    found += [f"F.{name}" for name in dir(F) if re.search("attention", name) and name[0] != "_"]
    found += [f"nn.attention.flex_attention.{name}" for name in flex.__all__
              if inspect.isfunction(getattr(flex, name)) and "mask" not in name]
    return sorted(found)


def collectives() -> list[str]:
    """The functions of torch.distributed that ranks call together."""
    import torch.distributed as dist

    return sorted(
        name for name, found in vars(dist).items()
        if type(found) is FunctionType and name[0] != "_"
        and {"group", "async_op"} <= set(inspect.signature(found).parameters))


ALL = (optimizers, schedulers, losses, loss_functions, norms, activations, dtypes, views, in_place,
       reductions, layers_that_read_training, layers_that_read_the_grad_mode, attention,
       collectives)


@cache
def members() -> dict[str, list[str]]:
    """The members of each set, as this torch has them."""
    return {population.__name__: sorted(population()) for population in ALL}


def undecided() -> dict[str, list[str]]:
    """The members that no page was written for: another torch added them."""
    known = tomllib.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    return {name: new for name, found in members().items()
            if (new := sorted(set(found) - set(known.get(name, []))))}


def main() -> int:
    """Print the sets; with --write, let tests/populations.toml know them as well."""
    known = tomllib.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    new = undecided()
    for name, found in members().items():
        print(f"{name}: {len(found)}{f', new: {new[name]}' if name in new else ''}")
    if "--write" in sys.argv:
        lines = ["# Members of the sets of tests/populations.py that the pages were written for, on"
                 " each torch of\n# tests/environments.toml. `python -m tests.populations --write`"
                 " adds what this torch has beside them."]
        for name, found in members().items():
            rows = sorted({*found, *known.get(name, [])})
            lines.append(f"{name} = [\n" + "".join(f'    "{row}",\n' for row in rows) + "]")
        KNOWN.write_text("\n\n".join(lines) + "\n")
    return 1 if new and "--write" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
