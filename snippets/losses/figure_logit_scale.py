"""The figure of a learned scale: where the clamp stands."""

import math

import torch
import torch.nn.functional as F

INPUT = torch.tensor(100.0)
OTHER = torch.tensor(80.0)


def panels(most: torch.Tensor) -> list[dict[str, object]]:
    """Train a scale of exp(5) that is clamped at `most`."""
    similarity = torch.tensor([[0.9, 1.0], [1.0, 0.9]])

    def train(clamp_in_forward: bool) -> torch.Tensor:
        log_scale = torch.nn.Parameter(torch.tensor(5.0))
        optimizer = torch.optim.Adam([log_scale], lr=0.01)
        values = [log_scale.exp().item()]
        for _ in range(200):
            scale = log_scale.exp()
            if clamp_in_forward:
                scale = scale.clamp(max=most.item())
            loss = F.cross_entropy(
                scale * similarity, torch.arange(2))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if not clamp_in_forward:
                with torch.no_grad():
                    log_scale.clamp_(max=math.log(most))
            values.append(log_scale.exp().item())
        return torch.tensor(values)

    forward, after = train(True), train(False)
    return [
        {
            "title": "exp of the parameter",
            "curves": {"clamp in forward": forward,
                       "clamp after step": after},
            "across": "step",
            "down": "scale",
            "says": [
                f"stays at {forward[-1]:.0f}",
                f"drops to {after[1]:.0f} in the first step",
                f"falls to {after[-1]:.0f}",
            ],
        },
    ]
