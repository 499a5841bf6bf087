"""The figure of a bidirectional LSTM: the tokens behind each output."""

import torch
from torch import nn

INPUT = torch.tensor(5)


def panels(length: torch.Tensor) -> list[dict[str, object]]:
    """Show which of `length` tokens each output has read."""
    n = int(length)
    torch.manual_seed(0)
    lstm = nn.LSTM(1, 1, bidirectional=True)

    def outputs(x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = lstm(x[:, None])[0]
        return output

    read = torch.autograd.functional.jacobian(
        outputs, torch.randn(n)) != 0
    found: list[dict[str, object]] = []
    for title, half, final in (("forward half", 0, n - 1),
                               ("backward half", 1, 0)):
        mask = read[:, half]
        state = torch.zeros_like(mask)
        state[final] = True
        found.append({
            "title": title,
            "mask": mask,
            "mark": state,
            "across": "token",
            "down": "output at",
            "names": {"kept": "read", "hidden": "not read",
                      "mark": "h_n"},
            "says": (f"the {title} has read {mask[-1].sum()}"),
        })
    return found
