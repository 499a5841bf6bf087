"""The check of the exercise on gradient accumulation."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:check_backward_in_parts]
def check_backward_in_parts(
    answer: Callable[
        [nn.Module, Sequence[tuple[torch.Tensor, torch.Tensor]]],
        object],
) -> str:
    """Compare the gradient of parts of 5, 1, 0 and 2 targets.

    Raises: AssertionError with a likely cause where they differ.
    """
    model = nn.Linear(3, 4).double()
    parts = []
    for count in (5, 1, 0, 2):
        target = torch.randint(4, (2, 3))
        target.view(-1)[count:] = -100
        x = torch.randn(2, 3, 3, dtype=torch.float64)
        parts.append((x, target))

    def gradient(weight: Callable[[int], float],
                 some: Sequence[int] = (0, 1, 2, 3)) -> torch.Tensor:
        total = torch.zeros_like(model.weight)
        for i in some:
            x, target = parts[i]
            loss = weight(i) * F.cross_entropy(
                model(x).flatten(0, 1), target.flatten(),
                reduction="sum")
            total += torch.autograd.grad(loss, model.weight)[0]
        return total

    def run(some: Sequence[int]) -> torch.Tensor:
        model.zero_grad()
        answer(model, [(parts[i][0].clone(), parts[i][1].clone())
                       for i in some])
        assert model.weight.grad is not None, (
            "no gradient was left: call backward for each part, and "
            "leave zero_grad to the training loop")
        return model.weight.grad.clone()

    count = [5, 1, 0, 2]
    for some in ([0], [0, 1], [0, 1, 3]):
        here = f"parts of {', '.join(str(count[i]) for i in some)} targets: "
        total, n = sum(count[i] for i in some), len(some)
        mean = [1 / max(c, 1) for c in count]
        last = some[-1]
        causes = [
            (gradient(lambda i: mean[i] / n, some),
             "this is the mean of the parts' means, where a target of a "
             "small part counts more; divide each sum by all targets"),
            (gradient(lambda i: mean[i], some),
             "the means are added up, so more parts give a larger "
             "gradient; divide the sums by the number of all targets"),
            (gradient(lambda i: 1.0, some),
             "the sums are added up; divide by the number of targets"),
            (gradient(lambda i: 1 / (6 * n), some),
             "this divides by all places; leave out those with -100"),
            (gradient(lambda i: 1 / total, [last]),
             "only the last part is left; call zero_grad before the "
             "first part, and not between them"),
            (gradient(lambda i: mean[i], [last]),
             "only the last part is left; call zero_grad before the "
             "first part, and not between them"),
        ]
        got, want = run(some), gradient(lambda i: 1 / total, some)
        cause = next((says for wrong, says in causes
                      if torch.allclose(got, wrong, rtol=1e-4)),
                     "sum the losses of each part, divide by the number "
                     "of targets in all parts, and call backward")
        assert torch.allclose(got, want, rtol=1e-4), here + cause
    got = run([0, 1, 2, 3])
    assert not got.isnan().any(), (
        "a part without targets gives nan: its mean is 0 / 0; sum its "
        "losses instead")
    want = gradient(lambda i: 1 / 8)
    assert torch.allclose(got, want, rtol=1e-4), (
        "a part without targets changes the gradient: it adds nothing")
    model.weight.grad = torch.ones_like(model.weight)
    answer(model, parts)
    assert torch.allclose(model.weight.grad, want + 1, rtol=1e-4), (
        "the gradient that stood there is gone: add to it, and leave "
        "zero_grad to the training loop")
    return "the gradient of the parts is that of the batch"
# --8<-- [end:check_backward_in_parts]
