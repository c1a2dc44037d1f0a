"""``regimes``: every row from the samples in the store."""

import numpy as np
import pytest
from tiny import cosines, drawn, find, real, shuffled


def test_rows_equal_an_independent_computation(digits_run):
    agenda, store, rows = digits_run
    study = agenda.study
    data, order = real(agenda, store).astype(np.float64), shuffled(1797)
    mean = data[order[:40]].mean(0)
    for n in agenda.config.common.sizes:
        a, b, optimum, gaussian = (
            drawn(agenda, store, wanted)
            for wanted in (study.model(8, n), study.model(16, n), study.optimum(n), study.gaussian(n))
        )
        other = drawn(agenda, store, study.model(8, n), again=True)
        same = cosines(a, b, mean) > 0.95
        row = find(rows, metric="rp", n_train=n)
        assert row["value"] == same.diagonal().mean()
        assert row["baseline"]["floor"] == pytest.approx((same.sum() - same.trace()) / (32 * 31))
        assert row["baseline"]["ceiling"] == 1.0
        assert (cosines(a, other, mean).diagonal() > 0.95).all()
        by_chance = [(cosines(x, gaussian, mean).diagonal() > 0.95).mean() for x in (a, b)]
        assert row["baseline"]["gaussian"] == max(by_chance)
        train, held_out = data[order[:n]], data[order[40:60]]
        copied = (cosines(b, train, mean).max(1) > 0.95).mean()
        memorized = find(rows, metric="memorized", n_train=n, width=16)
        assert memorized["value"] == copied
        assert memorized["baseline"]["floor"] == (cosines(held_out, train, mean).max(1) > 0.95).mean()
        assert find(rows, metric="gl", n_train=n, width=16)["value"] == pytest.approx(1 - copied)
        to_optimum = (cosines(b, optimum, mean).diagonal() > 0.95).mean()
        assert find(rows, metric="rp_optimum", n_train=n, width=16)["value"] == to_optimum
        distance = np.sqrt(((a.astype(np.float64) - b) ** 2).sum(1).mean())
        assert find(rows, metric="pfd", n_train=n)["value"] == pytest.approx(distance, rel=1e-6)
        level = np.abs(np.round((a.clip(-1, 1) + 1) * 127.5) - np.round((b.clip(-1, 1) + 1) * 127.5)).mean(1)
        assert find(rows, metric="mae_score", n_train=n)["value"] == (level < 15).mean()
        gaps = np.sort(np.linalg.norm(b[:, None] - train[None], axis=2), axis=1)
        nearest = np.linalg.norm(b[:, None] - data[order[:40]][None], axis=2).min(1)
        likeness = find(rows, metric="nn_distance", n_train=n, width=16, experiment="regimes")
        assert likeness["value"] == pytest.approx(np.median(nearest), rel=1e-5)
        assert find(rows, metric="nn_ratio", n_train=n, width=16)["value"] == (gaps[:, 0] / gaps[:, 1] < 1 / 3).mean()


def test_n50_is_of_each_width_and_its_growth_of_the_widest(digits_run):
    _, _, rows = digits_run
    names = {(row["metric"], row["a"]) for row in rows if row["metric"].startswith("n50")}
    ways = ("", "_excess", "_calibrated", "_ratio")
    each = {(f"n50{way}", label) for way in ways for label in ("mlp-8", "mlp-16")}
    assert names == each | {(f"n50_per_doubling{way}", "mlp-16") for way in ways}
