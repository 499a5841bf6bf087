import math
import re
from importlib import import_module

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import Dataset

from snippets.shapes.image_patches import patches_by_slicing, patchify, unpatchify
from tests.guide import ROOT

PAGE = (ROOT / "docs/guards/choosing.md").read_text()
CALLS = re.findall(r"\[`(\w+)(\(.+?\))`\]\(([\w-]+)\.md\)", PAGE)
KEEP = torch.arange(5) < torch.tensor([[5], [3], [4], [2]])
HIDE = torch.ones(5, 5).triu(1).bool()


class Noise(Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        return torch.rand(3)


def train(model):
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 5, 8)).square().mean().backward()
        optimizer.step()


def accumulate(model, parts):
    count = sum(len(x) for x, in parts)
    for x, in parts:
        (model(x).square().mean() * len(x) / count).backward()


def start():
    model = nn.Linear(8, 3)
    return {"model": model, "optimizer": torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)}


def train_on(state, steps):
    for _ in range(steps):
        state["optimizer"].zero_grad()
        state["model"](torch.randn(4, 8)).square().mean().backward()
        state["optimizer"].step()


def save(state, path):
    torch.save({**{name: part.state_dict() for name, part in state.items()},
                "random": torch.get_rng_state()}, path)


def load(state, path):
    saved = torch.load(path)
    torch.set_rng_state(saved.pop("random"))
    for name, part in state.items():
        part.load_state_dict(saved[name])


def names():
    """What the calls of the page speak of."""
    layer = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval()
    model = nn.TransformerEncoderLayer(8, 2, batch_first=True).eval()
    tuned = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 3))
    tuned[0].requires_grad_(False)
    x, target = torch.randn(4, 5, 8), torch.tensor([0, 1, 2, 0])
    return {
        "math": math, "x": x, "keep": KEEP, "target": target, "layer": layer,
        "model": lambda x: layer(x, src_mask=HIDE[:x.shape[1], :x.shape[1]]),
        "masked": lambda x, keep: layer(x, src_key_padding_mask=~keep),
        "packed": lambda documents: documents.flatten(0, 1).square().unflatten(
            0, documents.shape[:2]),
        "summarize": lambda x: layer(x).mean(1), "embedded": x,
        "documents": x, "images": torch.randn(5, 3, 4, 6),
        "network": nn.Conv2d(3, 2, 3),
        "segment": lambda images: images.square(),
        "turn": lambda images: images.rot90(2, (2, 3)),
        "cut": lambda images: patchify(images, (2, 3)),
        "put_back": lambda patches: unpatchify(patches, (4, 6), (2, 3)),
        "slow_cut": lambda images: patches_by_slicing(images, (2, 3)),
        "reference": layer, "loss": F.cross_entropy, "logits": torch.randn(4, 3),
        "perfect": 1000 * F.one_hot(target, 3).float(),
        "add": lambda logits, target: (logits + 1, target),
        "metric": lambda logits, target: (logits.argmax(1) == target).double().mean(),
        "twice": lambda logits, target: (torch.cat([logits] * 2), torch.cat([target] * 2)),
        "make": lambda: nn.Sequential(nn.Flatten(), nn.Linear(40, 3)),
        "cost": lambda: model(x)[..., :4].square().mean(),
        "trained": model, "optimizer": torch.optim.SGD(model.parameters()),
        "train": train, "tuned": tuned, "frozen": lambda model: model[0].state_dict(),
        "accumulate": accumulate, "parts": [(x[:1],), (x[1:],)], "dataset": Noise(),
        "start": start, "train_on": train_on, "save": save, "load": load}


@pytest.mark.parametrize(("guard", "call", "page"), CALLS)
def test_each_call_passes_as_it_is_written(guard, call, page):
    module = import_module(f"snippets.guards.{page.replace('-', '_')}")
    given = names()
    if page in ("every-parameter-used", "gradients-are-fresh", "parts-add-up"):
        given["model"] = given["trained"]
    eval(f"{guard}{call}", {guard: getattr(module, guard), **given})


def test_each_general_guard_is_on_the_page():
    pages = {path.stem for path in (ROOT / "docs/guards").glob("*.md")} - {
        "index", "choosing", "judge", "all-guards", "beside-pytest-torch", "comparing-tensors",
        "hypothesis-seeds", "short-guards",
        "short-loss-guards"}
    assert pages <= {page for _, _, page in CALLS}
