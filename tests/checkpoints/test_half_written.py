"""What torch.load says to a file that was cut off."""

from pathlib import Path

import pytest
import torch


@pytest.mark.parametrize(("left", "error", "says"), [
    (1_000, RuntimeError, "failed finding central directory"),
    (5_000, OSError, "Invalid argument"),
    (60_000, OSError, "Invalid argument"),
    (100_000, RuntimeError, "failed finding central directory"),
])
def test_a_cut_file_has_two_messages(tmp_path: Path, left: int,
                                     error: type[Exception],
                                     says: str) -> None:
    path = tmp_path / "last.pt"
    torch.save({"weight": torch.zeros(50_000)}, path)
    with open(path, "r+b") as file:
        file.truncate(left)
    with pytest.raises(error, match=says):
        torch.load(path)
