"""A dataset of which a forked worker copies what it reads."""

from typing import Any

from torch.utils.data import Dataset


# --8<-- [start:list_of_records]
class ListOfRecords(Dataset[Any]):
    """Records in a list: objects whose counts a read
    changes."""

    def __init__(self, records: list[Any]) -> None:
        """Hold the records."""
        self.records = records

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def __getitem__(self, index: int) -> Any:
        """Return record `index`."""
        return self.records[index]
# --8<-- [end:list_of_records]
