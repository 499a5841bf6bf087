"""What a page may weigh on the wire: bytes, compressed, headers included."""

FIRST, FIRST_WITH_MATHS, FURTHER, FURTHER_WITH_FIGURES = 85_000, 110_000, 15_000, 25_000
HEAVIER = {"guards/all-guards/": 20_500,  # 12 kB of it are the file that its button gives
           "shapes/strides-lab/": 28_000}  # 15 kB of it are the lab's script
HEADERS = 200  # of one answer
FIGURES = "article :is(svg.figure, img)"  # what is a figure, as CSS


def limit_of_further(address: str, figures: bool) -> int:
    """The limit of a page that is not the first of its visit."""
    return HEAVIER.get(address, FURTHER_WITH_FIGURES if figures else FURTHER)
