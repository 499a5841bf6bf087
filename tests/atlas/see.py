"""What a call does: its value, its gradient, what it writes, what it warns of and raises."""

import functools
import inspect
import re
import signal
import warnings

import torch
import torch.nn.attention.bias
import torch.nn.attention.flex_attention
from torch import distributions, fft, linalg, nn, optim, special
from torch.nn import functional as F
from torch.optim import lr_scheduler

from . import names
from .inputs import INPUTS

DEVICE = torch.get_default_device().type
FRESH = torch.random.default_generator.manual_seed(0).get_state()
SECONDS = 20  # a call that takes longer ends its process
WORDS = 110  # characters of a message
SHOWN = 18  # numbers of a tensor
DOES_NOT_FIT = re.compile(
    r"TypeError: .*(invalid combination of arguments|missing \d|required positional"
    r"|missing required|takes .* argument|unexpected keyword|multiple values|must be .*, ?not "
    r"|must be .*, but got|not callable|not iterable|not subscriptable|argument after"
    r"|has no len\(\)"
    r"|expected .*(but found|positional)|not supported between|unsupported operand|bad operand"
    r"|cannot unpack|can't convert|unpack|object cannot be interpreted"
    r"|cannot assign|dtype must be a type)|AttributeError: '|AssertionError: $|TypeError: '\w+' obj"
    r"|\w+: (Boolean value of Tensor with more|Attempted to use an uninitialized"
    r"|\w+ requires specifying|Input Error: Only|reinforce\(\) was removed"
    r"|This function was deprecated|only one of size or|either size or)", re.DOTALL)


def cleaned(text: str, most: int | None = WORDS) -> str:
    """A text without addresses of memory, places in files and where C++ raised, cut off."""
    text = re.sub(r"\(Triggered internally at .*?\)", "", text)
    text = re.sub(r"(Exception raised from|C\+\+ CapturedTraceback:|Process rank).*", "", text,
                  flags=re.DOTALL)
    text = re.sub(r"0x[0-9a-f]+|(?:/[\w.+-]+){2,}(:\d+)?|\[(enforce|W|E)[^]]*\]", "…", text)
    return " ".join(re.sub(r'"…":\d+', '"…"', text).split())[:most].strip()


def number(value: complex | bool) -> str:
    if isinstance(value, complex):
        return f"{value.real:.6g}{value.imag:+.6g}j"
    return f"{value:.6g}" if isinstance(value, float) else str(int(value))


def shown(value: object) -> str:
    """A value as the atlas writes it: dtype[sizes](strides) and numbers."""
    if isinstance(value, torch.Tensor):
        return tensor(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)) and type(value) is not torch.Size:
        return "(" + ", ".join(map(shown, value)) + ")"
    if isinstance(value, (bool, type(None), str)):
        return repr(value)[:300]
    if isinstance(value, (int, float, complex)):
        return number(value)
    return cleaned(repr(value))


def tensor(value: torch.Tensor) -> str:
    kind = str(value.dtype).removeprefix("torch.") + str(list(value.shape)).replace(" ", "")
    if value.layout != torch.strided or value.is_quantized or value.is_nested:
        return f"{kind} {cleaned(repr(value))}"
    if not value.is_contiguous():
        kind += str(value.stride()).replace(" ", "")
    if value.device.type not in ("cpu", DEVICE):
        kind += f" {value.device.type}"
    value = value.detach().resolve_conj().resolve_neg().cpu()
    if "float8" in kind or "bfloat16" in kind:
        value = value.float()
    numbers = value.flatten().tolist() if value.device.type == "cpu" else []
    more = ["…", number(sum(numbers))] if len(numbers) > SHOWN else []
    return " ".join([kind, *map(number, numbers[:SHOWN]), *more])


def tensors(value: object) -> list[torch.Tensor]:
    """The tensors in a value, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    parts = value if isinstance(value, (list, tuple)) else []
    return [one for part in parts for one in tensors(part)]


def error(raised: BaseException) -> str:
    return f"{type(raised).__name__}: {cleaned(str(raised))}"


def signature(kind: object) -> str:
    """The parameters of a function with their defaults, without types."""
    try:
        given = inspect.signature(kind)
    except (TypeError, ValueError):
        return ""  # written in C++
    parameters = [one.replace(annotation=one.empty) for one in given.parameters.values()]
    return cleaned(str(inspect.Signature(parameters)), None)


def steps(kind: type, *, copies: int = 1, dtype: torch.dtype = torch.float32,
          **options: object) -> list:
    """Three steps of an optimizer with fixed gradients, and what its state is called."""
    start = torch.tensor([[1.0, -2.0], [0.0, 3.0]]).repeat(copies, 1)
    slope = torch.tensor([[1.0, 0.0], [-3.0, 1e-8]]).repeat(copies, 1)
    parameter = nn.Parameter(start.to(dtype))
    optimizer = kind([parameter], **options)
    seen = []
    for scale in (1.0, -0.5, 0.0):
        def closure(scale=scale):
            parameter.grad = (scale * slope).to(dtype)
            return (parameter * parameter.grad).sum().detach()
        closure()
        optimizer.step(closure)
        seen.append(parameter.detach().clone())
    return [*seen, sorted(optimizer.state[parameter])]


def rates(kind: type, *arguments: object, **options: object) -> list[float]:
    """The rates of nine steps, from 1."""
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = optim.SGD([parameter], lr=1.0, momentum=0.9)
    for group in optimizer.param_groups:
        group["initial_lr"] = 1.0
    scheduler = kind(optimizer, *arguments, **options)
    seen = []
    for _ in range(9):
        seen.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step(1.0) if kind is lr_scheduler.ReduceLROnPlateau else scheduler.step()
    return seen


VALUES = {  # a parameter of a distribution, by the name of what constrains it
    "real": [-1.0, 0.5], "positive": [0.5, 2.0], "nonnegative": [0.5, 2.0], "simplex": [0.25, 0.75],
    "unit_interval": [0.25, 0.75], "real_vector": [-1.0, 0.5], "nonnegative_integer": [2.0, 3.0],
    "positive_definite": [[2.0, 0.5], [0.5, 1.0]], "lower_cholesky": [[1.0, 0.0], [0.5, 2.0]],
    "corr_cholesky": [[1.0, 0.0], [0.6, 0.8]],
}


def made(kind: type) -> distributions.Distribution:
    """A distribution with a fixed value for each parameter that its constructor demands."""
    taken, constraints = {}, kind.arg_constraints
    for name, parameter in inspect.signature(kind).parameters.items():
        wanted = parameter.default is inspect.Parameter.empty or (
            name in ("logits", "covariance_matrix") and name in constraints)
        if name in constraints and wanted and not (name == "logits" and "probs" in taken):
            said = str(constraints[name])
            known = next((values for key, values in VALUES.items() if key in said.lower().replace(
                "independent(real(), 1)", "real_vector").replace("greaterthan(lower_bound=0.0)",
                "positive").replace("interval(lower_bound=0.0, upper_bound=1.0)", "unit_interval")),
                [0.5, 2.0])
            taken[name] = torch.tensor(known)
    return kind(**taken)


class Scene:
    """The inputs of one call, each a copy that its gradient flows through."""

    def __init__(self, used: tuple[str, ...]) -> None:
        self.leaves: dict[str, torch.Tensor] = {}
        self.given: dict[str, torch.Tensor] = {}
        for name in used:
            if name in INPUTS:
                self.leaves[name] = leaf = INPUTS[name]()
                if (leaf.is_floating_point() or leaf.is_complex()) and leaf.itemsize > 1:
                    leaf.requires_grad_()
                self.given[name] = leaf.clone()

    def fixed(self, module: nn.Module) -> nn.Module:
        """A layer whose parameters are ramps; their gradients are recorded, too."""
        for name, parameter in module.named_parameters():
            with torch.no_grad():
                parameter.copy_(torch.linspace(-1, 1, parameter.numel()).reshape(parameter.shape))
            self.leaves[name] = parameter
        return module

    def gradient(self, value: object) -> str:
        outputs = [one for one in tensors(value) if one.requires_grad and one.numel()]
        leaves = {name: leaf for name, leaf in self.leaves.items() if leaf.requires_grad}
        if not outputs or not leaves:
            return ""
        along = [torch.arange(1, one.numel() + 1).reshape(one.shape).to(one) for one in outputs]
        try:
            found = torch.autograd.grad(outputs, list(leaves.values()), along, allow_unused=True)
        except Exception as raised:
            return error(raised)
        return "; ".join(f"{name} {shown(one)}" for name, one in zip(leaves, found, strict=True)
                         if one is not None)

    def writes(self, value: str) -> str:
        """The inputs that are no longer what they were; `name` alone where it is the value."""
        return "; ".join(name if text == value else f"{name} {text}"
                         for name, one in self.given.items()
                         if one._version and (text := shown(one)) != shown(self.leaves[name]))


HERE = {"torch": torch, "F": F, "nn": nn, "linalg": linalg, "fft": fft, "special": special,
        "optim": optim, "lr_scheduler": lr_scheduler, "distributions": distributions,
        "Tensor": torch.Tensor, "attention": nn.attention, "signature": signature, "steps": steps,
        "rates": rates, "made": made}


def once(code) -> dict[str, str]:
    torch.set_rng_state(FRESH)
    distributions.Distribution.set_default_validate_args(True)  # Dynamo switches it off
    scene, record = Scene(code.co_names), {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = eval(code, {**HERE, "fixed": scene.fixed}, scene.given)
            record["value"] = value if isinstance(value, str) else shown(value)
            record["writes"] = scene.writes(record["value"])
            record["grad"] = scene.gradient(value)
        except Exception as raised:
            record["error"] = error(raised)
        record["warns"] = " | ".join(sorted({
            f"{one.category.__name__}: {cleaned(str(one.message))}" for one in caught}))
    return {key: text for key, text in record.items() if text}


def see(call: str, form: bool = False) -> dict[str, str]:
    """The record of a call; empty where it has a form that does not fit the function."""
    if call.startswith("signature("):
        name, *rest = call.removeprefix("signature(").removesuffix(")").split(".")
        found = functools.reduce(lambda at, part: getattr(at, part, None), rest, HERE[name])
        said = signature(found)
        return {"signature": said} if said else {}
    code = compile(call, call, "eval")
    signal.alarm(SECONDS)
    first = once(code)
    if form and DOES_NOT_FIT.match(first.get("error", "")):
        signal.alarm(0)
        return {}
    drew = not torch.equal(torch.get_rng_state(), FRESH)
    again = first if "error" in first else once(code)
    signal.alarm(0)
    if first != again or any(re.fullmatch(rule, call) for rule in names.NOISE.values()):
        kept = {key: text for key, text in first.items() if key in ("error", "warns")}
        if "value" in first:
            kept["value"] = first["value"].partition(" ")[0]
        return {**kept, "noise": "1"}
    return {**first, "draws": "1"} if drew and "error" not in first else first
