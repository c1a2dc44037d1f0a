"""Agreement without a threshold: against ten lines of float64, at both ends, with ties, and monotone in noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from samenoise.features import Pixel
from samenoise.metrics import rp, rp_auc, rp_chance, rp_floor, rp_floor_curve, rp_ranks, rp_threshold, rp_top1
from samenoise.metrics.rank import Ranking
from samenoise.metrics.statistics import proportion


def drawn(n: int, d: int, noise: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """What two generators draw: the same, and noise of their own."""
    generator = torch.Generator().manual_seed(seed)
    a, own, other = (torch.randn(n, d, generator=generator) for _ in range(3))
    return a + noise * own, a + noise * other


def by_hand(a: Tensor, b: Tensor) -> tuple[float, float]:
    """Comparison by comparison."""
    M = torch.nn.functional.cosine_similarity(a.double()[:, None], b.double()[None], dim=-1).numpy().round(9)
    n = len(M)
    wins = hits = 0.0
    for similarities in (M, M.T):
        for i, row in enumerate(similarities):
            others = np.delete(row, i)
            wins += np.sum(others < row[i]) + np.sum(others == row[i]) / 2
            hits += (others <= row[i]).all() / np.sum(row == row[i])
    return wins / (2 * n * (n - 1)), hits / (2 * n)


@pytest.mark.parametrize("noise", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("chunk", [1024, 17])
def test_both_scores_are_those_counted_by_hand(noise: float, chunk: int) -> None:
    a, b = drawn(60, 12, noise)
    assert (rp_auc(a, b, chunk).value, rp_top1(a, b, chunk).value) == pytest.approx(by_hand(a, b), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_ties_count_half_and_share_the_first_place(seed: int) -> None:
    """Rows that occur several times, at lengths that round differently."""
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.nn.functional.one_hot(torch.randint(5, (40,), generator=generator)).float() for _ in range(2))
    turned = torch.linalg.qr(torch.randn(700, 5, generator=generator)).Q.T
    lengths = torch.rand(40, 1, generator=generator) + 0.1
    found = rp_ranks(lengths * (a @ turned), b @ turned)
    assert (found.auc.value, found.top1.value) == pytest.approx(by_hand(a, b), abs=1e-12)


def test_identical_generators_score_one_and_independent_ones_chance() -> None:
    a, _ = drawn(400, 30, 0.0)
    assert rp_auc(a, a).value == rp_top1(a, 2 * a).value == 1
    found = [rp_ranks(*(drawn(200, 30, 0.0, seed)[0] for seed in (2 * k, 2 * k + 1))) for k in range(40)]
    assert np.mean([ranks.auc.value for ranks in found]) == pytest.approx(0.5, abs=0.01)
    assert np.mean([ranks.top1.value for ranks in found]) == pytest.approx(1 / 200, abs=0.002)


def test_generators_that_draw_one_picture_score_chance() -> None:
    a = torch.ones(50, 3)
    assert rp_auc(a, a).value == 0.5
    assert rp_top1(a, a).value == pytest.approx(1 / 50)


def test_both_ways_count() -> None:
    """One that draws the same picture from every noise is told from nobody by its own, and by others'."""
    a = torch.eye(30)
    b = a.clone()
    b[:] = a[0] + 0.001 * a
    assert rp_auc(a, b).value == rp_auc(b, a).value
    assert rp_top1(a, b).value == rp_top1(b, a).value
    assert 0.5 < rp_auc(a, b).value < 1


def test_monotone_in_pixel_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    images, noise = (torch.randn(150, 1, 6, 6, generator=generator) for _ in range(2))
    pixel, ids = Pixel(torch.zeros(1, 6, 6)), torch.arange(150)
    a = pixel(images, ids, "bank")
    found = [rp_ranks(a, pixel(images + level * noise, ids, "bank")) for level in (0, 0.5, 1, 2, 4, 8)]
    auc, top1 = ([score.value for score in scores] for scores in zip(*((r.auc, r.top1) for r in found), strict=True))
    assert auc == sorted(auc, reverse=True)
    assert top1 == sorted(top1, reverse=True)
    assert (auc[0], top1[0]) == (1, 1)
    assert auc[-1] < 0.7
    assert top1[-1] < 0.1


def test_features_are_joined_on_their_noises() -> None:
    images = drawn(40, 9, 0.5)[0].reshape(40, 1, 3, 3)
    pixel, order = Pixel(torch.zeros(1, 3, 3)), torch.randperm(40, generator=torch.Generator().manual_seed(0))
    a, b = pixel(images, torch.arange(40), "bank"), pixel(images[order], order, "bank")
    assert rp_auc(a, b).value == rp_top1(a, b).value == 1
    with pytest.raises(ValueError, match="two sources"):
        rp_auc(a, pixel(images, torch.arange(40), "another"))
    with pytest.raises(ValueError, match="at least two noises"):
        rp_top1(torch.ones(1, 2), torch.ones(1, 2))


def test_one_pass_gives_the_ranks_and_moves_nothing() -> None:
    a, b = drawn(90, 10, 0.7)
    chance, alone = rp_chance(a, b, 0.6, chunk=32), rp_ranks(a, b)
    assert chance.ranks.auc == alone.auc
    assert chance.ranks.top1 == alone.top1
    assert chance.floor == rp_floor(a, b, 0.6)
    assert chance.threshold == rp_threshold(a, b)
    assert chance.calibrated == rp_floor(a, b, chance.threshold)
    torch.testing.assert_close(chance.curve, rp_floor_curve(a, b), rtol=0, atol=0)


def test_values_of_noises_have_the_scores_as_their_means() -> None:
    ranks = rp_ranks(*drawn(70, 8, 1.0))
    for values, score in ((ranks.placement, ranks.auc), (ranks.standing, ranks.auc), (ranks.hit, ranks.top1)):
        assert values.shape == (70,)
        assert values.dtype == torch.float64
        assert values.mean().item() == pytest.approx(score.value)
    assert set((2 * ranks.hit).tolist()) == {0, 1, 2}


def test_the_standing_is_what_leaving_a_noise_out_changes() -> None:
    """The jackknife of a U-statistic of degree 2, with n - 2 in the place of n - 1."""
    a, b = drawn(25, 6, 1.0)
    ranks, n = rp_ranks(a, b), 25
    without = []
    for i in range(n):
        kept = torch.arange(n) != i
        without.append(rp_auc(a[kept], b[kept]).value)
    pseudo = ranks.auc.value + (n - 2) * (ranks.auc.value - np.array(without))
    np.testing.assert_allclose(ranks.standing.numpy(), pseudo, atol=1e-12)


def test_the_interval_is_that_of_a_proportion_as_uncertain() -> None:
    """Of noises that agree wholly or not at all that of the share of them, but for two more noises."""
    n, same = 400, 300
    a, b = drawn(n, 200, 0.0)
    b = torch.where(torch.arange(n)[:, None] < same, a, drawn(n, 200, 0.0, seed=1)[0])
    top1 = rp_top1(a, b)
    assert top1.value == pytest.approx(same / n, abs=0.01)
    assert top1.ci95 == pytest.approx(proportion(top1.value * n, n).ci95, abs=0.002)
    auc = rp_auc(a, b)
    assert auc.value == pytest.approx(0.875, abs=0.02)
    # A placement is uniform where nothing agrees, which is less spread than 0 and 1.
    assert auc.ci95[1] - auc.ci95[0] < top1.ci95[1] - top1.ci95[0]


def test_two_more_noises_are_as_uncertain_as_can_be() -> None:
    """Of 8 noises with 4 hits, whose variance is that of a proportion: of 8 9 / (8 + 2) trials."""
    a = torch.eye(8)
    top1 = rp_top1(a, torch.cat([a[:4], -a[4:]]))
    assert top1 == proportion(4, 8, effective=7.2)


def test_a_picture_is_as_similar_as_itself_whatever_was_rounded() -> None:
    ranking = Ranking(torch.tensor([0.5, 0.5]))
    ranking.add(0, torch.tensor([[0.6, 0.1], [0.1, 0.4]]))
    assert ranking.ranks().hit.tolist() == [1, 1]


def test_the_ends_are_closed_and_certain_of_nothing() -> None:
    a, _ = drawn(64, 20, 0.0)
    for score in (rp_auc(a, a), rp_top1(a, a)):
        assert score.ci95[1] == 1
        assert 0.95 < score.ci95[0] < 0.96
    score = rp_auc(a, -a)
    assert score.value == 0
    assert score.ci95[0] == 0


def test_it_goes_on_where_a_threshold_ends() -> None:
    """Pairs that agree a little: RP says no more than chance, the ranks do."""
    a, b = drawn(300, 40, 2.0)
    assert rp(a, b, 0.95).value == 0
    assert rp_auc(a, b).ci95[0] > 0.6
