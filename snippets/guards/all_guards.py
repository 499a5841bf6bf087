"""One test file with every guard, for a small classifier of tokens."""

import torch
import torch.nn.functional as F
from torch import nn

from snippets.guards.agrees_with_reference import agrees_with_reference
from snippets.guards.causal import causal
from snippets.guards.every_parameter_used import every_parameter_used
from snippets.guards.frozen_stays_frozen import frozen_stays_frozen
from snippets.guards.independent_samples import independent_samples, same_alone
from snippets.guards.losses import loss_is_mean_of_samples, perfect_prediction_costs_nothing
from snippets.guards.padding_ignored import padding_length_ignored, padding_values_ignored
from snippets.guards.permutation_equivariant import permutation_equivariant
from snippets.guards.round_trip import round_trip


# --8<-- [start:guarded_layer]
def test_guarded_layer() -> None:
    """Run every guard; put your model and your data in their
    places."""
    x = torch.randn(4, 5, 8)
    keep = torch.arange(5) < torch.tensor([[5], [3], [4], [2]])
    layer = nn.TransformerEncoderLayer(
        8, 2, batch_first=True).eval()
    hide = torch.ones(5, 5).triu(1).bool()

    independent_samples(layer, x)
    same_alone(layer, x)
    permutation_equivariant(layer, x)
    causal(
        lambda x: layer(
            x, src_mask=hide[:x.shape[1], :x.shape[1]]), x)


    def masked(x: torch.Tensor,
               keep: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = layer(
            x, src_key_padding_mask=~keep)
        return out

    padding_values_ignored(masked, x, keep)
    padding_length_ignored(masked, x, keep)

    head, target = nn.Linear(8, 3), torch.tensor([0, 1, 2, 0])
    model = nn.Sequential(
        layer, nn.Flatten(), nn.Linear(40, 3))
    optimizer = torch.optim.AdamW(model.parameters())
    every_parameter_used(
        lambda: F.cross_entropy(model(x), target), model,
        optimizer=optimizer)
    perfect_prediction_costs_nothing(
        F.cross_entropy, 1000 * F.one_hot(target, 3).float(),
        target)
    loss_is_mean_of_samples(
        F.cross_entropy, torch.randn(4, 3), target)

    def train(model: nn.Module) -> None:
        trainable = [
            p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(trainable, lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(model(x[:, 0]), target).backward()
            optimizer.step()

    tuned = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), head)
    tuned[0].requires_grad_(False)
    frozen_stays_frozen(
        train, tuned,
        frozen=lambda model: model[0].state_dict())

    def split(x: torch.Tensor) -> torch.Tensor:
        heads: torch.Tensor = x.unflatten(2, (2, 4)).transpose(
            1, 2)
        return heads

    round_trip(
        split, lambda heads: heads.transpose(1, 2).flatten(2),
        torch.arange(3 * 5 * 8).view(3, 5, 8), spec=lambda x:
        torch.stack([x[:, :, :4], x[:, :, 4:]], dim=1))
    agrees_with_reference(nn.LayerNorm(8), nn.LayerNorm(8), x)
# --8<-- [end:guarded_layer]
