"""Names of torch in the prose become links to its reference: the first of each on a page.

`torch.where(a, b, c)`, `nn.Linear`, `F.relu`, `Tensor.view` and `Module.train` are looked
for in all inline code, and must exist. Of a name alone, as `view` or `where(…)`, the page
itself tells which one it is, where it has the whole name or cites the reference.
"""

from __future__ import annotations

import builtins
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

from ..read.guide import Guide
from ..read.place import GuideError, Place
from .current import Current
from .kept import kept

STABLE = "https://docs.pytorch.org/docs/stable/"
SHORT = {"F": "torch.nn.functional", "nn": "torch.nn", "Tensor": "torch.Tensor",
         "Module": "torch.nn.Module", "Optimizer": "torch.optim.Optimizer"}
NAME = re.compile(rf"(?<![\w.])(?:torch|{'|'.join(SHORT)})(?:\.[a-zA-Z]\w*)+")

# The first that fits a name gives its page; {0} is the name, {1} what the group caught.
PAGES = [(re.compile(pattern), page) for pattern, page in {
    r"torch\.(?:b?float\d*|u?int\d*|double|half|long|bool)": "tensor_attributes.html#torch.dtype",
    r"torch\.(?:channels_last|\w+_format)": "tensor_attributes.html#torch.memory_format",
    r"torch\.(?:device|dtype|memory_format)": "tensor_attributes.html#{0}",
    r"torch\.Tensor(?:\.m?[TH])?": "tensors.html#{0}",
    r"torch\.Size": "size.html#{0}",
    r"torch\.[fi]info": "type_info.html#{0}",
    r"torch\.autocast": "amp.html#{0}",
    r"torch\.autograd\.(grad(?:grad)?check)": "generated/torch.autograd.gradcheck.{1}.html",
    r"torch\.cuda\.(CUDAGraph)": "generated/torch.cuda.graphs.{1}.html",
    r"torch\.(inference_mode|set_grad_enabled)": "generated/torch.autograd.grad_mode.{1}.html",
    r"torch\.nn\.(Buffer|Parameter)": "generated/torch.nn.parameter.{1}.html",
    r"torch\.(?:cuda\.)?(amp|backends|distributions|jit)(?:\.\w+)*": "{1}.html",
    r"torch\.(accelerator|distributed|nested|nn\.init|optim|random)": "{1}.html",
    r"torch\.(distributed|hub|library|multiprocessing|nested|nn\.init|random)\.\w+":
        "{1}.html#{0}",
    r"(torch\.distributed\.ReduceOp)\.\w+": "distributed.html#{1}",
    r"torch\.export(?:\.\w+)?": "user_guide/torch_compiler/export/api_reference.html#{0}",
    r"torch\.(?:ao\.nn\.quantized|fft|func|sparse)\.\w+": "generated/{0}.html",
    r"torch\.optim\.swa_utils\.\w+": "optim.html#{0}",
    r"torch\.cuda\.(empty_cache|memory_allocated|memory_reserved)":
        "generated/torch.cuda.memory.{1}.html",
    r"torch\.ao\.quantization(?:\.\w+)*": "quantization.html",
    r"torch\.nn\.modules\.\w+\.(\w+)": "generated/torch.nn.{1}.html",
    r"torch\.utils\.deterministic(?:\.\w+)?": "deterministic.html",
    r"torch\.utils\.(checkpoint|data)": "{1}.html",
    r"torch\.utils\.(checkpoint|data)\.[\w.]+": "{1}.html#{0}",
    r"torch\.utils\.benchmark": "benchmark_utils.html",
    r"torch\.utils\.benchmark\.\w+": "benchmark_utils.html#{0}",
    r"torch\.(special|testing)\.\w+": "{1}.html#{0}",
    r"torch\.serialization\.\w+": "notes/serialization.html#{0}",
    r"(torch\.(?:nn\.[A-Z]|sparse\.)\w+)\.\w+": "generated/{1}.html#{0}",
    r"torch(?:\.accelerator|\.compiler|\.cuda|\.linalg|\.nn|\.nn\.functional|\.nn\.parallel"
    r"|\.optim|\.optim\.lr_scheduler|\.optim\.Optimizer|\.Tensor)?\.\w+"
    r"|torch\.(?:autograd|nn\.attention|nn\.utils)\.[\w.]+": "generated/{0}.html",
}.items()]

# Where a name alone is looked for, and the words that mean something else as often.
PLACES = ["torch", "torch.nn.functional", "torch.Tensor", "torch.nn", "torch.nn.Module",
          "torch.nn.utils", "torch.optim", "torch.utils.data"]
WORDS = set(dir(builtins)) - {"eval"} | {
    "Generator", "OutOfMemoryError", "T", "apply", "cpu", "cuda", "data", "device", "dim",
    "double", "dtype", "forward", "grad", "half", "long", "mean", "parameters",
    "requires_grad_", "seed", "step", "to"}

_ALONE = re.compile(r"\.?(?P<name>[a-zA-Z]\w*)(?:\([^()]*\))?")
_CITED = re.compile(
    rf"{re.escape(STABLE)}(?:generated/torch\.(?:.+\.)?(\w+)\.html|.+#torch\..*?(\w+))")
_NO_PROSE = {"a", "h1", "h2", "h3", "h4", "h5", "h6"}


def whole(name: str) -> str:
    """`F.relu` as `torch.nn.functional.relu`."""
    first, _, rest = name.partition(".")
    return f"{SHORT.get(first, first)}.{rest}"


def once(function: Callable[[str], str]) -> Callable[[Guide, str], str]:
    """Keep what a function tells of a name. What it raises is not kept."""
    source = Path(__file__).read_text()
    known: dict[str, str] = {}

    def tell(guide: Guide, name: str) -> str:
        if name not in known:
            known[name] = kept(guide, f"reference/{function.__name__}-{name}", source,
                               lambda: function(name))
        return known[name]

    return tell


def found(name: str) -> object:
    """What torch has by a whole name. LookupError where it has nothing."""
    try:
        return pkgutil.resolve_name(name)
    except (AttributeError, ImportError):
        raise LookupError(f"torch has no {name}") from None


def _address(name: str) -> str:
    """The page of torch's reference on a whole name. LookupError where there is none."""
    found(name)
    for pattern, page in PAGES:
        if fits := pattern.fullmatch(name):
            return STABLE + page.format(name, *fits.groups())
    raise LookupError(f"sitekit/build/reference.py knows no page on {name}")


def _alone(name: str) -> str:
    """The address of a documented function or class by the last part of its name, or nothing."""
    for place in PLACES if name not in WORDS else []:
        try:
            thing = found(f"{place}.{name}")
        except LookupError:
            continue
        is_same = place == "torch" and thing is getattr(found(PLACES[1]), name, None)
        if callable(thing) and thing.__doc__ and not is_same:
            return _address(f"{place}.{name}")
    return ""


address, alone = once(_address), once(_alone)


class Links(Treeprocessor):
    """Runs after inline code is found."""

    def __init__(self, md, current: Current):
        super().__init__(md)
        self.current = current

    def run(self, root):
        stash, linked = self.md.htmlStash.rawHtmlBlocks, set()
        codes = {element: int(place[1]) for element in root.iter("code")
                 if (place := HTML_PLACEHOLDER_RE.fullmatch(element.text or ""))}
        here = self.here([link.get("href", "") for link in root.iter("a")],
                         [stash[number] for number in codes.values()])

        def link(text, target):
            if not target or target in linked:
                return text
            linked.add(target)
            return f'<a class="torch" href="{target}">{text}</a>'

        for element in self.prose(root):
            if element in codes:
                text = stash[codes[element]]
                if word := _ALONE.fullmatch(text):
                    name = word["name"]
                    target = here[name] if name in here else alone(self.current.guide, name)
                    text = text.replace(name, link(name, target), 1)
                else:
                    text = NAME.sub(lambda n: link(n[0], self.address(n[0])), text)
                stash[codes[element]] = text

    def prose(self, element) -> Iterator:
        """The elements outside headings and links, in the order of the page."""
        yield element
        for child in element:
            if child.tag not in _NO_PROSE:
                yield from self.prose(child)

    def here(self, links, codes) -> dict[str, str]:
        """Of each name that the page has in whole: its last part, and the address if it is one."""
        by_name: dict[str, set] = {}
        for url in links:
            if cited := _CITED.fullmatch(url):
                by_name.setdefault(cited[1] or cited[2], set()).add(url)
        for name in {name for code in codes for name in NAME.findall(code)}:
            by_name.setdefault(name.rpartition(".")[2], set()).add(self.address(name))
        return {name: urls.pop() if len(urls) == 1 else "" for name, urls in by_name.items()
                if name not in {"device", "dtype", "grad"}}

    def address(self, name):
        try:
            return address(self.current.guide, whole(name))
        except LookupError as error:
            path = self.current.path
            lines = self.current.guide.text(path).split("\n")
            line = next((n for n, line in enumerate(lines, 1) if name in line), 1)
            raise GuideError(f"{Place(path, line)}: {error}") from None

