"""Image sets by class."""

from __future__ import annotations

import pytest
import torch

from samenoise.data import ImageSet
from samenoise.data.sources import digits, of_classes

SET = ImageSet("six", torch.linspace(-1, 1, 6)[:, None, None, None], torch.tensor([3, 1, -1, 3, 0, 1]))


def test_the_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    theirs, ours = load_digits(), digits()
    assert torch.equal((ours.images[:, 0] + 1) * 8, torch.from_numpy(theirs.images).float())
    assert torch.equal(ours.labels, torch.from_numpy(theirs.target))


def test_images_of_some_classes_stay_in_order_with_their_labels() -> None:
    some = of_classes(SET, [3, 0])
    assert some.labels.tolist() == [3, 3, 0]
    assert torch.equal(some.images, SET.images[[0, 3, 4]])
    assert some.name == "six[3,0]"
    assert of_classes(SET, [0, 1, 3, -1]).hash == SET.hash
    assert of_classes(SET, [1]).hash != of_classes(SET, [3]).hash


@pytest.mark.parametrize(("classes", "given"), [([1, 7], r"1, 7"), ([], r"\(none given\)")])
def test_classes_that_are_not_there_are_told_which_are(classes: list[int], given: str) -> None:
    message = rf"six has images of the classes -1, 0, 1, 3 \(-1: none\), so no subset of the classes {given} can"
    with pytest.raises(ValueError, match=message):
        of_classes(SET, classes)


def test_the_hash_holds_shape_pixels_and_labels() -> None:
    """Sets of the same bytes in another shape, with one other pixel, or with other labels, are other sets."""
    pixels, labels = torch.linspace(-1, 1, 16), torch.tensor([0, 1])
    sets = [
        ImageSet("x", pixels.reshape(2, 1, 2, 4), labels),
        ImageSet("x", pixels.reshape(2, 2, 2, 2), labels),
        ImageSet("x", pixels.reshape(2, 1, 4, 2), labels),
        ImageSet("x", pixels.reshape(2, 1, 2, 4), labels.flip(0)),
        ImageSet("x", pixels.flip(0).reshape(2, 1, 2, 4), labels),
        ImageSet("x", pixels.reshape(2, 1, 2, 4).nextafter(torch.tensor(2.0)), labels),
    ]
    assert len({each.hash for each in sets}) == len(sets)
    assert ImageSet("another name", sets[0].images.clone(), labels.clone()).hash == sets[0].hash
