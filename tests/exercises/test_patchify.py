import pytest
import torch.nn.functional as F

from snippets.exercises import wrong_patchify
from snippets.exercises.patchify import check_patchify, check_unpatchify
from snippets.shapes.image_patches import patches_by_slicing, unpatchify
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_patchify, "it makes its own images"),
           LeftOut(check_unpatchify, "it makes its own images")]


def by_unfold(images, size):
    """In float, as F.unfold wants."""
    return F.unfold(images.float(), size, stride=size).mT


def by_two_unfolds(images, size):
    windows = images.unfold(2, size[0], size[0]).unfold(3, size[1], size[1])
    return windows.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def by_fold(patches, size, patch):
    return F.fold(patches.float().mT, size, patch, stride=patch)


@pytest.mark.parametrize("right", [patches_by_slicing, by_unfold, by_two_unfolds])
def test_right_patches_written_in_another_way_pass(right):
    check_patchify(right, patches_by_slicing)


def test_right_images_written_in_another_way_pass():
    check_unpatchify(by_fold, patches_by_slicing)


@pytest.mark.parametrize(("wrong", "message"), [
    (wrong_patchify.view_alone, "pixels from outside"),
    (wrong_patchify.width_split_backwards, "pixels from outside"),
    (wrong_patchify.patches_by_column, "not the right neighbour"),
    (wrong_patchify.unfold_without_permute, "move H' and W' in front of C"),
    (lambda images, size: images.flatten(2), "is .2, 6, 18. here, not"),
    (lambda images, size: patches_by_slicing(images.flip(1), size),
     "wrong order"),
    (lambda images, size: patches_by_slicing(images[:1].repeat(2, 1, 1, 1), size), "mixed up"),
])
def test_wrong_patches_of_the_right_shape_are_rejected(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_patchify(wrong, patches_by_slicing)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda patches, size, patch: patches.reshape(2, 3, *size), "first row of the image is torn"),
    (lambda patches, size, patch: unpatchify(patches, size, patch).flip(1), "torn"),
    (lambda patches, size, patch: unpatchify(patches, size, patch)[:1].repeat(2, 1, 1, 1),
     "mixed up"),
    (lambda patches, size, patch: patches, "not .2, 6, 18."),
])
def test_wrong_images_of_the_right_shape_are_rejected(wrong, message):
    with pytest.raises(AssertionError, match=message):
        check_unpatchify(wrong, patches_by_slicing)
