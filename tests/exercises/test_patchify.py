import pytest
import torch

from snippets.exercises import stub_patchify, wrong_patchify
from snippets.exercises.patchify import check_patchify, check_unpatchify
from snippets.shapes.image_patches import patches_by_slicing, patchify, unpatchify
from tests.awkward import LeftOut

AWKWARD = [LeftOut(check_patchify, "it makes its own images"),
           LeftOut(check_unpatchify, "it makes its own images")]


@pytest.fixture(autouse=True)
def on_device(device):
    """Make the tensors of the checks on the device of this run."""
    with torch.device(device):
        yield


def test_the_stubs_fail_the_checks():
    with pytest.raises(NotImplementedError):
        check_patchify(stub_patchify.patchify, patches_by_slicing)
    with pytest.raises(NotImplementedError):
        check_unpatchify(stub_patchify.unpatchify, patches_by_slicing)


def test_the_solutions_pass_the_checks():
    check_patchify(patchify, patches_by_slicing)
    check_unpatchify(unpatchify, patches_by_slicing)


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
