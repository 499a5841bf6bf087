"""How long each guard is, and what it costs: `python -m tests.guards.cost`.

The lines are those that the copy button gives, helpers included. The model has 5 million parameters
and reads 8 x 128 tokens. The times are those of one core, so that other work on the machine changes
them little. `--lines` gives the lines alone.
"""

import sys
import time
import warnings

import torch
import torch.nn.functional as F
from torch import nn

from sitekit.read.needed import needed
from sitekit.read.snippet import excerpts
from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.causal import causal
from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.round_trip import round_trip
from tests.guide import GUIDE

LINES, FORWARDS = 120, 8  # what is wanted, at most
B, L, D, C = 8, 128, 256, 32


class Model(nn.Module):
    """Six layers of a transformer, and a head."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(D, 4, 4 * D, batch_first=True) for _ in range(6))
        self.head = nn.Linear(D, C)
        self.calls = 0

    def forward(self, x, keep=None, mask=None):
        for layer in self.layers:
            x = layer(x, src_mask=mask, src_key_padding_mask=None if keep is None else ~keep)
        return self.head(x)


def seconds(call, times=1):
    """The shortest time of some calls."""
    found = []
    for _ in range(times):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


def train(model, x):
    """Three steps on the head."""
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


def runs(model, x):
    """Yield each guard's name, what it runs on and the call."""
    keep = torch.arange(L) < torch.full((B, 1), L - 8)
    hide = torch.ones(L, L, dtype=torch.bool).triu(1)
    target = torch.randint(C, (B,))

    def cost(x, target):
        return F.cross_entropy(model(x).mean(1), target)

    def masked(x, keep):
        return model(x, keep)

    short = x[:, :5]
    yield "independent_samples", "8 x 128", lambda: independent_samples(model, x)
    yield "same_alone", "8 x 128", lambda: same_alone(model, x)
    yield "causal", "8 x 5", lambda: causal(lambda x: model(x, mask=hide[:5, :5]), short)
    yield "permutation_equivariant", "8 x 128", lambda: permutation_equivariant(model, x)
    yield "padding_values_ignored", "8 x 128", lambda: padding_values_ignored(masked, x, keep)
    yield "padding_length_ignored", "8 x 128", lambda: padding_length_ignored(masked, x, keep)
    yield "every_parameter_used", "8 x 128", lambda: every_parameter_used(
        lambda: model(x).square().mean(), model)
    frozen = Model().eval()
    frozen.layers.requires_grad_(False)
    yield "frozen_stays_frozen", "8 x 128", lambda: frozen_stays_frozen(
        lambda m: train(m, x), frozen, frozen=lambda m: m.layers.state_dict())
    yield "perfect_prediction_costs_nothing", "logits", lambda: perfect_prediction_costs_nothing(
        F.cross_entropy, 1000 * F.one_hot(target, C).float(), target)
    yield "loss_is_mean_of_samples", "8 x 128", lambda: loss_is_mean_of_samples(cost, x, target)
    yield "agrees_with_reference", "8 x 128", lambda: agrees_with_reference(
        model, Model().eval(), x)
    heads = torch.arange(B * L * D).view(B, L, D)
    yield "round_trip", "8 x 128", lambda: round_trip(
        lambda x: x.unflatten(2, (4, 64)).transpose(1, 2), lambda y: y.transpose(1, 2).flatten(2),
        heads, spec=lambda x: torch.stack(x.split(64, dim=2), dim=1))


def lines():
    """Yield each excerpt of a guard, and how many lines a copy of it has."""
    for path in GUIDE.snippets:
        if not path.startswith("snippets/guards/") or "/wrong_" in path:
            continue
        text = GUIDE.text(path)
        rows = text.split("\n")
        for name, numbers in excerpts(path, text).items():
            excerpt = "\n".join(rows[number - 1] for number in numbers)
            yield name, len((needed(GUIDE.text, path, excerpt) + excerpt).split("\n"))


def main():
    """Print a row for each guard."""
    for name, count in lines():
        print(f"{name:33}{count:6} lines{'' if count <= LINES else f'  > {LINES}'}")
    if "--lines" in sys.argv:
        return
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    model, x = Model().eval(), torch.randn(B, L, D)
    count = sum(p.numel() for p in model.parameters())
    calls = []
    model.register_forward_pre_hook(lambda module, args: calls.append(args))
    forward = seconds(lambda: model(x), times=5)
    print(f"one forward of {count / 1e6:.1f} million parameters on {B} x {L}: {forward:.3f} s")
    for name, size, call in runs(model, x):
        calls.clear()
        took = seconds(call)
        ran = f"{len(calls)} calls of the model" if calls else ""
        more = "" if len(calls) <= FORWARDS else f"  > {FORWARDS}"
        print(f"{name:33}{size:>8}{took / forward:8.1f} forwards  {ran}{more}")


if __name__ == "__main__":
    main()
