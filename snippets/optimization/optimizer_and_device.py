"""An optimizer for weights in place, and a test that it fits."""

import copy
from typing import Any

import torch
from torch import nn


# --8<-- [start:resume]
def resume(
    model: nn.Module,
    weights: dict[str, Any],
    state: dict[str, Any],
) -> torch.optim.Adam:
    """Load weights into model, on its device, then make its
    Adam.

    The model must have memory: one on meta is left as it is.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.load_state_dict.html
    """
    model.load_state_dict(weights)
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.load_state_dict(copy.deepcopy(state))
    return optimizer
# --8<-- [end:resume]


# --8<-- [start:assert_optimizer_fits]
def assert_optimizer_fits(
    optimizer: torch.optim.Optimizer, model: nn.Module,
) -> None:
    """Check that optimizer holds each parameter to train, in
    place.

    Raises: AssertionError with the first parameter that is not
    held, or whose state has another device or dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.html
    """
    held = {id(parameter) for group in optimizer.param_groups
            for parameter in group["params"]}
    # not moments
    numbers = ("step", "mu_product", "eta", "mu")
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        assert id(parameter) in held, (
            f"the optimizer does not hold {name}:"
            " make it after the weights are in place")
        for key, value in optimizer.state.get(parameter,
                                              {}).items():
            if isinstance(value,
                          torch.Tensor) and key not in numbers:
                here = value.device, value.dtype
                # LBFGS sees a complex number as two real ones
                fitting = [
                    (parameter.device, dtype)
                    for dtype in (parameter.dtype,
                                  parameter.dtype.to_real())]
                assert here in fitting, (
                    f"{key} of {name} is on another"
                    " device or of another dtype than its parameter")
# --8<-- [end:assert_optimizer_fits]
