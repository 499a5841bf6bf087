"""The figure of dtype promotion: where x keeps its dtype in x + y."""

import torch

INPUT = torch.tensor(4)
OTHER = torch.tensor(3)
DTYPES = [
    torch.uint8, torch.int64, torch.float16, torch.float32]


def panels(count: torch.Tensor) -> list[dict[str, object]]:
    """Add y, without axes and with one, to x with one axis."""
    dtypes = DTYPES[:int(count)]
    names = [str(dtype).removeprefix("torch.")
             for dtype in dtypes]
    found: list[dict[str, object]] = []
    for n in (0, 1):
        keeps = torch.tensor([[
            torch.result_type(
                torch.ones(1, dtype=x),
                torch.ones([1] * n, dtype=y)) == x
            for y in dtypes] for x in dtypes])
        found.append({
            "title": f"y {'with' if n else 'without'} axes",
            "mask": keeps, "down": names,
            "across": ["u8", "i64", "f16", "f32"][:len(names)],
            "names": {"kept": "x keeps its dtype",
                      "hidden": "x does not"},
            "says": f"{'with' if n else 'without'} axes, x keeps "
                    f"its dtype in {int(keeps.sum())} of "
                    f"{keeps.numel()}"})
    return found
