"""Batch norm with running statistics, and the check of the exercise."""

from collections.abc import Callable

import torch
import torch.nn.functional as F


# --8<-- [start:batch_norm]
def batch_norm(
    x: torch.Tensor, running_mean: torch.Tensor,
    running_var: torch.Tensor, training: bool,
    momentum: float = 0.1, eps: float = 1e-5,
) -> torch.Tensor:
    """Normalize each feature of `x` (B, C), as F.batch_norm
    does.

    In training the statistics (C,) of the batch normalize it,
    and the running ones are changed in place; else these
    normalize. `x` is float32 or float64, and its squares are
    finite; a mean far above the deviation costs digits.

    Raises:
        TypeError: `x` is of another dtype.
        ValueError: a batch in training has fewer than two
            samples.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
    """
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"x is {x.dtype}")
    if not training:
        return (x - running_mean) / (running_var + eps).sqrt()
    if len(x) < 2:
        raise ValueError("one sample has no variance")
    mean, var = x.mean(0), x.var(0, correction=0)
    with torch.no_grad():
        running_mean.lerp_(mean.to(running_mean), momentum)
        unbiased = x.var(0, correction=1)
        running_var.lerp_(unbiased.to(running_var), momentum)
    return (x - mean) / (var + eps).sqrt()
# --8<-- [end:batch_norm]


# --8<-- [start:check_batch_norm]
def check_batch_norm(
        answer: Callable[..., torch.Tensor]) -> str:
    """Compare `answer` with F.batch_norm in training, then in
    eval.

    Raises: AssertionError with a likely cause where they
    differ.
    """
    x = torch.tensor([[0.0, 3], [2, 3], [4, 9], [10, 5]])
    x.requires_grad_()
    old_mean, old_var = torch.tensor([8.0, 1]), torch.tensor([3.0, 5])
    mean, biased = x.mean(0), x.var(0, correction=0)
    unbiased = x.var(0, correction=1)
    m, eps = 0.25, 0.5

    def compare(
        what: str, got: torch.Tensor, want: torch.Tensor,
        causes: list[tuple[torch.Tensor, str]],
    ) -> None:
        def is_close(other: torch.Tensor) -> bool:
            return got.shape == other.shape and torch.allclose(
                got.to(other), other, rtol=1e-4, atol=1e-5)
        cause = next(
            (says
             for other, says in causes if is_close(other)),
            f"{got.tolist()} for {want.tolist()}")
        assert is_close(want), f"{what}: {cause}"

    new_mean, new_var = old_mean.clone(), old_var.clone()
    out = answer(x, new_mean, new_var, True, m, eps)
    centred = x - mean
    compare(
        "output in training", out,
        F.batch_norm(x, None, None, None, None, True, m, eps),
        [
            (centred / (unbiased + eps).sqrt(),
             "it is divided by the unbiased variance (n - 1); the batch "
             "itself takes the biased one (n)"),
            (centred / (biased.sqrt() + eps),
             "eps stands outside of the root; add it to the variance"
             ),
            (centred / (biased + eps),
             "it is divided by the variance; take its square root"),
            ((x - old_mean) / (old_var + eps).sqrt(),
             "the running statistics are for eval; in training the "
             "batch's own normalize"),
            (F.layer_norm(x, (2,), eps=eps),
             "each sample is normalized over its features; take the "
             "statistics over dim=0, one for each feature"), ])
    compare("running mean", new_mean, old_mean.lerp(mean, m), [
        (old_mean,
         "it did not change; write into the tensor that was "
         "given, by copy_, lerp_ or mul_ and add_"),
        (mean.lerp(old_mean,
                   m), "momentum is the weight of the new "
         "value, and yours weighs the old one"), ])
    compare(
        "running variance", new_var, old_var.lerp(unbiased, m),
        [
            (old_var,
             "it did not change; write into the tensor that was "
             "given, by copy_, lerp_ or mul_ and add_"),
            (old_var.lerp(biased, m),
             "it takes the biased variance; the "
             "running one takes the unbiased variance (n - 1)"),
            (unbiased.lerp(old_var, m),
             "momentum is the weight of the new "
             "value, and yours weighs the old"), ])
    assert not any(
        new.requires_grad for new in (new_mean, new_var)), (
            "the running statistics hold the graph of each batch, so memory "
            "grows: update them under torch.no_grad()")
    got, = torch.autograd.grad((out * x.detach()**2).sum(), x)
    again = F.batch_norm(
        x, None, None, None, None, True, m, eps)
    want, = torch.autograd.grad((again * x.detach()**2).sum(),
                                x)
    compare("gradient in training", got, want, [
        (got,
         "it must go through the mean and the variance of the "
         "batch: do not detach them in the output")])

    kept = new_mean.clone(), new_var.clone()
    compare(
        "output in eval",
        answer(x, new_mean, new_var, False, m, eps),
        F.batch_norm(x, *kept, None, None, False, m, eps),
        [(out,
          "the batch's statistics normalize; eval takes the "
          "running ones, so that a sample's result does not "
          "depend on its batch")])
    now = torch.stack((new_mean, new_var))
    assert torch.equal(now, torch.stack(kept)), (
        "eval changes the running statistics: update them if `training` "
        "is true, and leave them as they are otherwise")
    return "output, statistics and gradient agree"
# --8<-- [end:check_batch_norm]
