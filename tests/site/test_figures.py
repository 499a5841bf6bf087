"""A figure shows the tensor it is drawn from."""

import re
import runpy

import pytest
import torch

from sitekit.build.figures import computed, draw
from snippets.shapes import figure_image_patches, figure_permute_vs_reshape
from snippets.shapes.image_patches import patchify
from snippets.shapes.wrong_image_patches import patchify_interleaved
from tests.guide import GUIDE, ROOT

FIGURES = [path for path in GUIDE.snippets if "/figure_" in path]


def labels(svg):
    return re.findall(r"<text x=[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("path", FIGURES)
def test_another_tensor_gives_other_labels(path):
    figure = runpy.run_path(str(ROOT / path))
    before, after = (labels(draw(computed(figure | {"INPUT": figure["INPUT"] + n}), "a"))
                     for n in (0, 100))
    assert before
    assert [str(int(label) + 100) for label in before] == after


def test_the_permutation_s_first_row_is_the_one_that_the_page_tells():
    panels = figure_permute_vs_reshape.panels(figure_permute_vs_reshape.INPUT)
    assert labels(draw(panels, ""))[16:20] == ["0", "4", "1", "5"]


def test_equal_colours_are_one_patch():
    for (_, image, patch), layout in zip(
            figure_image_patches.panels(figure_image_patches.INPUT),
            [patchify, patchify_interleaved], strict=True):
        for index, numbers in enumerate(layout(image.reshape(1, 1, 4, 6), (2, 2))[0]):
            assert image[patch == index].tolist() == numbers.tolist()


def test_signs_in_a_title_are_escaped():
    svg = draw([("a < b", torch.ones(1, 1, dtype=torch.int), torch.zeros(1, 1))], 'say "x"')
    assert "a &lt; b" in svg
    assert 'aria-label="say &quot;x&quot;"' in svg
