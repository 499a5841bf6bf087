"""The guards beside the checks of pytest-torch: `python -m tests.guards.beside`.

A bug and its right version are given to the guard that looks for it, and to the check of
pytest-torch that does: tests/guards/beside.toml says what comes of it.
"""

import sys
import tomllib
import warnings
from importlib.metadata import version

import pytest_torch as other
import torch
import torch.nn.functional as F
from torch import nn

from snippets.attention.dropout_in_eval import SelfAttention
from snippets.attention.is_causal_with_cache import assert_cache_changes_nothing, causal_with_cache
from snippets.attention.mean_pooling import mean_of_kept
from snippets.attention.wrong_dropout_in_eval import SelfAttentionAlwaysDropping
from snippets.attention.wrong_is_causal_with_cache import causal_from_the_first_key
from snippets.compile.graph_breaks import assert_one_graph, sum_of_positive
from snippets.compile.wrong_graph_breaks import branch_on_a_tensor
from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.causal import causal
from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.guards.gradients_are_fresh import gradients_are_fresh
from snippets.guards.independent_samples import independent_samples
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.parts_add_up import parts_add_up
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.resumes_exactly import resumes_exactly
from snippets.guards.round_trip import round_trip
from snippets.guards.same_twice import same_in_eval_twice
from snippets.guards.wrong_causal import PaddedOnBothSides
from snippets.guards.wrong_every_parameter_used import DetachedFeatures
from snippets.guards.wrong_independent_samples import divide_by_batch_power
from snippets.guards.wrong_padding_ignored import attend_with_queries_masked, average_over_length
from snippets.guards.wrong_permutation_equivariant import AttendInFoldedHeads
from snippets.guards.wrong_round_trip import patchify_by_view
from snippets.modules.buffers import assert_tensors_registered
from snippets.optimization.clip_and_unscale import assert_step_ignores_scale, clipped_step
from snippets.optimization.wrong_clip_and_unscale import clip_then_step
from snippets.shapes.image_patches import patches_by_slicing, patchify, unpatchify
from tests.guards.verdicts import verdict
from tests.guide import ROOT

CASES = {}
TARGET = torch.tensor([0, 1, 2, 0])


def case(bug, *, right, wrong, ours=None, theirs=None):
    """Enter a bug, what makes its right and wrong version, and what is asked of a version."""
    CASES[bug] = {"right": right, "wrong": wrong, "ours": ours, "theirs": theirs}


def features(*shape):
    return torch.randn(*(shape or (4, 8)))


def loss(logits):
    return F.cross_entropy(logits, TARGET)


def two_layers():
    return nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))


# One forward.

class Named(nn.Module):
    """A model of ids and their mask, called as pytest-torch calls it: by names."""

    def __init__(self, call):
        super().__init__()
        self.embedding, self.call = nn.Embedding(19, 8), call

    def forward(self, input_ids, attention_mask):
        return self.call(self.embedding(input_ids), attention_mask.bool())


def sentences():
    keep = torch.tensor([[1] * 6, [1] * 4 + [0] * 2, [1] * 3 + [0] * 3])
    return {"input_ids": torch.randint(3, 19, keep.shape), "attention_mask": keep}


def of_sentences(guard, call, **options):
    model, data = Named(call).eval(), sentences()
    return guard(lambda ids, keep: model(input_ids=ids, attention_mask=keep),
                 data["input_ids"], data["attention_mask"].bool(), **options)


def attend(x, keep):
    return F.scaled_dot_product_attention(x, x, x, attn_mask=keep[:, None])


def self_attention():
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    return lambda x: layer(x, x, x)[0]


class Rotates(nn.Module):
    """Multiply by random numbers, in a buffer or in a plain attribute."""

    def __init__(self, registers):
        super().__init__()
        if registers:
            self.register_buffer("rotation", torch.randn(8, 8))
        else:
            self.rotation = torch.randn(8, 8)

    def forward(self, x):
        return x @ self.rotation


class Gated(nn.Module):
    """Add a branch that is multiplied by 0 at the start of training."""

    def __init__(self, branch):
        super().__init__()
        self.branch, self.gate = branch, nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x + self.gate * self.branch(x)


def by_slicing(images):
    return patches_by_slicing(images, (2, 3))


def biased_norm(x):
    return (x - x.mean(-1, True)) / (x.std(-1, keepdim=True, correction=0) + 1e-5)


case("a division by the power of the whole batch",
     right=lambda: lambda x: x / x.square().mean(1, keepdim=True),
     wrong=lambda: divide_by_batch_power,
     ours=lambda f: independent_samples(f, features()),
     theirs=lambda f: other.assert_batch_invariant(f, features()))
case("the same in an output of 1e-6",
     right=lambda: lambda x: 1e-6 * x / x.square().mean(1, keepdim=True),
     wrong=lambda: lambda x: 1e-6 * divide_by_batch_power(x),
     ours=lambda f: independent_samples(f, features()),
     theirs=lambda f: other.assert_batch_invariant(f, features()))
case("the same behind a gate that starts at 0",
     right=lambda: Gated(lambda x: x / x.square().mean(1, keepdim=True)),
     wrong=lambda: Gated(divide_by_batch_power),
     ours=lambda f: independent_samples(f, features()),
     theirs=lambda f: other.assert_batch_invariant(f, features()))
case("a convolution that sees the next position",
     right=lambda: lambda x: F.pad(x[:, :-1], (0, 0, 1, 0)) + x,
     wrong=lambda: PaddedOnBothSides(8),
     ours=lambda f: causal(f, features(2, 5, 8)),
     theirs=lambda f: other.assert_streaming_equivalent(
         f, lambda x, past: (f(torch.cat([past, x], 1))[:, -x.shape[1]:], torch.cat([past, x], 1)),
         features(2, 5, 8), chunk_sizes=(1, 2), init_state=lambda: torch.zeros(2, 0, 8)))
case("heads split by view",
     right=self_attention, wrong=lambda: AttendInFoldedHeads(8, 2),
     ours=lambda f: permutation_equivariant(f, features(2, 5, 8)),
     theirs=lambda f: other.assert_permutation_equivariant(f, features(2, 5, 8)))
case("a mask that hides queries instead of keys",
     right=lambda: attend, wrong=lambda: attend_with_queries_masked,
     ours=lambda f: of_sentences(padding_values_ignored, f),
     theirs=lambda f: other.assert_mask_invariant(Named(f).eval(), sentences()))
case("a mean that counts the padding",
     right=lambda: mean_of_kept, wrong=lambda: average_over_length,
     ours=lambda f: of_sentences(padding_length_ignored, f, pooled=True),
     theirs=lambda f: other.assert_padding_invariant(Named(f).eval(), sentences()))
case("patches cut by view",
     right=lambda: lambda x: patchify(x, (2, 3)), wrong=lambda: lambda x: patchify_by_view(
         x, (2, 3)),
     ours=lambda f: round_trip(
         f, lambda x: unpatchify(x, (4, 9), (2, 3)), torch.arange(216.0).view(2, 3, 4, 9),
         spec=by_slicing),
     theirs=lambda f: other.assert_matches_reference(
         f, by_slicing, torch.arange(216.0).view(2, 3, 4, 9)))
case("a norm whose eps stands outside the root",
     right=lambda: nn.LayerNorm(8), wrong=lambda: biased_norm,
     ours=lambda f: agrees_with_reference(f, nn.LayerNorm(8), 1e-3 * features()),
     theirs=lambda f: other.assert_matches_reference(f, nn.LayerNorm(8), 1e-3 * features()))
case("dropout in eval mode",
     right=lambda: SelfAttention(8, 2, 0.5).eval(),
     wrong=lambda: SelfAttentionAlwaysDropping(0.5).eval(),
     ours=lambda f: same_in_eval_twice(f, features(2, 5, 8)),
     theirs=lambda f: other.assert_deterministic(f, features(2, 5, 8)))
case("a causal mask that starts at the first key of a cache",
     right=lambda: causal_with_cache, wrong=lambda: causal_from_the_first_key,
     ours=lambda f: assert_cache_changes_nothing(f, features(2, 5, 8)),
     theirs=lambda f: other.assert_streaming_equivalent(
         lambda x: f(x, x, x), lambda x, past: (
             f(x, torch.cat([past, x], 1), torch.cat([past, x], 1)), torch.cat([past, x], 1)),
         features(2, 5, 8), chunk_sizes=(1, 2), init_state=lambda: torch.zeros(2, 0, 8)))
case("random numbers that are no buffer",
     right=lambda: lambda: Rotates(registers=True), wrong=lambda: lambda: Rotates(registers=False),
     ours=lambda make: assert_tensors_registered(make()),
     theirs=lambda make: other.assert_checkpoint_roundtrip(make, features()))
case("a branch on a tensor, which breaks the graph",
     right=lambda: sum_of_positive, wrong=lambda: branch_on_a_tensor,
     ours=lambda f: assert_one_graph(f, features()),
     theirs=lambda f: other.assert_no_graph_breaks(f, (features(),)))


# Losses.

case("a mean that is divided by the batch again",
     right=lambda: F.cross_entropy, wrong=lambda: lambda x, y: F.cross_entropy(x, y) / len(y),
     ours=lambda loss: loss_is_mean_of_samples(loss, features(4, 3), TARGET))
case("probabilities given to cross_entropy",
     right=lambda: F.cross_entropy, wrong=lambda: lambda x, y: F.cross_entropy(x.softmax(-1), y),
     ours=lambda loss: perfect_prediction_costs_nothing(
         loss, 1000 * F.one_hot(TARGET, 3).float(), TARGET),
     theirs=lambda loss: other.assert_overfits_one_batch(
         nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3)), features(),
         lambda logits: loss(logits, TARGET)))


# Training.

def tuned():
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    model[:2].requires_grad_(False)
    return model


class FrozenInEval(nn.Sequential):
    """Keep the frozen part in eval mode, whatever is asked of the model."""

    def train(self, mode=True):
        super().train(mode)
        for part in self[:2]:
            part.eval()
        return self


def trains(parameters):
    return torch.optim.AdamW([p for p in parameters if p.requires_grad])


def train_tuned(model):
    optimizer, x = trains(model.train().parameters()), features()
    for _ in range(3):
        optimizer.zero_grad()
        loss(model(x)).backward()
        optimizer.step()


def loop(clears):
    def train(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            if clears:
                optimizer.zero_grad()
            loss(model(features())).backward()
            optimizer.step()
    return train


def make_setup():
    model = nn.Linear(8, 3)
    return other.TrainingSetup(model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))


def accumulates(clears=True, divides=True):
    """Return what makes a training step of pytest-torch over `n` parts."""
    def make_step(n):
        def step(setup, batch):
            value = F.cross_entropy(setup.model(batch[0]), batch[1])
            (value / n if divides else value).backward()
            if (setup.step_index + 1) % n == 0:
                for optimizer in setup.optimizers.values():
                    optimizer.step()
                    if clears:
                        optimizer.zero_grad()
            return value.detach()
        return step
    return make_step


def two_batches():
    return [(features(), TARGET), (features(), TARGET)]


def sum_of_parts(divides):
    """Return what accumulates over parts, each weighed by its share of the batch or not."""
    def run(model, parts):
        count = sum(len(y) for _, y in parts)
        for x, y in parts:
            value = F.cross_entropy(model(x), y)
            (value * len(y) / count if divides else value).backward()
    return run


def mean_of_parts(weighs):
    """Return what accumulates the mean over real tokens, or the mean of the parts' means."""
    def run(model, parts):
        count = sum((y != -100).sum() for _, y in parts)
        for x, y in parts:
            value = F.cross_entropy(model(x), y, reduction="sum")
            (value / (count if weighs else (y != -100).sum() * len(parts))).backward()
    return run


def step_of_parts(weighs):
    """Return the same for pytest-torch, whose step does not know the other parts."""
    def make_step(n):
        def step(setup, batch):
            x, y, count = batch
            value = F.cross_entropy(setup.model(x), y, reduction="sum")
            value = value / (count[0] if weighs else (y != -100).sum() * n)
            value.backward()
            if (setup.step_index + 1) % n == 0:
                for optimizer in setup.optimizers.values():
                    optimizer.step()
                    optimizer.zero_grad()
            return value.detach()
        return step
    return make_step


def parts():
    return [(features(2, 8), TARGET[:2]), (features(3, 8), TARGET[:3])]


IGNORED = torch.tensor([0, 1, 2, -100])


def parts_with_ignored():
    return [(features(2, 8), IGNORED[:2]), (features(2, 8), IGNORED[2:])]


def resumes(momentum):
    def save(setup, path):
        torch.save([setup.model.state_dict(),
                    {name: o.state_dict() for name, o in setup.optimizers.items()}], path)

    def load(setup, path):
        weights, states = torch.load(path)
        setup.model.load_state_dict(weights)
        for name, optimizer in setup.optimizers.items() if momentum else ():
            optimizer.load_state_dict(states[name])
    return save, load


def program(momentum):
    """Return the same for the guard: what starts, trains, saves and loads."""
    def start():
        model = nn.Linear(8, 3)
        return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def train(state, steps):
        model, optimizer = state
        for _ in range(steps):
            optimizer.zero_grad()
            loss(model(torch.ones(4, 8))).backward()
            optimizer.step()

    def save(state, path):
        torch.save([part.state_dict() for part in state], path)

    def load(state, path):
        for part, saved in list(zip(state, torch.load(path), strict=True))[:1 + momentum]:
            part.load_state_dict(saved)
    return start, train, save, load


def scaled(step):
    """Return the same step for pytest-torch."""
    def run(setup, batch):
        (optimizer,) = setup.optimizers.values()
        optimizer.zero_grad()
        value = F.cross_entropy(setup.model(batch[0]), batch[1])
        setup.scaler.scale(value).backward()
        step(setup.scaler, optimizer, list(setup.model.parameters()), 1.0)
        return value.detach()
    return run


def make_scaled():
    model = nn.Linear(8, 3)
    return other.TrainingSetup(model, torch.optim.SGD(model.parameters(), lr=0.1),
                               scaler=torch.amp.GradScaler("cpu"))


def optimized(chosen):
    model = two_layers()
    return model, torch.optim.SGD(chosen(model).parameters())


case("features that are detached",
     right=two_layers, wrong=lambda: nn.Sequential(DetachedFeatures(8), nn.Linear(1, 3)),
     ours=lambda model: every_parameter_used(lambda: loss(model(features())), model),
     theirs=lambda model: other.assert_all_params_receive_grad(model, features(), loss))
case("a parameter that no optimizer has",
     right=lambda: lambda model: model, wrong=lambda: lambda model: model[0],
     ours=lambda chosen: (lambda model, optimizer: every_parameter_used(
         lambda: loss(model(features())), model, optimizer=optimizer))(*optimized(chosen)),
     theirs=lambda chosen: other.assert_optimizer_coverage(*optimized(chosen)))
case("a frozen BatchNorm in training mode",
     right=lambda: FrozenInEval(*tuned()), wrong=tuned,
     ours=lambda model: frozen_stays_frozen(train_tuned, model, frozen=lambda model: {
         name: x for name, x in model.state_dict().items() if name[0] in "01"}),
     theirs=lambda model: other.assert_frozen(
         model, features(), loss, ["0.*", "1.*"], optimizer=trains))
case("a forgotten zero_grad", right=lambda: True, wrong=lambda: False,
     ours=lambda clears: gradients_are_fresh(loop(clears), two_layers()),
     theirs=lambda clears: other.assert_accumulation_equivalent(
         make_setup, two_batches(), accumulates(clears=clears)))
case("accumulation without a division", right=lambda: True, wrong=lambda: False,
     ours=lambda divides: parts_add_up(sum_of_parts(divides), two_layers(), parts()),
     theirs=lambda divides: other.assert_accumulation_equivalent(
         make_setup, two_batches(), accumulates(divides=divides)))
case("a mean of means over unlike numbers of tokens", right=lambda: True, wrong=lambda: False,
     ours=lambda weighs: parts_add_up(mean_of_parts(weighs), two_layers(), parts_with_ignored()),
     theirs=lambda weighs: other.assert_accumulation_equivalent(
         make_setup, [(features(), IGNORED, torch.full((4,), 3))] * 2, step_of_parts(weighs),
         accumulation_steps=2))
case("clipping before unscale_", right=lambda: clipped_step, wrong=lambda: clip_then_step,
     ours=lambda step: assert_step_ignores_scale(step, "cpu"),
     theirs=lambda step: other.assert_mixed_precision_training(
         make_scaled, two_batches() * 2, scaled(step), steps=4))
case("a momentum that is not loaded", right=lambda: True, wrong=lambda: False,
     ours=lambda momentum: resumes_exactly(*program(momentum)),
     theirs=lambda momentum: (lambda save, load: other.assert_resume_equivalent(
         make_setup, two_batches() * 2, loss_fn=lambda model, batch: F.cross_entropy(
             model(batch[0]), batch[1]), steps=4, save=save, load=load))(*resumes(momentum)))


def said_of(version_of, check):
    """Return the verdict of a guard or a check on one version of a case."""
    if check is None:
        return "none", ""
    torch.manual_seed(0)
    return verdict(check, version_of())


def main():
    """Print the table; exit with 1 where it is not the expected one."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    want = tomllib.loads((ROOT / "tests/guards/beside.toml").read_text())
    differ = [f"{bug}: not in the table" for bug in want if bug not in CASES]
    print(f"torch {version('torch')}, pytest-torch {version('pytest-torch')}")
    print(f"{'':55}{'guard: right, wrong':24}pytest-torch: right, wrong")
    for bug, made in CASES.items():
        found = {who: [said_of(made[which], made[who]) for which in ("right", "wrong")]
                 for who in ("ours", "theirs")}
        got = {who: [verdict for verdict, _ in both] for who, both in found.items()}
        print(f"{bug:55}{', '.join(got['ours']):24}{', '.join(got['theirs'])}")
        if bug not in want or any(got[who] != want[bug][who] for who in got):
            differ.append(f"{bug}: expected {want.get(bug)}, got {found}")
    print(f"\n{len(CASES)} bugs, {len(differ) or 'none'} not as expected")
    print(*differ, sep="\n")
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
