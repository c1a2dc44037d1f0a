"""Features: joined on noise id, refused where they do not match, and the feature `pixel`."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from samenoise.features import Extractor, Features, Pixel, join
from samenoise.metrics import cosine, gl, memorized, pfd, rp, rp_floor

EXTRACTOR = Extractor("net", "abc", "none", 0.6)


def features(ids: list[int], d: int = 3, source: str = "bank", extractor: Extractor = EXTRACTOR) -> Features:
    """Row ``id`` holds ``id, id + 1/8, ...``, so that a wrong pairing shows."""
    array = torch.tensor(ids, dtype=torch.float32)[:, None] + torch.arange(d) / 8
    return Features(torch.tensor(ids), array, extractor, source)


def test_join_pairs_on_id_in_any_order() -> None:
    left, right, ids = join(features([3, 7, 1]), features([7, 1, 3]))
    assert ids.tolist() == [1, 3, 7]
    assert torch.equal(left, right)
    assert left[:, 0].tolist() == [1, 3, 7]


@pytest.mark.parametrize(
    ("other", "sides"),
    [
        (features([1, 2], source="elsewhere"), ["bank", "elsewhere"]),
        (features([1, 2], extractor=replace(EXTRACTOR, weights_hash="def")), ["net (abc", "net (def"]),
        (features([1, 2], extractor=replace(EXTRACTOR, preprocessing="cropped")), ["none", "cropped"]),
        (features([1, 2], extractor=replace(EXTRACTOR, threshold=0.5)), ["threshold 0.6", "threshold 0.5"]),
        (features([1, 2], extractor=replace(EXTRACTOR, name="other")), ["net (abc", "other (abc"]),
        (features([1, 2], d=5), ["a has 3", "b has 5"]),
        (features([1]), ["a has 2", "b has 1", "only in a: 2", "only in b: none"]),
        (features([1, 9]), ["a has 2", "b has 2", "only in a: 2", "only in b: 9"]),
        (features(list(range(1, 11))), ["a has 2", "b has 10", "only in a: none", "3, 4, 5, 6, 7, ... (8 in all)"]),
    ],
)
def test_join_names_both_sides(other: Features, sides: list[str]) -> None:
    with pytest.raises(ValueError, match="a ") as error:
        join(features([1, 2]), other)
    for side in sides:
        assert side in str(error.value)


def test_an_id_occurs_once_and_has_one_row() -> None:
    with pytest.raises(ValueError, match="given twice: 4"):
        features([4, 5, 4])
    with pytest.raises(ValueError, match="one row for each id"):
        Features(torch.arange(3), torch.zeros(2, 5), EXTRACTOR, "bank")


def test_batches_of_one_run_are_one() -> None:
    whole = Features.cat([features([5, 2]), features([9])])
    assert whole.ids.tolist() == [5, 2, 9]
    assert whole.array[:, 0].tolist() == [5, 2, 9]
    with pytest.raises(ValueError, match=r"bank.*elsewhere"):
        Features.cat([features([5]), features([2], source="elsewhere")])
    with pytest.raises(ValueError, match=r"abc.*def"):
        Features.cat([features([5]), features([2], extractor=replace(EXTRACTOR, weights_hash="def"))])
    with pytest.raises(ValueError, match=r"threshold 0\.6.*threshold 0\.5"):
        Features.cat([features([5]), features([2], extractor=replace(EXTRACTOR, threshold=0.5))])


@pytest.mark.parametrize("score", [rp, rp_floor, pfd, memorized, gl, cosine, join], ids=lambda score: score.__name__)
def test_features_of_two_thresholds_are_not_compared(score) -> None:
    """The score would be that of one of the two, and nobody could say of which."""
    a, b = features([1, 2]), features([1, 2], extractor=replace(EXTRACTOR, threshold=0.5))
    with pytest.raises(ValueError, match=r"threshold 0\.6.*threshold 0\.5"):
        score(a, b)


def test_the_hash_of_a_mean_holds_its_shape_and_every_value() -> None:
    """Means of the same bytes in another shape, and of the next float of every one."""
    values = torch.arange(16.0) / 16
    means = [values.reshape(shape) for shape in ((1, 4, 4), (4, 2, 2), (1, 2, 8), (1, 1, 16), (16, 1, 1))]
    means += [torch.nextafter(means[0], torch.tensor(2.0))]
    hashes = {Pixel(mean).extractor.weights_hash for mean in means}
    assert len(hashes) == len(means)


def test_pixel_cosine_is_that_of_centred_images() -> None:
    generator = torch.Generator().manual_seed(0)
    mean = torch.rand(1, 4, 4, generator=generator)
    images = torch.rand(2, 5, 1, 4, 4, generator=generator)
    ids = torch.arange(5)
    a, b = (Pixel(mean)(x, ids, "bank") for x in images)
    x, y = (images - mean).flatten(2).double()
    torch.testing.assert_close(cosine(a, b).double(), (x * y).sum(1) / (x.norm(dim=1) * y.norm(dim=1)))


def test_pixel_names_its_mean() -> None:
    mean = torch.zeros(1, 2, 2)
    other = mean.clone()
    other[0, 0, 0] = 1e-6
    assert Pixel(mean).extractor == Pixel(mean.clone()).extractor
    assert Pixel(mean).extractor.threshold == 0.95
    assert Pixel(mean).extractor != Pixel(other).extractor
    assert Pixel(mean).extractor != Pixel(mean.reshape(1, 1, 4)).extractor
    with pytest.raises(ValueError, match=r"\(1, 2, 2\).*\(1, 4, 4\)"):
        Pixel(mean).embed(torch.zeros(3, 1, 4, 4))
