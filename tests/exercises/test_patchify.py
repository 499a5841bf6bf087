import pytest
import torch
import torch.nn.functional as F

from snippets.exercises import patchify, stub_patchify, wrong_patchify


@pytest.fixture(autouse=True)
def on_device(device):
    """Make the tensors of the checks on the device of this run."""
    with torch.device(device):
        yield


def test_the_stubs_fail_the_checks():
    with pytest.raises(NotImplementedError):
        patchify.check_patchify(stub_patchify.patchify)
    with pytest.raises(NotImplementedError):
        patchify.check_unpatchify(stub_patchify.unpatchify)


def test_the_solutions_pass_the_checks():
    patchify.check_patchify(patchify.patchify)
    patchify.check_unpatchify(patchify.unpatchify)


@pytest.mark.parametrize(("wrong", "message"), [
    (wrong_patchify.view_alone, "pixels from outside"),
    (wrong_patchify.width_split_backwards, "pixels from outside"),
    (wrong_patchify.patches_by_column, "not the right neighbour"),
    (lambda images, size: images.flatten(2), "is .2, 6, 18. here, not"),
    (lambda images, size: patchify.slow_patches(images.flip(1), size),
     "wrong order"),
    (lambda images, size: patchify.slow_patches(images[:1].repeat(2, 1, 1, 1), size), "mixed up"),
])
def test_wrong_patches_of_the_right_shape_are_rejected(wrong, message):
    with pytest.raises(AssertionError, match=message):
        patchify.check_patchify(wrong)


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda patches, size, image: patches.reshape(2, 3, *image), "first row of the image is torn"),
    (lambda patches, size, image: patchify.unpatchify(patches, size, image).flip(1), "torn"),
    (lambda patches, size, image: patchify.unpatchify(patches, size, image)[:1].repeat(2, 1, 1, 1),
     "mixed up"),
    (lambda patches, size, image: patches, "not .2, 6, 18."),
])
def test_wrong_images_of_the_right_shape_are_rejected(wrong, message):
    with pytest.raises(AssertionError, match=message):
        patchify.check_unpatchify(wrong)


def test_the_specification_is_unfold():
    images = torch.rand(2, 3, 4, 9)
    unfolded = F.unfold(images, (2, 3), stride=(2, 3)).mT
    torch.testing.assert_close(patchify.slow_patches(images, (2, 3)), unfolded, rtol=0, atol=0)
