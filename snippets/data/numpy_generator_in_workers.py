"""Random numbers that differ between DataLoader workers and epochs."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from snippets.guards.judge import Undecided


# --8<-- [start:noisy_images]
class NoisyImages(Dataset[Any]):
    """Images (N, ...) plus noise of a generator of their
    process.

    The images are an array of NumPy, and the noise is float64.
    The seed that DataLoader gives to a worker differs between
    workers, and is new in new workers; where it is new, so is
    the generator. Processes that train together need other
    seeds, by their rank: of torch, or of the generator that
    the DataLoader is given. A call of `torch.manual_seed` with
    the seed that this process has already does not start the
    generator anew.

    Source: https://docs.pytorch.org/docs/stable/data.html
    """

    def __init__(self, images: Any) -> None:
        """Hold the images; the generator is made where it is
        used."""
        self.images, self.seed = images, -1

    def __len__(self) -> int:
        """Return N."""
        return len(self.images)

    def __getitem__(self, index: int) -> Any:
        """Return image `index` plus noise."""
        if self.seed != torch.initial_seed():
            self.seed = torch.initial_seed()
            self.rng = np.random.default_rng(self.seed)
        image = self.images[index]
        return image + self.rng.normal(size=np.shape(image))
# --8<-- [end:noisy_images]


# --8<-- [start:two_epochs]
def two_epochs(dataset: Dataset[Any],
               **options: Any) -> list[list[Any]]:
    """Return the items of two epochs, loaded by two workers.

    The items stay off the GPU, which forked workers cannot
    use.

    Source: https://docs.pytorch.org/docs/stable/data.html
    """
    with torch.device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        loader: DataLoader[Any] = DataLoader(
            dataset, num_workers=2,
            multiprocessing_context="fork", collate_fn=list,
            **options)
        return [[item for batch in loader for item in batch]
                for _ in range(2)]
# --8<-- [end:two_epochs]


# --8<-- [start:assert_draws_differ]
def assert_draws_differ(
        dataset: Dataset[Any],
        load: Callable[..., list[list[Any]]],
        image: Callable[[Any], Any] = lambda item: item,
        **options: Any) -> None:
    """Fail where workers or epochs repeat each other's random
    numbers.

    Item 0 is loaded four times an epoch by
    `load(items, **options)`; `image` takes the random part out
    of an item: a dense tensor, or what NumPy makes an array of
    numbers of. Leave `batch_size` out of `options`, so that
    both workers load.

    Raises:
        AssertionError: says what repeats what.
        TypeError: `image` gives no array of numbers, as where
            an item is a pair or a string.
        Undecided: item 0 is one and the same in an epoch, as
            where nothing is random, or noise is drawn for
            (epoch, index).
    Source: https://github.com/pytorch/pytorch/issues/5059
    """
    def drawn(item: Any) -> bytes:
        wrong = "let image return an array of numbers"
        numbers = image(item)
        try:
            if isinstance(numbers, torch.Tensor):
                plain = numbers.detach().resolve_conj(
                ).resolve_neg()
                flat = plain.cpu().contiguous().reshape(-1)
                numbers = flat.view(torch.uint8)
            numbers = np.asarray(numbers)
        except (RuntimeError, TypeError, ValueError) as error:
            raise TypeError(wrong) from error
        if numbers.dtype.kind not in "biufc":
            raise TypeError(wrong)
        return numbers.tobytes()

    same: Subset[Any] = Subset(dataset, [0] * 4)
    with torch.random.fork_rng(
            range(torch.cuda.device_count())):
        first, second = (
            [drawn(item) for item in epoch]
            for epoch in load(same, **options))
    different = [len(set(epoch)) for epoch in (first, second)]
    if 1 in different:
        raise Undecided(
            "item 0 is the same at each read: no noise, or "
            "noise that follows the index")
    assert different == [
        len(first), len(second)
    ], ("workers repeat each other: a generator made before they "
        "start, or one seed for all")
    assert not set(first) & set(second), (
        "an epoch repeats the one before: workers start from the same "
        "generator or seed again")
# --8<-- [end:assert_draws_differ]
