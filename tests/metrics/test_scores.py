"""The scores against their definitions written out in NumPy, and laws that hold for any features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from samenoise.features import Extractor, Features
from samenoise.metrics import (
    THRESHOLDS,
    conditional_rp,
    cosine,
    gl,
    mae_score,
    memorized,
    mid_p,
    mismatched,
    nearest,
    nn_ratio,
    pfd,
    rp,
    rp_chance,
    rp_floor,
    rp_floor_curve,
    rp_threshold,
    threshold_curve,
)
from samenoise.metrics.reproducibility import levels
from samenoise.metrics.statistics import exceedances

EXTRACTOR = Extractor("net", "abc", "none", 0.4)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def two_models(n: int, d: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    a = normal(n, d, seed=seed)
    return a, a + normal(n, d, seed=seed + 1)


def cosines(a: Tensor, b: Tensor) -> np.ndarray:
    """All ``M(a_i, b_j)``, in float64."""
    x, y = a.double().numpy(), b.double().numpy()
    return (x @ y.T) / np.linalg.norm(x, axis=1)[:, None] / np.linalg.norm(y, axis=1)


sizes = st.integers(2, 12)
seeds = st.integers(0, 10**6)
thresholds = st.floats(-1, 1)
laws = settings(max_examples=25, deadline=None)


def test_rp_is_its_definition() -> None:
    a, b = two_models(200)
    same = np.diag(cosines(a, b))
    score = rp(a, b, 0.6)
    assert 0.2 < score.value < 0.8
    assert score.value == np.mean(same > 0.6)
    assert score.n == 200
    assert score.ci95 == tuple(map(float, mid_p(np.sum(same > 0.6), 200)))


def test_rp_is_strict() -> None:
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    assert rp(a, b, 0.0).value == 0
    assert rp(a, b, -0.001).value == 1


@laws
@given(n=sizes, seed=seeds, threshold=thresholds)
def test_rp_is_symmetric(n: int, seed: int, threshold: float) -> None:
    a, b = two_models(n, seed=seed)
    assert rp(a, b, threshold) == rp(b, a, threshold)


@laws
@given(n=sizes, seed=seeds, threshold=st.floats(-1, 0.9999))
def test_a_model_reproduces_itself(n: int, seed: int, threshold: float) -> None:
    a, _ = two_models(n, seed=seed)
    assert rp(a, a, threshold).value == 1
    assert gl(a, a, threshold).score.value == 0
    assert pfd(a, a).value == 0


@laws
@given(n=sizes, seed=seeds, exponents=st.tuples(*[st.integers(-120, 120)] * 2))
def test_cosine_forgets_scale(n: int, seed: int, exponents: tuple[int, int]) -> None:
    a, b = two_models(n, seed=seed)
    scaled = cosine(a * 2.0 ** exponents[0], b * 2.0 ** exponents[1])
    torch.testing.assert_close(scaled, cosine(a, b), rtol=0, atol=1e-6)
    torch.testing.assert_close(cosine(-a, b), -cosine(a, b), rtol=0, atol=1e-6)


@laws
@given(n=sizes, seed=seeds, threshold=thresholds, chunk=st.integers(1, 13))
def test_floor_is_all_mismatched_pairs(n: int, seed: int, threshold: float, chunk: int) -> None:
    a, b = two_models(n, seed=seed)
    others = cosines(a, b)[~np.eye(n, dtype=bool)]
    score = rp_floor(a, b, threshold, chunk)
    assert score.n == n * (n - 1)
    assert score.value == np.mean(others > threshold)
    expected = np.mean(others[:, None] > THRESHOLDS.numpy(), axis=0)
    np.testing.assert_allclose(rp_floor_curve(a, b, chunk=chunk), expected, atol=0.5 / score.n)


def test_floor_interval_covers_where_few_images_match_all_others() -> None:
    """The worst case of dependence: an image matches all others, with probability q, or no other of its kind."""
    rng, q, n = np.random.default_rng(0), 0.05, 40
    common = torch.eye(n + 1)[:1]
    rare = 0.7 * common + 0.51**0.5 * torch.eye(n + 1)[1:]  # cosine 0.49 with one another, 0.7 with `common`
    covered = 0
    for _ in range(400):
        images = torch.where(torch.from_numpy(rng.random(n) < q)[:, None], common, rare)
        low, high = rp_floor(images, images, 0.6).ci95
        covered += low <= 1 - (1 - q) ** 2 <= high
    assert covered / 400 > 0.92


def test_calibrated_threshold_of_rp_is_that_of_all_mismatched_pairs() -> None:
    a, b = two_models(60)
    null = np.sort(np.concatenate([x.numpy() for x in mismatched(a, b)]))
    for rate in (0.0, 0.01, 0.5):
        threshold = rp_threshold(a, b, rate, chunk=7)
        assert threshold == pytest.approx(null[-1 - int(rate * len(null))], abs=1e-6)
        assert rp_floor(a, b, threshold).value <= rate
        assert rp_floor(a, b, threshold - 1e-5).value > rate


def test_floor_needs_two_noises() -> None:
    for score in (rp_floor, rp_floor_curve, rp_threshold):
        with pytest.raises(ValueError, match="two noises"):
            score(torch.ones(1, 2), torch.ones(1, 2), *([0.5] if score is rp_floor else []))


def test_conditional_rp_is_its_definition() -> None:
    u, classes = normal(100, 4), normal(3, 100, 4, seed=1)
    best = np.max([np.diag(cosines(u, v)) for v in classes], axis=0)
    assert conditional_rp(u, classes, 0.7).value == np.mean(best > 0.7)
    assert conditional_rp(u, classes[1:2], 0.7).value == rp(u, classes[1], 0.7).value


def test_mae_score_is_taken_on_the_levels_of_saved_images() -> None:
    a = normal(300, 1, 5, 5) * 0.8
    b = a + 0.2 * normal(300, 1, 5, 5, seed=1)
    x, y = (np.rint((np.clip(x.numpy(), -1, 1) + 1) * 127.5).astype(int) for x in (a, b))
    difference = np.abs(x - y).reshape(300, -1).mean(1)
    assert 0.1 < np.mean(difference < 15) < 0.9
    assert mae_score(a, b).value == np.mean(difference < 15)
    assert mae_score(torch.full((1, 1, 2, 2), 1.0), torch.full((1, 1, 2, 2), 7.0), 1e-3).value == 1
    exactly_15 = torch.full((1, 1, 2, 2), 15 / 127.5 - 1)
    assert mae_score(exactly_15, torch.full_like(exactly_15, -1.0)).value == 0
    assert levels(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0, 128, 255]
    with pytest.raises(TypeError, match="uint8"):
        mae_score(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.zeros(1, 1, 2, 2, dtype=torch.uint8))


def test_gl_is_its_definition_and_finds_the_nearest() -> None:
    a, train = normal(150, 5), normal(90, 5, seed=1)
    table = cosines(a, train)
    found, complement = memorized(a, train, 0.9), gl(a, train, 0.9)
    assert 0.2 < found.score.value < 0.8
    assert found.score.value == np.mean(table.max(1) > 0.9)
    assert found.row.tolist() == table.argmax(1).tolist()
    np.testing.assert_allclose(found.similarity, table.max(1), atol=1e-6)
    assert complement.score.value == pytest.approx(np.mean(table.max(1) <= 0.9))
    assert memorized(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]]), 0.0).score.value == 0  # strict
    k = int(np.sum(table.max(1) <= 0.9))
    np.testing.assert_allclose(complement.score.ci95, np.array(mid_p(k, 150)))


@laws
@given(n=sizes, m=st.integers(1, 30), k=st.integers(1, 4), seed=seeds, chunk=st.integers(1, 31))
def test_nearest_is_a_full_sort_at_any_chunk(n: int, m: int, k: int, seed: int, chunk: int) -> None:
    a, y, k = normal(n, 4, seed=seed), normal(m, 4, seed=seed + 1), min(k, m)
    found = nearest(a, y, k, chunk)
    order = np.argsort(-cosines(a, y), axis=1)[:, :k]
    assert found.row.tolist() == order.tolist()
    assert torch.equal(found.similarity, nearest(a, y, k).similarity)


def test_a_vector_of_zeros_has_similarity_zero() -> None:
    zero, y = torch.zeros(1, 3), normal(5, 3)
    assert cosine(zero, y[:1]).item() == 0
    assert cosine(zero, zero).item() == 0
    assert nearest(zero, y).similarity.item() == 0


@laws
@given(n=sizes, seed=seeds)
def test_scores_do_not_see_the_order_of_noises(n: int, seed: int) -> None:
    a, b = two_models(n, seed=seed)
    ids, shuffle = torch.arange(n) * 3, torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    left, right = Features(ids, a, EXTRACTOR, "bank"), Features(ids, b, EXTRACTOR, "bank")
    shuffled = Features(ids[shuffle], b[shuffle], EXTRACTOR, "bank")
    assert rp(left, shuffled) == rp(left, right) == rp(a, b, 0.4)
    assert rp_floor(left, shuffled) == rp_floor(left, right)
    assert pfd(left, shuffled) == pfd(left, right)
    assert conditional_rp(left, [shuffled, right]) == rp(a, b, 0.4)
    assert memorized(shuffled, left).score == memorized(right, left).score


@laws
@given(n=sizes, seed=seeds)
def test_threshold_curves_fall_and_pass_through_the_score(n: int, seed: int) -> None:
    a, b = two_models(n, seed=seed)
    for curve in (threshold_curve(cosine(a, b)), rp_floor_curve(a, b)):
        assert bool((curve.diff() <= 0).all())
    assert threshold_curve(cosine(a, b))[60].item() == rp(a, b, 0.6).value
    assert rp_floor_curve(a, b)[60].item() == rp_floor(a, b, 0.6).value


def test_what_cannot_be_compared_is_refused() -> None:
    a = Features(torch.arange(2), torch.ones(2, 3), EXTRACTOR, "bank")
    other = Features(torch.arange(2), torch.ones(2, 3), Extractor("other", "abc", "none", 0.6), "bank")
    with pytest.raises(TypeError, match="tensor has no noise ids"):
        rp(a, torch.ones(2, 3))
    with pytest.raises(TypeError, match="which extractor"):
        memorized(a, torch.ones(2, 3))
    with pytest.raises(ValueError, match=r"net.*other"):
        memorized(a, other)
    with pytest.raises(TypeError, match="threshold"):
        rp(torch.ones(2, 3), torch.ones(2, 3))
    with pytest.raises(ValueError, match=r"a has shape \(2, 3\), b has \(3, 3\)"):
        rp(torch.ones(2, 3), torch.ones(3, 3), 0.5)
    with pytest.raises(ValueError, match=r"a has shape \(3,\)"):
        rp(torch.ones(3), torch.ones(3), 0.5)


def test_a_diverged_model_is_no_generalization() -> None:
    broken = torch.ones(4, 3)
    broken[2, 1] = torch.nan
    for score in (lambda: rp(torch.ones(4, 3), broken, 0.5), lambda: gl(broken, torch.ones(4, 3), 0.5)):
        with pytest.raises(ValueError, match="1 of 4 rows, first in row 2"):
            score()
    with pytest.raises(ValueError, match="1 of 4 rows"):
        nn_ratio(broken, torch.rand(4, 3))
    with pytest.raises(ValueError, match="no images"):
        rp(torch.ones(0, 3), torch.ones(0, 3), 0.5)


def test_half_precision_features_are_compared_in_float32() -> None:
    a, b = two_models(50)
    torch.testing.assert_close(cosine(a.half(), b.half()), cosine(a.half().float(), b.half().float()), rtol=0, atol=0)
    assert nearest(a.half(), b.half()).similarity.dtype == torch.float32


@pytest.mark.parametrize("chunk", [7, 1024])
def test_one_pass_over_the_mismatched_pairs_gives_what_each_of_four_gave(chunk: int) -> None:
    """Bit for bit, with ties at the calibrated threshold and a sweep of rates."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(60, 3, generator=generator)
    b = a + 0.3 * torch.randn(60, 3, generator=generator)
    b[20:30] = b[20]
    for rate in (0.0, 0.01, 0.3):
        chance = rp_chance(a, b, 0.9, rate, chunk=chunk)
        assert chance.floor == rp_floor(a, b, 0.9, chunk)
        assert chance.threshold == rp_threshold(a, b, rate, chunk)
        assert chance.calibrated == rp_floor(a, b, chance.threshold, chunk)
        assert torch.equal(chance.curve, rp_floor_curve(a, b, chunk=chunk))
    with pytest.raises(ValueError, match="at least two noises"):
        rp_chance(a[:1], b[:1], 0.9)


def test_exceedances_of_a_histogram_are_counts() -> None:
    """Values equal to a threshold do not exceed it; thresholds in any order, twice, or beyond all values."""
    values = torch.tensor([0.0, 0.5, 0.5, 0.25, 1.0, -1.0])
    thresholds = torch.tensor([0.5, -2.0, 0.25, 0.5, 2.0, -1.0], dtype=torch.float64)
    assert exceedances(values, thresholds).tolist() == [int((values > t).sum()) for t in thresholds]
