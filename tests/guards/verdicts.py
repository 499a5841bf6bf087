"""The guards tried on wrong and right models: `python -m tests.guards.verdicts`.

A promise says what the right models of one kind keep, as the guards that they pass. It is the same
for the wrong ones, so no guard is told which bug it looks for. Names that begin with a folder of
snippets/ are of that snippet, `thread` begins a bug of a question rewritten here, `invented`
one that stands in no thread, `torch` and `plain` begin what people write.
"""

import copy
import inspect
import sys
import tomllib
import warnings
from importlib import import_module

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily
from torch.utils.checkpoint import checkpoint

from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.causal import causal
from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.judge import Undecided
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.round_trip import round_trip
from tests.guide import GUIDE, ROOT

GUARDS = {
    independent_samples: "indep", same_alone: "alone", causal: "causal",
    permutation_equivariant: "permut", padding_values_ignored: "padval",
    padding_length_ignored: "padlen", round_trip: "trip", every_parameter_used: "params",
    frozen_stays_frozen: "frozen", perfect_prediction_costs_nothing: "perfect",
    loss_is_mean_of_samples: "mean", agrees_with_reference: "refers",
}
RIGHT, WRONG = {}, {}


def snippet(name):
    """Return what `folder.file.name` is in snippets/."""
    folder, file, *_ = name.split()[0].split(".")
    return getattr(import_module(f"snippets.{folder}.{file}"), name.split()[0].split(".")[2])


def promise(*, right, wrong):
    """List the models whose guards the decorated generator yields.

    A value makes the model; where a name is a snippet's, the value is given what it names.
    """
    def listed(guards):
        for models, into in ((right, RIGHT), (wrong, WRONG)):
            for name, make in models.items():
                if name in {**RIGHT, **WRONG}:
                    raise ValueError(f"{name} is listed twice")
                into[name] = guards, make
        return guards
    return listed


def verdict(guard, *args, **options):
    """Return the verdict of a guard, and what it says."""
    try:
        guard(*args, **options)
    except AssertionError as error:
        return "fail", str(error)
    except Undecided as error:
        return "undecided", str(error)
    return "pass", ""


def verdicts_of(name, short=None):
    """Run every guard that can be applied to one model, with one thread: it is faster.

    `short` has for some guards a shorter one, which is run instead; then no others are.
    """
    guards, make = {**RIGHT, **WRONG}[name]
    found, threads = {}, torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        named = [snippet(name)] if "." in name.split()[0] else []
        for guard, *args, options in guards(make(*named)):
            if short is None:
                found[guard.__name__] = verdict(guard, *args, **options)
            elif guard in short and not options:
                found[guard.__name__] = verdict(short[guard], *args)
    torch.set_num_threads(threads)
    return found


def given(f, *before):
    """Return `f` without the arguments `before`, a helper for plain functions."""
    return lambda *args: f(*before, *args)


def split(x):
    return x.unflatten(-1, (3, -1)).transpose(1, 2)


def merge(heads):
    return heads.transpose(1, 2).flatten(2)


def attend(split, merge):
    def call(x):
        return merge(F.scaled_dot_product_attention(*[split(x)] * 3))
    return call


class SelfAttention(nn.Module):
    """Self-attention by torch, with or without dropout."""

    def __init__(self, p=0.0):
        super().__init__()
        self.layer = nn.MultiheadAttention(12, 3, dropout=p, batch_first=True)

    def forward(self, x, keep=None, mask=None):
        hide = None if keep is None else ~keep
        return self.layer(x, x, x, key_padding_mask=hide, attn_mask=mask, need_weights=False)[0]


def tokens():
    return torch.randn(4, 5, 12)


def used(model, x):
    """Yield the guard of parameters, for what has some."""
    if isinstance(model, nn.Module) and any(p.requires_grad for p in model.parameters()):
        yield every_parameter_used, lambda: model(x).square().mean(), model, {}


# What a sample gives does not depend on the others.

@promise(
    right={
        "torch LayerNorm": lambda: nn.LayerNorm((3, 4, 4)),
        "torch GroupNorm": lambda: nn.GroupNorm(1, 3),
        "torch BatchNorm2d in eval": lambda: nn.BatchNorm2d(3).eval(),
        "torch Dropout in train": lambda: nn.Dropout(),
        "normalization.which_axes.ChannelLayerNorm": lambda f: f(3),
        "normalization.which_axes.rms_norm": lambda f: lambda x: f(x, x.new_ones(4)),
        "normalization.batch_norm_scale_and_bias.conv_batch_norm in eval":
            lambda f: f(3, 2).eval(),
        "plain division by each sample's power":
            lambda: lambda x: x / x.square().mean((1, 2, 3), keepdim=True),
        "shapes.contiguous.flatten_images": lambda f: f,
        "shapes.permute_vs_reshape.image_to_tokens": lambda f: f,
        "shapes.squeeze.drop_axes": lambda f: lambda x: f(x.mean((2, 3), keepdim=True), 2, 3),
    },
    wrong={
        "guards.wrong_independent_samples.divide_by_batch_power": lambda f: f,
        "normalization.wrong_eval_worse_than_train.CentreByGlobalMean": lambda f: f(),
        "guards.wrong_independent_samples.score_images": lambda f: f,
        "thread BatchNorm2d scored in train": lambda: nn.BatchNorm2d(3),
    })
def of_images(call):
    x = torch.randn(4, 3, 4, 4)
    yield independent_samples, call, x, {}
    yield same_alone, call, x, {}
    yield from used(call, x)


# Layers over a set.

@promise(
    right={
        "torch TransformerEncoderLayer in eval":
            lambda: nn.TransformerEncoderLayer(12, 3, 16, batch_first=True).eval(),
        "torch TransformerEncoderLayer in train":
            lambda: nn.TransformerEncoderLayer(12, 3, 16, batch_first=True),
        "modules.batch_first.batch_first_encoder": lambda f: f(12, 3, 2),
        "modules.module_list.Blocks": lambda f: f(12, 2),
        "plain heads split and merged": lambda: attend(split, merge),
    },
    wrong={
        "guards.wrong_independent_samples.EncoderAcrossTheBatch": lambda f: f(12, 3).eval(),
        "guards.wrong_independent_samples.EncoderAcrossTheBatch in train": lambda f: f(12, 3),
        "modules.wrong_batch_first.encoder_across_the_batch": lambda f: f(12, 3),
        "guards.wrong_permutation_equivariant.AttendInFoldedHeads": lambda f: f(12, 3),
        "guards.wrong_permutation_equivariant.SetWithPositions": lambda f: f(5, 12),
        "attention.wrong_split_heads.split_heads_by_view":
            lambda f: attend(lambda x: f(x, 3), merge),
        "attention.wrong_split_heads.merge_heads_by_reshape": lambda f: attend(split, f),
        "modules.wrong_module_list.BlocksInAList": lambda f: f(12, 2),
    })
def of_sets(call):
    x = tokens()
    yield independent_samples, call, x, {}
    yield same_alone, call, x, {}
    yield permutation_equivariant, call, x, {}
    yield from used(call, x)


def in_proj(state):
    return {name.removeprefix("layer.").replace("in_proj_", "in_proj."): x
            for name, x in state.items()}


@promise(
    right={"attention.split_heads.MultiHeadAttention": lambda f: f(12, 3, 4)},
    wrong={
        "exercises.wrong_multi_head_attention.RowsHeadByHead": lambda f: f(12, 3, 4),
        "exercises.wrong_multi_head_attention.HeadsSplitByView": lambda f: f(12, 3, 4),
        "exercises.wrong_multi_head_attention.MergeWithoutPermute": lambda f: f(12, 3, 4),
    })
def of_heads(layer):
    yield from of_sets(layer)
    yield agrees_with_reference, layer, SelfAttention(), tokens(), {"convert": in_proj}


@promise(
    right={
        "attention.attention_by_hand.attention": lambda f: lambda x: f(x, x, x)[0],
        "torch scaled_dot_product_attention":
            lambda: lambda x: F.scaled_dot_product_attention(x, x, x),
    },
    wrong={"attention.wrong_dropout_in_eval.SelfAttentionAlwaysDropping":
           lambda f: f(0.5).eval()})
def of_attention(call):
    x = tokens()
    yield from of_sets(call)
    yield agrees_with_reference, call, lambda x: (x @ x.mT / 12**0.5).softmax(-1) @ x, x, {}


# Layers that do not see the future.

def left_padded():
    conv = nn.Conv1d(12, 12, 3)
    return lambda x: conv(F.pad(x.mT, (2, 0))).mT


def masked(make):
    layer = SelfAttention()
    return lambda x: layer(x, mask=make(x.shape[1]))


def recurrent():
    lstm = nn.LSTM(12, 6, batch_first=True)
    return lambda x: lstm(x)[0]


@promise(
    right={
        "attention.float_masks.causal_hide": masked,
        "attention.float_masks.causal_keep":
            lambda f: lambda x: F.scaled_dot_product_attention(x, x, x, attn_mask=f(x.shape[1])),
        "attention.float_masks.to_additive":
            lambda f: lambda x: F.scaled_dot_product_attention(
                x, x, x, attn_mask=f(torch.ones(5, 5).tril(), keeps=1).to(x.dtype)),
        "modules.buffers.CausalMask": lambda f: given(
            lambda mask, x: mask(x @ x.mT).softmax(-1) @ x, f(8)),
        "attention.is_causal_with_cache.causal_with_cache": lambda f: lambda x: f(x, x, x),
        "attention.dropout_in_eval.SelfAttention in eval": lambda f: f(12, 3, 0.5).eval(),
        "attention.dropout_in_eval.SelfAttention in train": lambda f: f(12, 3, 0.5),
        "torch Conv1d padded on the left": left_padded,
        "torch LSTM": recurrent,
    },
    wrong={
        "guards.wrong_causal.attend_with_mask_added": lambda f: f,
        "guards.wrong_causal.PaddedOnBothSides": lambda f: f(12),
        "attention.wrong_attention_by_hand.attend_to_the_future": lambda f: lambda x: f(x, x, x),
        "attention.wrong_float_masks.attend_with_ones": lambda f: given(
            f, nn.MultiheadAttention(12, 3, batch_first=True)),
    })
def of_time(call):
    x = tokens()
    yield independent_samples, call, x, {}
    yield same_alone, call, x, {}
    yield causal, call, x, {}
    yield from used(call, x)


# Padding does not matter.

def padded():
    x = torch.randn(3, 5, 12)
    keep = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0]]) == 1
    return x, keep


def encoder():
    layer = nn.TransformerEncoderLayer(12, 3, 16, batch_first=True).eval()
    return lambda x, keep: layer(x, src_key_padding_mask=~keep)


def packed(gru, x, keep):
    packed = nn.utils.rnn.pack_padded_sequence(
        x, keep.sum(1).cpu(), batch_first=True, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(
        gru(packed)[0], batch_first=True, total_length=x.shape[1])[0]


def folded(repeat):
    layer = SelfAttention()
    return lambda x, keep: layer(
        x, mask=repeat(~keep[:, None].expand(-1, x.shape[1], -1), 3))


def one_by_one(f):
    layer = nn.MultiheadAttention(12, 3, batch_first=True)
    return lambda x, keep: torch.cat([
        f(layer, x[i:i + 1], keep[i:i + 1]) for i in range(len(x))])


@promise(
    right={
        "torch TransformerEncoderLayer with src_key_padding_mask": encoder,
        "torch GRU of packed sequences": lambda: given(
            packed, nn.GRU(12, 6, batch_first=True, bidirectional=True)),
        "attention.padding_masks.attend_to_kept":
            lambda f: lambda x, keep: merge(f(*[split(x)] * 3, keep)),
        "attention.repeat_or_interleave.mask_for_folded_heads": folded,
    },
    wrong={
        "guards.wrong_padding_ignored.attend_with_queries_masked": lambda f: f,
        "guards.wrong_padding_ignored.ReadBackwards": lambda f: f(12),
        "attention.wrong_padding_masks.hide_queries": one_by_one,
        "attention.wrong_repeat_or_interleave.masks_of_other_samples": folded,
    })
def of_padded(call):
    x, keep = padded()
    yield independent_samples, lambda x: call(x, torch.ones_like(keep)), x, {}
    yield padding_values_ignored, call, x, keep, {}
    yield padding_length_ignored, call, x, keep, {}


@promise(
    right={"attention.padding_masks.attend_to_kept of nan":
           lambda f: lambda x, keep: merge(f(*[split(x)] * 3, keep))},
    wrong={"thread nan behind a key_padding_mask": lambda: SelfAttention()})
def of_nan_in_padding(call):
    x, keep = padded()
    x[~keep] = torch.nan
    yield padding_values_ignored, call, x, keep, {}
    yield padding_length_ignored, call, x, keep, {}


def both_ways(f):
    return given(f, nn.LSTM(12, 6, batch_first=True, bidirectional=True))


@promise(
    right={
        "attention.mean_pooling.mean_of_kept": lambda f: f,
        "attention.mean_pooling.max_of_kept": lambda f: f,
        "attention.mean_pooling.last_kept": lambda f: f,
        "modules.lstm_final_state.final_state": lambda f: both_ways(
            lambda lstm, x, keep: f(lstm, x, keep.sum(1).tolist())),
    },
    wrong={
        "attention.wrong_mean_pooling.mean_over_padding": lambda f: f,
        "attention.wrong_mean_pooling.masked_sum_over_length": lambda f: f,
        "guards.wrong_padding_ignored.average_over_length": lambda f: f,
        "modules.wrong_lstm_final_state.last_column": lambda f: both_ways(
            lambda lstm, x, keep: f(lstm, x)),
        "modules.wrong_lstm_final_state.state_by_reshape": lambda f: both_ways(
            lambda lstm, x, keep: f(lstm, x)),
    })
def of_summaries(call):
    x, keep = padded()
    yield independent_samples, lambda x: call(x, torch.ones_like(keep)), x, {}
    yield same_alone, lambda x: call(x, torch.ones_like(x[..., 0]) == 1), x, {}
    yield padding_values_ignored, call, x, keep, {"pooled": True}
    yield padding_length_ignored, call, x, keep, {"pooled": True}


def bag(init):
    embedding = nn.Embedding(9, 4, padding_idx=0).apply(init)
    return lambda ids, keep: embedding(ids).sum(1)


@promise(
    right={"modules.padding_idx.init_embeddings": bag},
    wrong={"modules.wrong_padding_idx.init_every_row": bag})
def of_bags(call):
    ids = torch.tensor([[3, 4, 1, 8, 2], [5, 7, 6, 0, 0]])
    yield independent_samples, lambda ids: call(ids, ids != 0), ids, {}
    yield padding_length_ignored, call, ids, ids != 0, {"pooled": True}


# Layouts.

def patches_by_loops(images):
    return snippet("shapes.image_patches.patches_by_slicing")(images, (2, 3))


def patches(there):
    return lambda x: there(x, (2, 3)), given_size("shapes.image_patches.unpatchify")


def given_size(name):
    return lambda patches: snippet(name)(patches, (4, 9), (2, 3))


@promise(
    right={"shapes.image_patches.patchify": patches},
    wrong={
        "guards.wrong_round_trip.patchify_by_view": patches,
        "guards.wrong_round_trip.unpatchify_channels_last": lambda f: (
            lambda x: snippet("shapes.image_patches.patchify")(x, (2, 3)),
            lambda x: f(x, (4, 9), (2, 3))),
        "exercises.wrong_patchify.view_alone": patches,
        "exercises.wrong_patchify.width_split_backwards": patches,
        "exercises.wrong_patchify.patches_by_column": patches,
        "shapes.wrong_image_patches.patchify_interleaved": lambda f: (
            lambda x: f(x, (2, 3)),
            given_size("shapes.wrong_image_patches.unpatchify_interleaved")),
    })
def of_patches(there_and_back):
    x = torch.arange(5 * 3 * 4 * 9).view(5, 3, 4, 9)
    yield round_trip, *there_and_back, x, {"spec": patches_by_loops}


@promise(
    right={"shapes.permute_vs_reshape.image_to_tokens there and back": lambda f: f},
    wrong={"shapes.wrong_permute_vs_reshape.image_to_tokens_by_reshape": lambda f: f})
def of_pixels(there):
    x = torch.arange(5 * 3 * 4 * 9).view(5, 3, 4, 9)
    yield round_trip, there, lambda y: y.mT.reshape(x.shape), x, {
        "spec": lambda x: torch.stack([x[:, :, h, w] for h in range(4) for w in range(9)], 1)}


@promise(
    right={"plain split_heads": lambda: (split, merge)},
    wrong={
        "attention.wrong_split_heads.split_heads_by_view there":
            lambda f: (lambda x: f(x, 3), merge),
        "attention.wrong_split_heads.merge_heads_by_reshape back": lambda f: (split, f),
    })
def of_head_layouts(there_and_back):
    x = torch.arange(2 * 5 * 12).view(2, 5, 12)
    yield round_trip, *there_and_back, x, {
        "spec": lambda x: torch.stack([x[:, :, i:i + 4] for i in (0, 4, 8)], 1)}


# Losses.

def mean(losses):
    return lambda prediction, target: losses(prediction, target).mean()


@promise(
    right={
        "torch cross_entropy": lambda: F.cross_entropy,
        "losses.cross_entropy_targets.cross_entropy": lambda f: f,
        "losses.all_targets_ignored.mean_loss": lambda f: f,
        "numerics.stable_softmax.cross_entropy": lambda f: f,
    },
    wrong={
        "losses.wrong_logits_not_probabilities.cross_entropy_of_probabilities": lambda f: f,
        "guards.wrong_losses.cross_entropy_divided_twice": lambda f: f,
        "numerics.wrong_stable_softmax.cross_entropy_that_cancels": lambda f: f,
    })
def of_classes(loss):
    target = torch.arange(6)
    yield perfect_prediction_costs_nothing, loss, 2000 * torch.eye(6) - 1000, target, {}
    yield loss_is_mean_of_samples, loss, torch.randn(6, 6), target, {}
    yield (agrees_with_reference, lambda x: loss(x, target),
           lambda x: F.cross_entropy(x, target), torch.randn(6, 6), {})


@promise(
    right={
        "torch binary_cross_entropy_with_logits": lambda: F.binary_cross_entropy_with_logits,
        "losses.logits_not_probabilities.binary_cross_entropy": mean,
        "losses.bce_vs_cross_entropy.two_logits":
            lambda f: lambda x, y: F.cross_entropy(f(x[:, 0]), y[:, 0].long()),
        "optimization.bce_under_autocast.loss_of_logits": lambda f: f,
    },
    wrong={
        "losses.wrong_logits_not_probabilities.bce_of_probabilities": lambda f: f,
        "losses.wrong_logits_not_probabilities.log_of_sigmoid_loss": mean,
        "losses.wrong_bce_vs_cross_entropy.cross_entropy_of_one_column": lambda f: f,
        "losses.wrong_bce_vs_cross_entropy.cross_entropy_over_the_batch":
            lambda f: lambda x, y: f(x[:, 0], y[:, 0]),
        "optimization.wrong_bce_under_autocast.loss_of_probabilities": lambda f: f,
    })
def of_bits(loss):
    target = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    yield perfect_prediction_costs_nothing, loss, 2000 * target - 1000, target, {}
    yield loss_is_mean_of_samples, loss, torch.randn(4, 1), target, {}
    yield (agrees_with_reference, lambda x: loss(x, target.to(x)),
           lambda x: F.binary_cross_entropy_with_logits(x, target.to(x)),
           1000 * torch.randn(4, 1), {})


@promise(
    right={
        "torch mse_loss of one shape": lambda: lambda x, y: F.mse_loss(x[:, 0], y),
        "losses.broadcast_in_the_loss.mse_loss": lambda f: lambda x, y: f(x[:, 0], y),
    },
    wrong={
        "guards.wrong_losses.mse_of_all_pairs": lambda f: f,
        "losses.wrong_broadcast_in_the_loss.mse_of_all_pairs":
            lambda f: lambda x, y: f(x[:, 0], y[:, None]),
        "thread mse_loss of (N, 1) and (N, 1, 1, 1)":
            lambda: lambda x, y: F.mse_loss(x, y[:, None, None, None]),
    })
def of_numbers(loss):
    target = torch.tensor([0.0, 1.0, 2.0, 5.0])
    yield perfect_prediction_costs_nothing, loss, target[:, None], target, {}
    yield loss_is_mean_of_samples, loss, torch.randn(4, 1), target, {}


def error(accuracy):
    return lambda x, y: torch.tensor(1.0 - accuracy(x, y))


@promise(
    right={"losses.broadcast_in_the_loss.accuracy": error},
    wrong={
        "losses.wrong_broadcast_in_the_loss.accuracy_of_all_pairs":
            lambda f: error(lambda x, y: f(x.argmax(1), y[:, None])),
        "shapes.wrong_squeeze.accuracy_of_squeezed":
            lambda f: error(lambda x, y: f(x[..., None, None], y)),
    })
def of_shares_of_errors(loss):
    target = torch.tensor([0, 1, 1, 2, 2])
    truth = 2000.0 * torch.eye(3)[target] - 1000
    yield perfect_prediction_costs_nothing, loss, truth, target, {}
    yield loss_is_mean_of_samples, loss, truth.roll(1, 0), target, {}


def words(target):
    return (target != -100).sum()


@promise(
    right={
        "torch cross_entropy of padded sentences": lambda: F.cross_entropy,
        "losses.mean_of_means.masked_mean": lambda f: lambda x, y: f(
            F.cross_entropy(x, y, reduction="none"), y != -100),
        "losses.cross_entropy_targets.token_cross_entropy": lambda f: lambda x, y: f(x.mT, y),
    },
    wrong={
        "guards.wrong_losses.cross_entropy_with_padding": lambda f: f,
        "losses.wrong_cross_entropy_targets.cross_entropy_over_tokens":
            lambda f: lambda x, y: f(x.mT, y),
        "thread a mean of sentences' means": lambda: lambda x, y: torch.stack([
            F.cross_entropy(*pair) for pair in zip(x.split(1), y.split(1), strict=True)]).mean(),
    })
def of_sentences(loss):
    target = torch.tensor([[1, 1, 2], [0, 2, -100], [2, -100, -100]])
    truth = 2000.0 * F.one_hot(target.clamp(min=0), 3).mT - 1000
    yield perfect_prediction_costs_nothing, loss, truth, target, {}
    yield loss_is_mean_of_samples, loss, torch.randn(3, 3, 3), target, {"count": words}


WEIGHT = [1.0, 2.0, 5.0]


def weighted(loss, *rest):
    return lambda x, y: loss(x, y, x.new_tensor(WEIGHT), *rest)


@promise(
    right={
        "torch cross_entropy with weight": lambda: weighted(F.cross_entropy),
        "losses.class_weights.summed_loss": lambda f: weighted(lambda *args: torch.div(*f(*args))),
    },
    wrong={
        "losses.wrong_class_weights.mean_of_means": lambda f: weighted(f, 2),
        "thread a plain mean of weighted losses": lambda: weighted(
            lambda x, y, weight: F.cross_entropy(x, y, weight, reduction="none").mean()),
    })
def of_weighted_classes(loss):
    target = torch.tensor([0, 1, 2, 2])
    truth = 2000.0 * torch.eye(3)[target] - 1000
    yield perfect_prediction_costs_nothing, loss, truth, target, {}
    yield loss_is_mean_of_samples, loss, torch.randn(4, 3), target, {
        "count": lambda y: torch.tensor(WEIGHT, device=y.device)[y].sum()}


def told(logits, ids):
    return snippet("losses.shifted_labels.next_token_loss")(
        logits, ids, snippet("losses.shifted_labels.keep_to_first")(ids, 0))


@promise(
    right={"losses.shifted_labels.next_token_loss": lambda f: told},
    wrong={
        "losses.wrong_shifted_labels.loss_without_shift": lambda f: f,
        "losses.wrong_shifted_labels.loss_shifted_twice": lambda f: f,
        "losses.wrong_shifted_labels.loss_without_end": lambda f: f,
    })
def of_next_tokens(loss):
    ids = torch.tensor([[3, 1, 2, 0, 0], [1, 4, 0, 0, 0], [2, 3, 1, 4, 0]])
    truth = 2000.0 * F.one_hot(ids.roll(-1, 1), 5) - 1000
    yield perfect_prediction_costs_nothing, loss, truth, ids, {}
    yield loss_is_mean_of_samples, loss, torch.randn(3, 5, 5), ids, {
        "count": lambda ids: snippet("losses.shifted_labels.keep_to_first")(ids, 0)[:, 1:].sum()}


@promise(
    right={"losses.kl_div.kl_from_logits": lambda f: lambda x, y: f(y, x)},
    wrong={
        "losses.wrong_kl_div.kl_of_probabilities": lambda f: lambda x, y: f(y, x),
        "losses.wrong_kl_div.kl_in_the_order_of_books": lambda f: lambda x, y: f(y, x),
    })
def of_divergences(loss):
    target = torch.randn(4, 3)
    yield perfect_prediction_costs_nothing, loss, target, target, {}
    yield loss_is_mean_of_samples, loss, torch.randn(4, 3), target, {}
    yield agrees_with_reference, loss, lambda x, y: (
        y.softmax(1) * (y.log_softmax(1) - x.log_softmax(1))).sum(1).mean(), target, -target, {}


# Functions that have a slow and plain reference.

def reference(plain, *data):
    def guards(call):
        yield agrees_with_reference, call, plain, *data(), {}
    data, = data
    return guards


def grouped(repeat):
    return lambda q, k, v: F.scaled_dot_product_attention(q, repeat(k, 3), repeat(v, 3))


promise(
    right={"attention.repeat_or_interleave.repeat_kv": grouped},
    wrong={
        "attention.wrong_repeat_or_interleave.repeat_kv_in_turn": grouped,
        "guards.wrong_agrees_with_reference.grouped_attention_by_repeat": lambda f: f,
    })(reference(
        lambda q, k, v: torch.stack([
            (q[:, i] @ k[:, i // 3].mT / 2).softmax(-1) @ v[:, i // 3] for i in range(6)], 1),
        lambda: [torch.randn(2, 6, 5, 4), torch.randn(2, 2, 5, 4), torch.randn(2, 2, 5, 4)]))

promise(
    right={"attention.is_causal_with_cache.causal_with_cache of two new queries":
           lambda f: lambda x: f(x[:, 3:], x, x)},
    wrong={"attention.wrong_is_causal_with_cache.causal_from_the_first_key":
           lambda f: lambda x: f(x[:, 3:], x, x)},
    )(reference(
        lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True)[:, 3:],
        lambda: [tokens()]))


def rotated(x):
    a, b = x.chunk(2, dim=-1)
    angles = snippet("attention.rotary_layouts.rotary_angles")(
        torch.arange(5, device=x.device), 12)
    turned = torch.complex(a, b) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat((turned.real, turned.imag), -1)


promise(
    right={"attention.rotary_layouts.rotate_halves": lambda f: lambda x: f(
        x, snippet("attention.rotary_layouts.rotary_angles")(
            torch.arange(5, device=x.device), 12))},
    wrong={"attention.wrong_rotary_layouts.rotate_by_mixed_layouts": lambda f: lambda x: f(
        x, snippet("attention.rotary_layouts.rotary_angles")(
            torch.arange(5, device=x.device), 12))},
    )(reference(rotated, lambda: [tokens()]))

promise(
    right={"numerics.stable_softmax.softmax": lambda f: lambda x: f(x, -1)},
    wrong={"numerics.wrong_stable_softmax.softmax_without_shift": lambda f: f},
    )(reference(lambda x: x.softmax(-1), lambda: [1000 * torch.randn(4, 5)]))

promise(
    right={"normalization.layer_norm.layer_norm":
           lambda f: lambda x: f(x, x.new_ones(12), x.new_zeros(12))},
    wrong={
        "normalization.wrong_layer_norm.layer_norm_by_sample_deviation": lambda f: f,
        "normalization.wrong_layer_norm.layer_norm_by_difference_of_squares": lambda f: f,
    })(reference(lambda x: F.layer_norm(x, (12,)), lambda: [tokens()]))

promise(
    right={"normalization.which_axes.ChannelLayerNorm of squares": lambda f: f(4).double()},
    wrong={"normalization.wrong_which_axes.layer_norm_over_columns": lambda f: f},
    )(reference(
        lambda x: torch.stack([
            F.layer_norm(pixel, (4,)) for pixel in x.flatten(2).unbind(-1)], -1).view_as(x),
        lambda: [torch.randn(2, 4, 4, 4)]))

promise(
    right={"normalization.batch_norm_statistics.batch_norm":
           lambda f: lambda x: f(x, x.new_ones(3), x.new_zeros(3))},
    wrong={"normalization.wrong_batch_norm_statistics.normalize_without_eps": lambda f: f},
    )(reference(lambda x: F.batch_norm(x, None, None, training=True),
                lambda: [torch.randn(5, 3)]))

promise(
    right={"autograd.where_nan_gradient.apply_where":
           lambda f: lambda x: f(x > 0, torch.sqrt, x, 1.0, 0.0)},
    wrong={"autograd.wrong_where_nan_gradient.sqrt_by_where": lambda f: f},
    )(reference(
        lambda x: torch.stack([y.sqrt() if y > 0 else 0 * y.detach() for y in x]),
        lambda: [torch.tensor([0.0, 1.0, 4.0, 0.0])]))

promise(
    right={"plain assignment to x[:, 0][mask]": lambda: lambda x: marked(x, x[:, 2] > 0)},
    wrong={"indexing.wrong_lost_assignment.mark_rows_of_a_copy":
           lambda f: lambda x: f(x, x[:, 2] > 0)},
    )(reference(
        lambda x: torch.stack([
            torch.cat((torch.ones_like(row[:1]), row[1:])) if row[2] > 0 else row for row in x]),
        lambda: [torch.randn(4, 3)]))


def marked(x, mask):
    x[:, 0][mask] = 1
    return x


promise(
    right={"indexing.expand_and_write.mask_first_sample": lambda f: lambda x: f(x, 3)},
    wrong={"indexing.wrong_expand_and_write.mask_first_sample_only":
           lambda f: lambda x: f(x.detach(), 3)},
    )(reference(
        lambda x: torch.stack([torch.cat((x[:2], 0 * x[2:])), x, x]), lambda: [torch.randn(4)]))

promise(
    right={"torch bincount": lambda: lambda classes: torch.bincount(classes, minlength=4)},
    wrong={"indexing.wrong_duplicate_indices.count_by_assignment":
           lambda f: lambda classes: f(classes, 4)},
    )(reference(
        lambda classes: torch.stack([(classes == c).sum() for c in range(4)]),
        lambda: [torch.tensor([0, 2, 2, 3])]))

def encoded(f):
    return lambda classes: f(classes, 4)


@promise(
    right={"indexing.one_hot.one_hot": encoded},
    wrong={"indexing.wrong_one_hot.one_hot_along_batch": encoded})
def of_encodings(call):
    classes = torch.tensor([0, 2, 1, 3])
    yield independent_samples, call, classes, {}
    yield agrees_with_reference, call, lambda classes: torch.stack([
        (classes == c).float() for c in range(4)], 1), classes, {}


def ranked(f):
    return lambda x: f(x, torch.arange(3, device=x.device))


promise(
    right={"indexing.ties.average_rank": ranked},
    wrong={"indexing.wrong_ties.rank_by_greater": ranked},
    )(reference(
        lambda x: torch.stack([
            (x[i] > x[i, i]).sum() + ((x[i] == x[i, i]).sum() - 1) / 2 for i in range(3)]),
        lambda: [torch.tensor([[1.0, 1.0, 2.0], [3.0, 2.0, 1.0], [5.0, 5.0, 5.0]])]))

promise(
    right={"numerics.align_corners.warp_by_flow": lambda f: lambda x: f(x, flow(x))},
    wrong={
        "numerics.wrong_align_corners.warp_between_corners": lambda f: lambda x: f(x, flow(x)),
        "numerics.wrong_align_corners.warp_by_rows_first": lambda f: lambda x: f(x, flow(x)),
    })(reference(
        lambda x: torch.cat([x[..., 1:], torch.zeros_like(x[..., :1])], -1),
        lambda: [torch.randn(2, 3, 4, 6)]))


def flow(x):
    """Return a flow of one pixel to the right, for images (B, C, H, W)."""
    right = torch.ones_like(x[:, 0])
    return torch.stack((right, 0 * right), 1)


promise(
    right={"numerics.log_of_a_mixture.log_mixture": lambda f: f},
    wrong={
        "numerics.wrong_log_of_a_mixture.log_of_the_sum": lambda f: f,
        "numerics.wrong_log_of_a_mixture.mean_of_logs": lambda f: f,
    })(reference(
        lambda gate, logits: torch.stack([
            MixtureSameFamily(Categorical(logits=gate), Categorical(logits=logits)).log_prob(
                torch.tensor(c, device=gate.device)) for c in range(4)], -1),
        lambda: [torch.randn(3, 2), 1000 * torch.randn(3, 2, 4)]))

promise(
    right={"numerics.dtype_promotion.difference": lambda f: f},
    wrong={"numerics.wrong_dtype_promotion.difference_that_wraps": lambda f: f},
    )(reference(
        lambda after, before: after.long() - before.long(),
        lambda: [torch.arange(4).to(torch.uint8), torch.arange(4).flip(0).to(torch.uint8)]))

promise(
    right={"plain halves in the default dtype": lambda: lambda x: x.to(
        torch.get_default_dtype()).masked_fill(x == 0, 0.5)},
    wrong={"numerics.wrong_dtype_promotion.halves_that_are_cut": lambda f: f},
    )(reference(
        lambda x: torch.stack([0 * n + 0.5 if n == 0 else n + 0.0 for n in x]),
        lambda: [torch.arange(4)]))

promise(
    right={"numerics.std.standardize": lambda f: lambda x: f(x, dim=1)},
    wrong={"numerics.wrong_std.standardize_by_default": lambda f: f},
    )(reference(lambda x: F.layer_norm(x, (5,)), lambda: [torch.randn(4, 5)]))

promise(
    right={"losses.bce_vs_cross_entropy.two_probabilities": lambda f: lambda x: F.cross_entropy(
        torch.stack((0 * x, x), 1), f(shares(x)))},
    wrong={"losses.wrong_cross_entropy_targets.cross_entropy_of_truncated":
           lambda f: lambda x: f(torch.stack((0 * x, x), 1), shares(x))},
    )(reference(
        lambda x: F.binary_cross_entropy_with_logits(x, shares(x)), lambda: [torch.randn(4)]))


def shares(x):
    return x.new_tensor([0.0, 0.25, 0.75, 1.0])


promise(
    right={"plain pos_weight of shape (C, 1, 1)": lambda: lambda x: (
        F.binary_cross_entropy_with_logits(
            x, stripes(x), pos_weight=x.new_tensor(WEIGHT)[:, None, None]))},
    wrong={"thread pos_weight of shape (C,) for (B, C, H, W)": lambda: lambda x: (
        F.binary_cross_entropy_with_logits(x, stripes(x), pos_weight=x.new_tensor(WEIGHT)))},
    )(reference(
        lambda x: torch.stack([
            F.binary_cross_entropy_with_logits(
                x[:, c], stripes(x)[:, c], pos_weight=x.new_tensor(WEIGHT[c]))
            for c in range(3)]).mean(),
        lambda: [torch.randn(2, 3, 3, 3)]))


def stripes(x):
    return (torch.arange(x.numel(), device=x.device) % 2).view(x.shape).to(x)


def resized(x, align):
    ys, xs = torch.meshgrid(*[torch.linspace(-1, 1, n).to(x) for n in (4, 6)], indexing="ij")
    grid = torch.stack((xs, ys), -1).expand(len(x), -1, -1, -1)
    return F.grid_sample(x, grid, align_corners=align)


promise(
    right={"plain grid_sample, its grid and interpolate with align_corners":
           lambda: lambda x: resized(x, align=True)},
    wrong={"thread grid_sample without the align_corners of its grid":
           lambda: lambda x: resized(x, align=False)},
    )(reference(
        lambda x: F.interpolate(x, (4, 6), mode="bilinear", align_corners=True),
        lambda: [torch.randn(2, 3, 3, 5)]))


def accumulated(backward):
    """Return a function of three sentences to the gradient that `backward` gives for parts."""
    model = nn.Linear(4, 3).double()
    target = torch.tensor([[0, 1, 2], [2, 0, -100], [1, -100, -100]])

    def gradient(x):
        twin = copy.deepcopy(model)
        backward(twin, [(part.detach(), y) for part, y in zip(
            x.split(1), target.split(1), strict=True)])
        return twin.weight.grad, twin.bias.grad

    def whole(x):
        twin = copy.deepcopy(model)
        F.cross_entropy(twin(x.detach()).flatten(0, 1), target.flatten()).backward()
        return twin.weight.grad, twin.bias.grad
    return gradient, whole


@promise(
    right={"losses.mean_of_means.backward_in_parts": accumulated},
    wrong={
        "losses.wrong_mean_of_means.backward_of_means": accumulated,
        "losses.wrong_mean_of_means.backward_undivided": accumulated,
    })
def of_accumulation(pair):
    yield agrees_with_reference, *pair, torch.randn(3, 3, 4), {}


class Tied(nn.Module):
    """A tiny language model whose head is its embedding."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, ids):
        return self.head(self.embedding(ids).tanh())


def materialized(tie_again):
    model = Tied().to("meta").to_empty(device=torch.get_default_device())
    if tie_again:
        model.head.weight = model.embedding.weight
    return model


def tied_by(tie):
    model = materialized(False)
    tie(model)
    return model


@promise(
    right={
        "plain tied again after to_empty": lambda: materialized(True),
        "modules.weight_tying.TiedLanguageModel": lambda f: tied_by(f.tie_weights),
    },
    wrong={
        "thread tying lost by to_empty": lambda: materialized(False),
        "modules.wrong_weight_tying.tie_data":
            lambda f: tied_by(lambda model: f(model.embedding, model.head)),
    })
def of_tied_weights(model):
    nn.init.normal_(model.embedding.weight)
    nn.init.normal_(model.head.weight)
    ids = torch.tensor([[1, 2, 3], [4, 6, 5]])
    yield independent_samples, model, ids, {}
    yield from used(model, ids)
    yield agrees_with_reference, model, Tied(), ids, {}


def loaded(load):
    model, saved = nn.Linear(3, 2), nn.Linear(3, 2)
    state = {f"module.{name}": x for name, x in saved.state_dict().items()}
    load(model, state)
    return model.double(), saved.double()


@promise(
    right={"checkpoints.state_dict_keys.with_keys_of": lambda f: loaded(
        lambda model, state: model.load_state_dict(f(model, state)))},
    wrong={"checkpoints.wrong_strict_false.load_what_fits": loaded})
def of_checkpoints(pair):
    model, saved = pair
    yield agrees_with_reference, lambda x: model(x), lambda x: saved(x), torch.randn(4, 3), {}


# Parameters.

@promise(
    right={
        "modules.module_list.Blocks in training": lambda f: f(4, 2),
        "autograd.non_leaf.Scale": lambda f: f(4, torch.float32),
        "normalization.batch_norm_scale_and_bias.conv_batch_norm in training":
            lambda f: nn.Sequential(nn.Unflatten(0, (2, 3, 1)), f(3, 2), nn.Flatten()),
    },
    wrong={
        "modules.wrong_module_list.BlocksInAList in training": lambda f: f(4, 2),
        "guards.wrong_every_parameter_used.LayersInAList": lambda f: f(4, 2),
        "guards.wrong_every_parameter_used.DetachedFeatures": lambda f: f(4),
        "autograd.wrong_non_leaf.ScaleCastTooLate": lambda f: f(4, torch.float64),
        "normalization.wrong_batch_norm_scale_and_bias.conv_with_cancelled_bias":
            lambda f: nn.Sequential(nn.Unflatten(0, (2, 3, 1)), f(3, 2), nn.Flatten()),
    })
def of_trained(model):
    x = torch.randn(6, 4)
    yield every_parameter_used, lambda: model(x).exp().mean(), model, {}


@promise(
    right={
        "modules.activation_checkpointing.Checkpointed":
            lambda f: nn.Sequential(f(nn.Linear(2, 2)), nn.Linear(2, 1)),
        "torch checkpoint, reentrant": lambda: Recomputed(),
    },
    wrong={"modules.wrong_activation_checkpointing.ReentrantFirstBlock": lambda f: f()})
def of_checkpointed(model):
    yield from used(model, torch.randn(4, 2))


class Recomputed(nn.Sequential):
    """Checkpoint the second layer, whose input needs a gradient."""

    def __init__(self):
        super().__init__(nn.Linear(2, 2), nn.Linear(2, 1))

    def forward(self, x):
        return checkpoint(self[1], self[0](x), use_reentrant=True)


def restored(make):
    saved = nn.Linear(2, 1)
    state = {name: x.clone() for name, x in saved.state_dict().items()}
    return make(state, torch.optim.Adam(saved.parameters()).state_dict())


def resumed(resume):
    model = nn.Linear(2, 1)
    return restored(lambda weights, state: (model, resume(model, weights, state)))


def grouped_rates(make):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return model, make(model, {"0": 0.1, "2": 0.2})


@promise(
    right={
        "optimization.optimizer_and_device.resume": resumed,
        "plain groups with all layers": lambda: grouped_rates(
            lambda model, lrs: torch.optim.AdamW([
                {"params": model.get_submodule(name).parameters(), "lr": lr}
                for name, lr in lrs.items()])),
    },
    wrong={
        "optimization.wrong_optimizer_and_device.optimizer_before_weights":
            lambda f: restored(lambda weights, _: f(weights)),
        "guards.wrong_every_parameter_used.groups_without_the_last": grouped_rates,
    })
def of_optimizers(pair):
    model, optimizer = pair
    x = torch.randn(4, 2)
    yield every_parameter_used, lambda: model(x).exp().mean(), model, {"optimizer": optimizer}


def behind(way):
    before, frozen = nn.Linear(2, 3), nn.Linear(3, 3).requires_grad_(False)
    return nn.ModuleList([before, frozen]), lambda x: way(frozen, before(x))


@promise(
    right={"autograd.no_grad_vs_detach.through_frozen": behind},
    wrong={"autograd.wrong_no_grad_vs_detach.through_frozen_without_grad": behind})
def of_frozen_layers(pair):
    model, call = pair
    x = torch.randn(4, 2)
    yield every_parameter_used, lambda: call(x).exp().mean(), model, {}


# Frozen parts.

def backbone():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def with_head(freeze):
    """Freeze a backbone, then put a head behind and train."""
    return nn.Sequential(freeze(backbone()), nn.Linear(4, 1)).train()


def frozen_after_train(freeze):
    model = nn.Sequential(backbone(), nn.Linear(4, 1)).train()
    freeze(model[0])
    return model


def steps(model, optimizer, x, step=None):
    for _ in range(3):
        optimizer.zero_grad()
        model(x).exp().mean().backward()
        (step or optimizer.step)()


@promise(
    right={
        "normalization.frozen_batch_norm.Frozen": lambda f: with_head(f),
        "normalization.batch_norm_statistics.freeze_batch_norm": lambda f: frozen_after_train(
            lambda part: f(part.requires_grad_(False))),
        "optimization.zero_gradient_still_moves.freeze": lambda f: frozen_after_train(
            lambda part: f(part.eval().parameters())),
    },
    wrong={
        "normalization.wrong_batch_norm_statistics.freeze_weights_only": frozen_after_train,
        "normalization.wrong_frozen_batch_norm.frozen_backbone_and_head":
            lambda f: f(backbone(), 4).train(),
        "guards.wrong_frozen_stays_frozen.freeze_by_eval": frozen_after_train,
    })
def of_backbones(model):
    x = torch.randn(5, 3)

    def train(model):
        steps(model, torch.optim.AdamW(p for p in model.parameters() if p.requires_grad), x)
    yield frozen_stays_frozen, train, model, {"frozen": lambda model: model[0].state_dict()}


def stepping(f, embedding, ids):
    optimizer = torch.optim.AdamW(embedding.parameters())
    steps(embedding, optimizer, ids, lambda: f(optimizer, embedding.weight, [0, 1, 2]))


def hooked(f, embedding, ids):
    f(embedding.weight, [0, 1, 2])
    steps(embedding, torch.optim.AdamW(embedding.parameters()), ids)


@promise(
    right={"optimization.zero_gradient_still_moves.step_except_rows":
           lambda f: given(stepping, f)},
    wrong={
        "optimization.wrong_zero_gradient_still_moves.mask_gradient_rows":
            lambda f: given(hooked, f),
        "guards.wrong_frozen_stays_frozen.train_last_row_only": lambda f: f,
    })
def of_rows(train):
    ids = torch.tensor([0, 3, 1, 3])
    yield frozen_stays_frozen, lambda model: train(model, ids), nn.Embedding(4, 2), {
        "frozen": lambda model: {"rows": model.weight[:3]}}


def buffered(pretrained):
    model = snippet("modules.wrong_assigning_to_a_buffer.TableThatTrains")(pretrained)
    del model._parameters["table"]
    model.register_buffer("table", torch.zeros(2, 2))
    snippet("modules.assigning_to_a_buffer.write_buffer")(model, "table", pretrained.weight)
    return model


@promise(
    right={"modules.assigning_to_a_buffer.write_buffer":
           lambda f: nn.Sequential(nn.Linear(2, 2), buffered(nn.Embedding(2, 2)))},
    wrong={"modules.wrong_assigning_to_a_buffer.TableThatTrains":
           lambda f: nn.Sequential(nn.Linear(2, 2), f(nn.Embedding(2, 2)))})
def of_tables(model):
    x = torch.randn(3, 2, 2)
    yield (frozen_stays_frozen,
           lambda model: steps(model, torch.optim.AdamW(model.parameters()), x), model,
           {"frozen": lambda model: {"table": model[1].table}})
    yield from used(model, x)


# Bugs that stand in no thread, made up to see what the guards miss.

@promise(
    right={"plain attention": lambda: lambda x: (x @ x.mT).softmax(-1) @ x},
    wrong={
        "invented softmax over the batch": lambda: lambda x: (x @ x.mT).softmax(0) @ x,
        "invented norm over batch and features": lambda: lambda x: (
            x - x.mean((0, 2), keepdim=True)) / x.std((0, 2), keepdim=True),
    })
def of_invented_sets(call):
    yield from of_sets(call)


def positions(axis):
    table = nn.Embedding(8, 12)
    return lambda x: x + table(torch.arange(x.shape[axis], device=x.device)).unsqueeze(1 - axis)


def triangle(diagonal):
    return lambda x: F.scaled_dot_product_attention(
        x, x, x, attn_mask=x.new_ones(x.shape[1], x.shape[1]).tril(diagonal).bool())


@promise(
    right={"plain positions along the tokens": lambda: positions(1)},
    wrong={"invented positions along the batch": lambda: positions(0)})
def of_positions(call):
    yield from of_time(call)


@promise(
    right={"plain mask by tril()": lambda: triangle(0)},
    wrong={
        "invented mask that shows the next token": lambda: triangle(1),
        "invented mask that hides each token from itself": lambda: triangle(-1),
    })
def of_triangles(call):
    yield from of_time(call)
    yield (agrees_with_reference, call,
           lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True), tokens(), {})


def normed(with_padding):
    norm = nn.BatchNorm1d(12)

    def call(x, keep):
        if with_padding:
            return norm(x.mT).mT * keep[..., None]
        return torch.zeros_like(x).masked_scatter(keep[..., None], norm(x[keep]))
    return call


@promise(
    right={"plain BatchNorm1d of the tokens that are kept": lambda: normed(False)},
    wrong={"invented BatchNorm1d before the mask": lambda: normed(True)})
def of_invented_padding(call):
    x, keep = padded()
    yield padding_values_ignored, call, x, keep, {}
    yield padding_length_ignored, call, x, keep, {}


def maximum(hidden, sign):
    return sign, lambda x, keep: torch.where(keep[..., None], x, hidden).amax(1)


@promise(
    right={
        "plain maximum with -inf for padding": lambda: maximum(-torch.inf, 1),
        "plain maximum with -inf for padding, of negative numbers": lambda: maximum(-torch.inf, -1),
    },
    wrong={
        "invented maximum with 0 for padding": lambda: maximum(0.0, 1),
        "invented maximum with 0 for padding, of negative numbers": lambda: maximum(0.0, -1),
    })
def of_maxima(sign_and_call):
    sign, call = sign_and_call
    x, keep = padded()
    yield padding_values_ignored, call, sign * x.abs(), keep, {"pooled": True}
    yield padding_length_ignored, call, sign * x.abs(), keep, {"pooled": True}


def smooth(target):
    return 0.9 * F.one_hot(target, 6) + 0.1 / 6


@promise(
    right={"plain label smoothing": lambda: lambda x, y: F.cross_entropy(x, smooth(y).to(x))},
    wrong={"invented label smoothing in loss and target": lambda: lambda x, y: F.cross_entropy(
        x, smooth(y).to(x), label_smoothing=0.1)})
def of_smoothed_classes(loss):
    target = torch.arange(6)
    yield loss_is_mean_of_samples, loss, torch.randn(6, 6), target, {}
    yield (agrees_with_reference, lambda x: loss(x, target),
           lambda x: F.cross_entropy(x, target, label_smoothing=0.1), torch.randn(6, 6), {})


def next_words(labels):
    return lambda x, ids: F.cross_entropy(x.mT, labels(ids))


@promise(
    right={"plain labels without a last one": lambda: next_words(
        lambda ids: F.pad(ids[:, 1:], (0, 1), value=-100))},
    wrong={"invented labels that roll to the front": lambda: next_words(
        lambda ids: ids.roll(-1, 1))})
def of_invented_labels(loss):
    ids = torch.tensor([[3, 1, 2], [1, 4, 0], [2, 3, 1]])
    yield loss_is_mean_of_samples, loss, torch.randn(3, 3, 5), ids, {}
    yield (agrees_with_reference, lambda x: loss(x, ids), lambda x: F.cross_entropy(
        x[:, :-1].flatten(0, 1), ids[:, 1:].flatten()), torch.randn(3, 3, 5), {})


def kernels(transposed):
    def call(x, weight):
        weight = weight.mT if transposed else weight
        return (weight.flatten(1) @ F.unfold(x, 3)).unflatten(2, (2, 3))
    return call


promise(
    right={"plain unfold and weight": lambda: kernels(False)},
    wrong={"invented kernel with rows for columns": lambda: kernels(True)},
    )(reference(F.conv2d, lambda: [torch.randn(2, 3, 4, 5), torch.randn(4, 3, 3, 3)]))


def twice(reset):
    """Return a function of data to a weight after two steps, with or without `zero_grad`."""
    start = torch.linspace(-1, 1, 12)

    def call(x):
        weight = start.to(x).view(12, 1).requires_grad_()
        optimizer = torch.optim.SGD([weight], lr=0.1)
        for batch in x.detach().split(1):
            (batch @ weight).square().mean().backward()
            optimizer.step()
            if reset:
                optimizer.zero_grad()
        return weight.detach()
    return call


def twice_by_hand(x):
    weight = torch.linspace(-1, 1, 12).to(x).view(12, 1)
    for batch in x.detach():
        weight = weight - 0.1 * 2 / 5 * batch.mT @ (batch @ weight)
    return weight


promise(
    right={"plain steps with zero_grad": lambda: twice(True)},
    wrong={"invented steps without zero_grad": lambda: twice(False)},
    )(reference(twice_by_hand, lambda: [torch.randn(2, 5, 12)]))


@promise(
    right={"plain padding_idx": lambda: nn.EmbeddingBag(6, 3, padding_idx=0)},
    wrong={"invented padding that is trained": lambda: nn.EmbeddingBag(6, 3)})
def of_padding_rows(bag):
    ids = torch.tensor([[3, 1, 2], [4, 0, 0], [5, 2, 0]])

    def train(model):
        steps(model, torch.optim.Adam(model.parameters()), ids)
    yield frozen_stays_frozen, train, bag, {"frozen": lambda bag: {"padding": bag.weight[:1]}}


class Pair(nn.Module):
    """A student, and a teacher that must stay."""

    def __init__(self, copied):
        super().__init__()
        self.student = nn.Linear(3, 2)
        self.teacher = copied(self.student)

    def forward(self, x):
        return self.student(x) - self.teacher(x).detach() / 2


@promise(
    right={"plain teacher that is a copy": lambda: Pair(copy.deepcopy)},
    wrong={"invented teacher that is the student": lambda: Pair(lambda student: student)})
def of_teachers(pair):
    x = torch.randn(4, 3)

    def train(model):
        steps(model, torch.optim.SGD(model.student.parameters(), lr=0.1), x)
    yield frozen_stays_frozen, train, pair, {"frozen": lambda pair: pair.teacher.state_dict()}


class Block(nn.Module):
    """A layer whose dropout is made, and called or not."""

    def __init__(self, drops):
        super().__init__()
        self.linear, self.dropout, self.drops = nn.Linear(12, 12), nn.Dropout(), drops

    def forward(self, x):
        y = self.linear(x).tanh()
        return x + (self.dropout(y) if self.drops else y)


class Carries(nn.Module):
    """A recurrent layer that goes on with the state of the batch before, or begins anew."""

    def __init__(self, carries):
        super().__init__()
        self.gru, self.state, self.carries = nn.GRU(12, 6, batch_first=True), None, carries

    def forward(self, x):
        out, state = self.gru(x, self.state if self.carries else None)
        self.state = state.detach()
        return out


@promise(
    right={
        "plain block with dropout in train": lambda: Block(True),
        "plain GRU that begins anew": lambda: Carries(False),
    },
    wrong={
        "invented block without its dropout in train": lambda: Block(False),
        "invented GRU that keeps its state": lambda: Carries(True),
    })
def of_invented_layers(layer):
    x = tokens()
    yield independent_samples, layer, x, {}
    yield causal, layer, x, {}
    yield from used(layer, x)


def expected():
    """Read tests/guards/verdicts.toml: what each model should get, and why."""
    return tomllib.loads((ROOT / "tests/guards/verdicts.toml").read_text())


def left_out():
    """Return the wrong versions that no guard is tried on, and why: from beside their pages."""
    return {f"{stem.rpartition('/')[0]}.{stem.rpartition('/')[2].replace('-', '_')}.{name}": why
            for stem, found in ((page.removeprefix("docs/").removesuffix(".md"), GUIDE.beside(page))
                                for page in GUIDE.paths)
            for name, why in found.left_out.items()}


def untried(page):
    """Name the wrong versions of a page that neither the table nor its list beside has.

    Those of an exercise are judged by its own check (tests/pages/test_exercises.py).
    """
    file = GUIDE.with_stem(page).get("wrong")
    if not file or GUIDE.meta(page).get("notebook"):
        return []
    module = file.removeprefix("snippets/").removesuffix(".py").replace("/", ".")
    tried = {name.split()[0].removeprefix(f"{module}.") for name in WRONG}
    return [name for name, made in vars(import_module(f"snippets.{module}")).items()
            if inspect.getmodule(made) and inspect.getmodule(made).__name__ == f"snippets.{module}"
            and not name.startswith("__")  # torch.compile leaves `__resume_at_…` behind
            and name not in tried | set(GUIDE.beside(page).left_out)]


def main():
    """Print the table; exit with 1 where it is not the expected one."""
    want = expected()
    width, differ = max(map(len, {**RIGHT, **WRONG})), []
    marks = {"fail": "FAIL", "pass": "pass", "undecided": "?", "": "·"}
    print(*(f"{short:8} {guard.__name__}" for guard, short in GUARDS.items()), "", sep="\n")
    for title, models in (("right", RIGHT), ("wrong", WRONG)):
        print(f"{title:{width}} ", *(f"{short:8}" for short in GUARDS.values()))
        for name in models:
            found = {guard: each for guard, (each, _) in verdicts_of(name).items()}
            named = dict(want.get(name, {}))
            reason = named.pop("reason", "")
            if found != named:
                differ.append(f"{name}: expected {named}, got {found}")
            print(f"{name:{width}} ", *(
                f"{marks[found.get(guard.__name__, '')]:8}" for guard in GUARDS))
            if reason:
                print(f"    {reason}")
        print()
    caught = [name for name in WRONG if "fail" in want.get(name, {}).values()]
    alarms = [name for name in RIGHT if "fail" in want.get(name, {}).values()]
    print(f"{len(caught)} of {len(WRONG)} wrong models fail a guard, "
          f"{len(alarms)} of {len(RIGHT)} right ones.")
    print("Not tried:", *(f"  {name}: {reason}" for name, reason in left_out().items()), sep="\n")
    differ += [f"{page}: {name}: neither tried nor left out"
               for page in GUIDE.paths for name in untried(page)]
    print(*differ, sep="\n")
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
