"""Rows with their baselines."""

import pytest
import torch

from samenoise import metrics
from samenoise.features import Pixel
from samenoise.lab.drawn import Drawn
from samenoise.lab.ledger import Ledger


def drawn(name: str, kinds: list[int]) -> Drawn:
    """Four images, each of one bright pixel."""
    pixel, ids = Pixel(torch.zeros(1, 2, 2)), torch.arange(4)
    images = torch.eye(4)[kinds].reshape(4, 1, 2, 2)
    return Drawn.of(name, images, pixel(images, ids, "bank"), 0.95)


A, B, HALF, QUARTER = (
    drawn("a", [0, 1, 2, 3]),
    drawn("b", [0, 1, 2, 0]),
    drawn("h", [0, 1, 0, 0]),
    drawn("q", [0, 0, 0, 0]),
)
BESIDE = {"ceilings": [(A, A), (A, HALF)], "gaussians": [(A, QUARTER), (A, HALF)]}


def test_baselines_are_the_least_favourable_of_their_pairs():
    """Of several ceilings the lowest counts, of several Gaussians the highest."""
    ledger = Ledger("regimes", 8)
    ledger.pair("rp", A, B, **BESIDE)
    row = ledger.rows[0]
    interval = pytest.approx(metrics.mid_p(2, 4))
    beside = {"floor": 1 / 12, "ceiling": 0.5, "gaussian": 0.5, "gaussian_ci95": interval, "ceiling_n": 4}
    assert (row["metric"], row["value"], row["baseline"]) == ("rp", 0.75, beside)


def test_of_distances_the_least_favourable_is_the_other_end():
    """Of a share the lowest ceiling and the highest Gaussian count; of a distance the highest and the lowest."""
    ledger = Ledger("regimes", 8)
    ledger.distances(A, B, **BESIDE)
    mae, pfd = ledger.rows
    assert mae["value"] == 0.75
    assert (mae["baseline"]["ceiling"], mae["baseline"]["gaussian"]) == (0.5, 0.5)
    # Of A with HALF two of four pairs differ, each in two pixels: (2 + 2) / 4. Of A with QUARTER it is three.
    assert pfd["value"] == pytest.approx((2 / 4) ** 0.5)
    assert (pfd["baseline"]["ceiling"], pfd["baseline"]["gaussian"]) == (pytest.approx(1), pytest.approx(1))


def test_a_distance_over_few_noises_allows_for_failures_as_far_off_as_chance_pictures():
    ledger = Ledger("regimes", 8)
    ledger.distances(A, B, **BESIDE)
    row = ledger.rows[1]
    assert row["ci95"] == pytest.approx([*metrics.pfd(A.images, B.images, far=row["baseline"]["floor"]).ci95])
    assert row["ci95"][1] > metrics.pfd(A.images, B.images).ci95[1] + 0.1


def first(drawn: Drawn, count: int) -> Drawn:
    features = drawn.features
    kept = type(features)(features.ids[:count], features.array[:count], features.extractor, features.source)
    return Drawn(drawn.name, drawn.images[:count], kept)


def test_ceilings_are_over_the_noises_that_were_drawn_twice():
    """HALF differs from A at noises 2 and 3 alone: of the first three, at one of three."""
    ledger = Ledger("regimes", 8)
    beside = {"ceilings": [(A, first(HALF, 3))], "gaussians": []}
    ledger.pair("rp", A, B, **beside)
    ledger.distances(A, B, **beside)
    assert {row["n"] for row in ledger.rows} == {4}
    drawn_twice = [row for row in ledger.rows if row["baseline"]["ceiling"] is not None]
    assert [row["metric"] for row in drawn_twice] == ["rp", "rp_calibrated", "mae_score", "pfd"]
    assert [row["baseline"]["ceiling_n"] for row in drawn_twice] == [3] * 4
    ceilings = {row["metric"]: row["baseline"]["ceiling"] for row in drawn_twice}
    assert (ceilings["rp"], ceilings["mae_score"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert ceilings["pfd"] == pytest.approx((2 / 3) ** 0.5)
    without = Ledger("regimes", 8)
    without.pair("rp", A, B, ceilings=[], gaussians=[])
    assert "ceiling_n" not in without.rows[0]["baseline"]


def cloud(name: str, count: int, seed: int, near: Drawn | None = None) -> Drawn:
    images = torch.randn(count, 1, 2, 2, generator=torch.Generator().manual_seed(seed))
    images = images if near is None else near.images + 0.05 * images
    return Drawn.of(name, images, Pixel(torch.zeros(1, 2, 2))(images, torch.arange(count), "bank"), 0.95)


def test_similarities_of_a_pair_are_formed_once(monkeypatch):
    """One pass over the n x n similarities gives floor, calibrated threshold, its floor, the curve, and the ranks."""
    formed = []
    blocks = metrics.similarity.blocks
    for module in (metrics.reproducibility, metrics.rank):
        monkeypatch.setattr(module, "blocks", lambda *a: formed.append(a) or blocks(*a))
    a = cloud("a", 50, 0)
    b = cloud("b", 50, 1, a)
    ledger = Ledger("regimes", 8)
    ledger.pair("rp", a, b, ceilings=[(a, a)], gaussians=[])
    assert len(formed) == 1
    plain, calibrated, auc, top1 = ledger.rows
    assert auc["value"] == metrics.rp_auc(a.features, b.features).value
    assert top1["value"] == metrics.rp_top1(a.features, b.features).value
    threshold = metrics.rp_threshold(a.features, b.features)
    assert calibrated["threshold"] == threshold
    assert calibrated["value"] == metrics.rp(a.features, b.features, threshold).value
    assert calibrated["baseline"]["floor"] == metrics.rp_floor(a.features, b.features, threshold).value
    assert plain["baseline"]["floor"] == metrics.rp_floor(a.features, b.features).value
    assert ledger.curves[0]["floor"] == metrics.rp_floor_curve(a.features, b.features).tolist()


def test_nearest_training_images_are_searched_once_for_each_set(monkeypatch):
    searched = []
    nearest = metrics.generalization.nearest
    monkeypatch.setattr(metrics.generalization, "nearest", lambda a, *b: searched.append(len(a)) or nearest(a, *b))
    train = cloud("train", 20, 0)
    a, held_out, gaussian = (cloud(name, n, n) for name, n in (("a", 40), ("held-out", 61), ("gaussian", 41)))
    Ledger("regimes", 20).copying(a, train, held_out, gaussian, width=8)
    assert sorted(searched) == [40, 41, 61]


def test_the_copying_threshold_is_fitted_to_one_half_and_its_floor_read_off_the_other():
    """The even held-out images fit it, and 1 % of 151 is one; how many of the odd ones pass is for them to say."""
    train, a, gaussian = cloud("train", 20, 0), cloud("a", 40, 1), cloud("gaussian", 40, 2)
    held_out = cloud("held-out", 301, 3)
    ledger = Ledger("regimes", 20)
    ledger.copying(a, train, held_out, gaussian, width=8)
    best = metrics.memorized(held_out.features, train.features).similarity
    row, gl = (next(row for row in ledger.rows if row["metric"] == f"{m}_calibrated") for m in ("memorized", "gl"))
    assert row["threshold"] == float(best[::2].sort().values[-2])
    passed = int((best[1::2] > row["threshold"]).sum())
    assert row["baseline"]["floor"] == passed / 150
    assert row["baseline"]["floor_n"] == 150
    assert row["baseline"]["floor_ci95"] == pytest.approx([float(end) for end in metrics.mid_p(passed, 150)])
    assert gl["baseline"]["floor_ci95"] == pytest.approx([1 - end for end in reversed(row["baseline"]["floor_ci95"])])
    [plain] = [row for row in ledger.rows if row["metric"] == "memorized"]
    assert plain["baseline"]["floor_n"] == 301
