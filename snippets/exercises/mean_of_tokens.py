"""The check of the exercise on a mean that skips padding."""

from collections.abc import Callable

import torch


# --8<-- [start:check_mean_of_kept]
def check_mean_of_kept(
    answer: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> str:
    """Pool samples of 3, 1 and 4 tokens, with several
    paddings.

    Raises: AssertionError with a likely cause where a mean is
    wrong.
    """
    lengths = torch.tensor([3, 1, 4])
    x = torch.arange(24.0).reshape(3, 4, 2) ** 2
    right = torch.arange(4) < lengths[:, None]
    for side, keep in [("right", right), ("left", right.flip(1))]:
        want = torch.stack([
            x[b, keep[b]].mean(0) for b in range(3)])
        got = answer(x.clone(), keep.clone())
        assert got.shape == (3, 2), (
            f"(3, 4, 2) becomes {tuple(got.shape)}, not (3, 2): sum over "
            "dim=1, the tokens")
        zeroed = x * keep[..., None]
        causes = [
            (x.mean(1),
             "the padding is averaged too; mask it"),
            (zeroed.mean(1),
             "the padding adds 0 to the sum and is still "
             "counted; divide by the number of kept tokens"),
            (zeroed.sum(1),
             "this is the sum; divide it by the number "
             "of kept tokens"),
            (zeroed.sum(1) / keep.sum(),
             "this divides by the tokens of "
             "the whole batch; count those of each sample"),
            (x[keep].mean(0).expand(
                3, 2), "x[keep] mixes the tokens of "
             "all samples; sum over dim=1 to keep them apart"),
            (torch.stack([
                x[b, :lengths[b]].mean(0) for b in range(3)]),
             "this takes the first tokens; use the places in `keep`, "
             "because padding may stand on the left"), ]
        cause = next(
            (says for wrong, says in causes
             if torch.allclose(got.to(wrong), wrong)),
            "sum the kept tokens of each sample, then divide "
            "by their number")
        assert torch.allclose(got.to(want), want), (
            f"padding on the {side}: {got[0, 0]:.2f} for "
            f"{want[0, 0]:.2f}: {cause}")

    filled = x.masked_fill(~right[..., None], torch.nan)
    got = answer(filled, right)
    want = torch.stack([
        x[b, right[b]].mean(0) for b in range(3)])
    assert torch.allclose(got.to(want), want), (
        "nan in the padding reaches the mean, because nan * 0 is nan: "
        "replace it by masked_fill or where")
    got = answer(x, torch.zeros_like(right))
    assert not got.isnan().any(), (
        "a sample without tokens gives nan, because 0 / 0 is nan: count "
        "at least 1, by clamp(min=1)")
    assert not got.any(), "a sample without tokens gives zeros"
    return "all means agree"
# --8<-- [end:check_mean_of_kept]
