"""The figure of view or reshape: which results share memory."""

import torch

INPUT = torch.tensor([[1, 2], [3, 4]])


def numbers(x: torch.Tensor) -> str:
    """Give the numbers of `x` in row order."""
    return " ".join(map(str, x.flatten().tolist()))


def panels(rows: torch.Tensor) -> list[dict[str, object]]:
    """Show `rows` (2, 2), the same by columns, and a view with gaps."""
    columns = rows.T.contiguous().T
    every_second = (torch.arange(12).view(2, 6) + rows[0, 0] - 1)[:, ::2]
    return [
        {
            "title": "one stride fits: the memory is shared",
            "storage": {"rows": rows, "rows.reshape(4)": rows.reshape(4)},
            "says": f"lies in memory as {numbers(rows)}",
        },
        {
            "title": "no stride fits: reshape copies",
            "storage": {
                "columns": columns,
                "columns.reshape(4)": columns.reshape(4),
            },
            "says": f"lies as {numbers(columns.T)}",
        },
        {
            "title": "gaps, and one stride fits",
            "storage": {
                "every_second": every_second,
                "every_second.view(6)": every_second.view(6),
            },
            "says": f"the stride {every_second.view(6).stride(0)}",
        },
    ]
