"""``samenoise.compare`` gives in one call what a run gives: every score is that of its own function."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

import samenoise as sn
from samenoise.data import digits, order
from samenoise.lab.run_files import Row
from samenoise.metrics import mmd_gap, rp_auc
from samenoise.metrics.kernel_distance import RBF
from samenoise.report.side_by_side import SideBySide

COUNT = 96


@pytest.fixture(scope="module")
def real() -> tuple[Tensor, Tensor]:
    images = digits().images[order(1797, 0)]
    return images[:200], images[-200:]


@pytest.fixture(scope="module")
def found(real: tuple[Tensor, Tensor]) -> SideBySide:
    train, held_out = real
    sides = {"copies": sn.Empirical(train, sn.EDM()), "copies again": sn.Empirical(train, sn.Flow())}
    sides["normal"] = sn.Gaussian.fit(train, sn.EDM())
    return sn.compare(sides, train=train, held_out=held_out, noises=COUNT, steps=12)


def row(found: SideBySide, metric: str, a: str) -> Row:
    return next(r for r in found.rows if (r.metric, r.a) == (metric, a))


def test_its_scores_are_those_of_the_functions(found: SideBySide, real: tuple[Tensor, Tensor]) -> None:
    train, held_out = real
    bank, ids, pixel = sn.NoiseBank(0, (1, 8, 8)), torch.arange(COUNT), sn.Pixel(train.mean(0))
    denoisers = sn.Empirical(train, sn.EDM()), sn.Empirical(train, sn.Flow()), sn.Gaussian.fit(train, sn.EDM())
    drawn = [sn.draw(each, bank, ids, steps=12) for each in denoisers]
    a, b, g = (pixel(images, ids, "noises") for images in drawn)
    y, h = (pixel(x, torch.arange(len(x)), "real") for x in (train, held_out))
    assert found.value("rp", "copies again", "copies") == sn.rp(a, b).value
    assert found.value("rp_auc", "copies", "copies again") == rp_auc(a, b).value
    assert found.value("pfd", "copies", "normal") == pytest.approx(sn.pfd(drawn[0], drawn[2]).value, rel=1e-5)
    assert found.value("memorized", "copies") == sn.memorized(a, y).score.value
    assert row(found, "memorized", "copies").floor == sn.memorized(h, y).score.value
    gap = mmd_gap(a, g, h, RBF.of(h))
    assert found.value("mmd_gap", "copies") == pytest.approx(gap.value, rel=1e-5)
    assert row(found, "rp", "copies").ceiling == 1
    assert row(found, "rp", "copies").gaussian == max(sn.rp(a, g).value, sn.rp(b, g).value)


def test_copies_that_agree_are_no_new_pictures(found: SideBySide) -> None:
    text = " ".join(found.sentences)
    assert "copies and copies again draw the same picture for" in text
    assert "mean and covariance do not explain" not in text
    assert "100 % of what copies draws match a training image; 0.5 % of held-out" in text


def test_it_is_printed_within_eighty_columns(found: SideBySide) -> None:
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["RP", "floor", "ceiling", "Gaussian", "AUC", "PFD", "of"]


@pytest.mark.parametrize(
    ("ends", "says"), [((-0.2, -0.1), "yes"), ((0.1, 0.2), "no"), ((-0.1, 0.1), "open"), (None, "–")]
)
def test_nearer_than_the_gaussian_is_what_the_whole_interval_says(
    found: SideBySide, ends: tuple[float, float] | None, says: str
) -> None:
    rows = row(found, "memorized", "copies"), replace(row(found, "mmd_gap", "copies"), ci95=ends)
    table = str(SideBySide(rows, ()))
    assert next(line.split() for line in table.splitlines() if line.strip().endswith("copies"))[-2:] == [says, "copies"]


def test_images_of_unknown_noises_are_held_against_no_gaussian(real: tuple[Tensor, Tensor]) -> None:
    train, held_out = real
    sides = {"a": train[:50], "b": train[:50].clone()}
    unknown = sn.compare(sides, train=train, held_out=held_out)
    assert row(unknown, "rp", "a").value == 1
    assert row(unknown, "rp", "a").gaussian is None
    assert not any(r.metric == "leftover" for r in unknown.rows)
    known = sn.compare(sides, train=train, held_out=held_out, bank=sn.NoiseBank(0, (1, 8, 8)))
    assert row(known, "rp", "a").gaussian == 0
    assert any(r.metric == "leftover" for r in known.rows)


def test_what_cannot_be_compared(real: tuple[Tensor, Tensor]) -> None:
    train, held_out = real
    with pytest.raises(ValueError, match=r"pictures of one shape can be compared, got .*\(1, 4, 4\).* and \(1, 8, 8\)"):
        sn.compare({"a": train, "b": train[..., ::2, ::2]}, train=train, held_out=held_out)
    with pytest.raises(ValueError, match="as many pictures each, got 50 and 60"):
        sn.compare({"a": train[:50], "b": train[:60]}, train=train, held_out=held_out)


def test_nothing_leaks_from_the_package() -> None:
    assert dir(sn) == sorted(sn.__all__)
    assert not {"Any", "TYPE_CHECKING", "import_module"} & set(vars(sn))
