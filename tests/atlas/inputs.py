"""The tensors that the atlas calls functions on, by name: small, and chosen to tell."""

import torch

t = torch.tensor
INPUTS = {
    # One axis: signs and bounds, ties, what is no number.
    "kinks": lambda: t([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0]),
    "other": lambda: t([1.0, -1.0, 0.0, -0.0, 2.0, 1.0, -3.0]),
    "ties": lambda: t([1.0, 3.0, 3.0, 0.0, 3.0]),
    "odd": lambda: t([torch.nan, torch.inf, -torch.inf, 1e30, -1e-30, 1.0]),
    "vector": lambda: t([1.0, -2.0, 3.0]),
    "scalar": lambda: t(2.0),
    "empty": lambda: torch.zeros(0),
    # Dtypes.
    "double": lambda: t([0.1, 2.5, -3.0], dtype=torch.float64),
    "half": lambda: t([1.0, 60000.0, -2.0, 0.1], dtype=torch.float16),
    "brain": lambda: t([1.0, 257.0, -2.0, 0.1], dtype=torch.bfloat16),
    "eighth": lambda: t([0.5, 300.0, -2.0]).to(torch.float8_e4m3fn),
    "complexes": lambda: t([1 + 2j, -1, 0, 3 - 4j]),
    "ints": lambda: t([3, -2, 0, 7]),
    "zeros": lambda: t([0, 0, 2, -3]),
    "small": lambda: t([1, 2, -128, 127], dtype=torch.int8),
    "bytes": lambda: t([0, 1, 255, 3], dtype=torch.uint8),
    "words": lambda: t([0, 1, 65535], dtype=torch.uint16),
    "bools": lambda: t([True, False, True, True]),
    # Two axes and more.
    "wide": lambda: t([[1.0, 2.0, 3.0], [3.0, 3.0, 0.0]]),
    "turned": lambda: t([[1.0, -2.0, 3.0], [0.0, 5.0, 0.5]]).t(),
    "matrix": lambda: t([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, 1.0, 4.0]]),
    "positive": lambda: t([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]]),
    "singular": lambda: t([[1.0, 2.0], [2.0, 4.0]]),
    "hollow": lambda: torch.zeros(2, 0),
    "batch": lambda: torch.linspace(-1, 1, 18).reshape(2, 3, 3),
    "keep": lambda: t([[True, False, True], [False, False, True]]),
    "index": lambda: t([0, 2, 0]),
    "rows": lambda: t([1, 0]),
    "places": lambda: t([[0, 2, 2], [1, 0, 1]]),
    "far": lambda: t([0, 9, -9]),
    # Layers and losses.
    "sound": lambda: torch.linspace(-1, 1, 16).reshape(1, 2, 8),
    "image": lambda: torch.linspace(-1, 1, 32).reshape(1, 2, 4, 4),
    "flat": lambda: torch.ones(1, 2, 4, 4),
    "volume": lambda: torch.linspace(-1, 1, 54).reshape(1, 2, 3, 3, 3),
    "filters1": lambda: torch.linspace(-1, 1, 12).reshape(3, 2, 2),
    "filters2": lambda: torch.linspace(-1, 1, 24).reshape(3, 2, 2, 2),
    "filters3": lambda: torch.linspace(-1, 1, 48).reshape(3, 2, 2, 2, 2),
    "logits": lambda: t([[2.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [9.0, -9.0, 1.0, 3.0]]),
    "target": lambda: t([0, 3, 1]),
    "probs": lambda: t([[0.5, 0.25, 0.25, 0.0], [1.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]]),
    "signs": lambda: t([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0]),
    "points": lambda: t([[[[-1.0, 0.0], [0.5, 1.5]], [[0.0, 0.0], [1.0, -1.0]]]]),
    "query": lambda: torch.linspace(-1, 1, 24).reshape(1, 2, 3, 4),
    "key": lambda: torch.linspace(1, -2, 24).reshape(1, 2, 3, 4),
}
