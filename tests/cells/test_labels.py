"""What networks are told of their images."""

from __future__ import annotations

import pytest
import torch

from samenoise.cells.labels import LabelSpec
from samenoise.data import ImageSet, digits, of_classes

IDS = torch.tensor([5, 17, 300, 2])


def test_labels_of_the_data_are_numbered_in_their_order() -> None:
    data = digits()
    assert torch.equal(LabelSpec(classes=10).of(data, IDS), data.labels[IDS])
    some = of_classes(data, [3, 7, 9])
    found = LabelSpec(classes=3).of(some, torch.arange(50))
    assert torch.equal(torch.tensor([3, 7, 9])[found], some.labels[:50])
    assert torch.equal(LabelSpec(classes=10).unseen(data, IDS), data.labels[IDS])


def test_random_labels_belong_to_the_image_and_not_to_the_subset() -> None:
    data, spec = digits(), LabelSpec(kind="random", classes=10, seed=4)
    found = spec.of(data, torch.arange(1797))
    assert torch.equal(spec.of(data, IDS), found[IDS])
    assert torch.equal(spec.unseen(data, IDS), found[IDS])
    assert torch.bincount(found).min() > 130
    assert abs(float((found == data.labels).double().mean()) - 0.1) < 0.03
    assert not torch.equal(LabelSpec(kind="random", classes=10, seed=5).of(data, IDS), found[IDS])
    assert (
        abs(
            float((LabelSpec(kind="random", classes=10, seed=5).of(data, torch.arange(1797)) == found).double().mean())
            - 0.1
        )
        < 0.03
    )


def test_each_image_may_have_a_label() -> None:
    spec = LabelSpec(kind="each", classes=6)
    assert spec.of(digits(), IDS).tolist() == [0, 1, 2, 3]
    assert spec.unseen(digits(), IDS).tolist() == [-1] * 4
    with pytest.raises(ValueError, match="3 labels are too few for one for each of 4 images"):
        LabelSpec(kind="each", classes=3).of(digits(), IDS)


def test_data_without_those_labels_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="digits has images of 10 classes, not of 7: set their number so"):
        LabelSpec(classes=7).of(digits(), IDS)
    unlabelled = ImageSet("mine", torch.zeros(4, 1, 8, 8), torch.tensor([0, -1, -1, 1]))
    with pytest.raises(ValueError, match="2 of the 4 images of mine have no label: name a folder with a subfolder"):
        LabelSpec(classes=2).of(unlabelled, torch.arange(4))
