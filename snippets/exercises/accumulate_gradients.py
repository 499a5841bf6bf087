"""The check of the exercise on gradient accumulation."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn


# --8<-- [start:check_backward_in_parts]
def check_backward_in_parts(answer: Callable[
    [nn.Module, Sequence[tuple[torch.Tensor, torch.Tensor]]],
    object],) -> str:
    """Compare the gradient of parts of 5, 1, 0 and 2 targets.

    Raises: AssertionError with a likely cause where they
    differ.
    """
    model, parts = nn.Linear(3, 4).double(), []
    gradients: list[torch.Tensor] = []
    counts = torch.tensor([5.0, 1, 0, 2], dtype=torch.float64)
    for count in counts.int().tolist():
        target = torch.randint(4, (2, 3))
        target.view(-1)[count:] = -100
        x = torch.randn(2, 3, 3, dtype=torch.float64)
        loss = F.cross_entropy(
            model(x).flatten(0, 1), target.flatten(),
            reduction="sum")
        gradients += torch.autograd.grad(loss, model.weight)
        parts.append((x, target))
    sums = torch.stack(gradients)

    def run(some: Sequence[int]) -> torch.Tensor:
        model.zero_grad()
        answer(
            model, [(parts[i][0].clone(), parts[i][1].clone())
                    for i in some])
        assert model.weight.grad is not None, (
            "no gradient was left: call backward for each part, and "
            "leave zero_grad to the training loop")
        return model.weight.grad.clone()

    for some in ([0], [0, 1], [0, 1, 3]):
        n = counts[some]
        mean = sums[some] / n[:, None, None]
        want = sums[some].sum(0) / n.sum()
        only_last = ("only the last part is left; call zero_grad before "
                     "the first part, and not between them")
        causes = [
            (mean.mean(0),
             "this is the mean of the parts' means, where "
             "a target of a small part counts more; divide each sum by "
             "all targets"),
            (mean.sum(0),
             "the means are added up, so more parts give a "
             "larger gradient; divide the sums by the number of all "
             "targets"),
            (sums[some].sum(0),
             "the sums are added up; divide by the "
             "number of targets"),
            (sums[some].sum(0) /
             (6 * len(some)), "this divides by all "
             "places; leave out those with -100"),
            (sums[some[-1]] / n.sum(), only_last),
            (mean[-1], only_last), ]
        got = run(some)
        cause = next(
            (says for wrong, says in causes
             if torch.allclose(got, wrong, rtol=1e-4)),
            "sum the losses of each part, divide by the number "
            "of targets in all parts, and call backward")
        assert torch.allclose(got, want, rtol=1e-4), (
            f"parts of {', '.join(f'{c:.0f}' for c in n.tolist())} "
            f"targets: {cause}")
    got = run([0, 1, 2, 3])
    assert not got.isnan().any(), (
        "a part without targets gives nan: its mean is 0 / 0; sum its "
        "losses instead")
    want = sums.sum(0) / counts.sum()
    assert torch.allclose(got, want, rtol=1e-4), (
        "a part without targets changes the gradient: it adds nothing")
    model.weight.grad = torch.ones_like(model.weight)
    answer(model, parts)
    assert torch.allclose(
        model.weight.grad, want + 1, rtol=1e-4), (
            "the gradient that stood there is gone: add to it, and leave "
            "zero_grad to the training loop")
    return "the gradient of the parts is that of the batch"
# --8<-- [end:check_backward_in_parts]
