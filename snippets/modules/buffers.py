"""Modules whose fixed tensors are buffers, and a search for others."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm


# --8<-- [start:causal_mask]
class CausalMask(nn.Module):
    """Hide later tokens from earlier ones.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    >>> CausalMask(8)(torch.zeros(2, 2))
    tensor([[0., -inf],
            [0., 0.]])
    """

    hidden: torch.Tensor

    def __init__(self, max_length: int) -> None:
        """Hold a mask (max_length, max_length), True where
        hidden."""
        super().__init__()
        hidden = torch.empty(max_length, max_length,
                             dtype=torch.bool)
        self.register_buffer("hidden", hidden,
                             persistent=False)
        after_load: Any = self.register_load_state_dict_post_hook
        after_load(CausalMask.fill)
        self.fill()

    def fill(self, keys: object = None) -> None:
        """Compute the mask; load_state_dict does so again."""
        self.hidden.copy_(torch.ones_like(self.hidden).triu(1))

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Return scores (..., Q, K) with -inf at keys that
        come later.

        The Q queries are the last of the K tokens, so Q is K
        in training and 1 in generation with cached keys.

        Raises: ValueError unless Q <= K <= max_length.
        """
        queries, keys = scores.shape[-2:]
        if not queries <= keys <= len(self.hidden):
            raise ValueError(
                f"{queries} queries and {keys} keys do not fit"
                f" a mask of length {len(self.hidden)}")
        hidden = self.hidden[keys - queries:keys, :keys]
        return scores.masked_fill(hidden, float("-inf"))
# --8<-- [end:causal_mask]


# --8<-- [start:sinusoidal_positions]
class SinusoidalPositions(nn.Module):
    """Add sines and cosines of each token's position.

    Source: https://arxiv.org/abs/1706.03762 (section 3.5)

    >>> SinusoidalPositions(8, 4)(torch.ones(1, 1, 4))
    tensor([[[1., 2., 1., 2.]]])
    """

    table: torch.Tensor

    def __init__(self, max_length: int, features: int) -> None:
        """Hold a table (max_length, features), sines in even
        columns.

        Raises: ValueError where features is odd.
        """
        super().__init__()
        if features % 2:
            raise ValueError(f"features is odd: {features}")
        table = torch.empty(max_length, features)
        self.register_buffer("table", table, persistent=False)
        after_load: Any = self.register_load_state_dict_post_hook
        after_load(SinusoidalPositions.fill)
        self.fill()

    def fill(self, keys: object = None) -> None:
        """Compute the table; load_state_dict does so again."""
        L, D = self.table.shape
        position = torch.arange(L, device="cpu").double()[:, None]
        feature = torch.arange(0, D, 2, device="cpu").double()
        angle = position / 10000.0 ** (feature / D)
        table = torch.stack((angle.sin(), angle.cos()), dim=-1)
        self.table.copy_(table.flatten(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x (..., L, D) plus rows 0 to L - 1 of the
        table.

        Raises: ValueError unless L <= max_length and D is
        features.
        """
        length, features = x.shape[-2:]
        rows = self.table[:length]
        if rows.shape != (length, features):
            raise ValueError(
                f"x {tuple(x.shape)} does not fit"
                f" a table {tuple(self.table.shape)}")
        return x + rows
# --8<-- [end:sinusoidal_positions]


# --8<-- [start:assert_tensors_registered]
def assert_tensors_registered(model: nn.Module) -> None:
    """Check that no tensor is a plain attribute, which `to`
    leaves.

    Looks into lists, tuples and dicts too. Give it a model
    that has not run yet: results that a forward keeps are
    plain attributes. A weight that torch.nn.utils.weight_norm,
    spectral_norm or prune computes anew in each forward is
    left out, and so is the list that an RNN makes of its
    weights, which `to` renews. A second reference to a
    parameter passes, because `to` keeps a parameter
    (except to or from meta); a second reference to a buffer
    fails, because `to` makes a new tensor of it.

    Raises: AssertionError with the names of the attributes.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer
    """
    kept = {id(x) for x in model.parameters()}

    def is_left(value: Any, *around: Any) -> Iterator[bool]:
        if isinstance(value, torch.Tensor):
            yield id(value) not in kept
        elif isinstance(value, (Mapping, list, tuple)) and not any(
                value is each for each in around):
            inner = value.values() if isinstance(
                value, Mapping) else value
            for item in inner:
                yield from is_left(item, value, *around)

    def left_out(module: nn.Module) -> Iterator[str]:
        yield from ("_parameters", "_buffers", "_modules")
        if isinstance(module, nn.RNNBase):
            yield "_flat_weights"
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, (WeightNorm, SpectralNorm)):
                yield hook.name
            elif isinstance(hook, BasePruningMethod):
                yield hook._tensor_name

    left = [
        f"{path}.{name}".lstrip(".")
        for path, module in model.named_modules()
        for name, value in vars(module).items() if
        name not in left_out(module) and any(is_left(value))]
    assert not left, (
        f"plain attributes hold tensors: {', '.join(left)}; make them "
        "parameters or buffers")
# --8<-- [end:assert_tensors_registered]
