"""Rows of ``scores.json`` by their definitions, in NumPy and float64, from images alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from samenoise.features import Pixel
from samenoise.metrics import rp

Array = NDArray[Any]
Expected = dict[str, Any]
Pairs = list[tuple[Array, Array]]


def cosines(a: Array, b: Array, mean: Array) -> Array:
    """Of every row of ``a`` with every row of ``b``, the mean image taken off."""
    a, b = a.astype(np.float64) - mean, b.astype(np.float64) - mean
    return (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)


def share(passed: Array) -> Expected:
    """A proportion with its mid-P interval."""
    k, n = int(passed.sum()), len(passed)
    return {"value": k / n, "ci95": mid_p(k, n), "n": n}


def mid_p(k: int, n: int) -> list[float]:
    """Where the chance of more than k successes, and half of that of k, is 2.5 and 97.5 %."""

    def end(tail: float) -> float:
        return float(brentq(lambda p: binom.sf(k, n, p) + binom.pmf(k, n, p) / 2 - tail, 0, 1, xtol=1e-12))

    return [0.0 if k == 0 else end(0.025), 1.0 if k == n else end(0.975)]


def largest_but(similarities: Array, rate: float = 0.01) -> float:
    """The calibrated threshold: at most ``rate`` of the similarities lie above it."""
    return float(np.sort(similarities)[::-1][math.floor(rate * len(similarities))])


def pair(metric: str, a: Array, b: Array, mean: Array, threshold: float, gaussians: Pairs) -> dict[str, Expected]:
    """RP under some name, and its calibrated twin. Ceilings are 1 unless the threshold is next to 1."""
    table = cosines(a, b, mean)
    mismatched = table[~np.eye(len(a), dtype=bool)]

    def row(t: float) -> Expected:
        beside = [(np.diag(cosines(x, y, mean)) > t).mean() for x, y in gaussians]
        baseline = {"floor": (mismatched > t).mean(), "ceiling": 1.0, "gaussian": max(beside, default=None)}
        return {**share(np.diag(table) > t), "threshold": t, "baseline": baseline}

    return {metric: row(threshold), f"{metric}_calibrated": either_side(row, largest_but(mismatched))}


def either_side(row: Callable[[float], Expected], threshold: float) -> Expected:
    """A row at a threshold that is itself one of the similarities, perhaps of many: rounding decides whether they pass
    it, so what is known are the rows a little above and a little below."""
    return {"threshold": threshold, "between": [row(threshold + 1e-6), row(threshold - 1e-6)]}


def distances(metric: str, a: Array, b: Array, ceilings: Pairs, gaussians: Pairs) -> dict[str, Expected]:
    """PFD under some name: the highest of its ceilings, the lowest of its Gaussians, its floor over shifted noises."""
    squared = np.sort(((a - b).astype(np.float64) ** 2).sum(1))
    means = np.array([squared[draw].mean() for draw in resamples(len(squared))])
    return {
        metric: {
            "value": pfd(a, b),
            "ci95": list(np.sqrt(np.quantile(means, [0.025, 0.975]))),
            "n": len(a),
            "threshold": None,
            "baseline": {
                "floor": np.mean([pfd(a, np.roll(b, shift, 0)) for shift in range(1, 9)]),
                "ceiling": max((pfd(x, y) for x, y in ceilings), default=None),
                "gaussian": min((pfd(x, y) for x, y in gaussians), default=None),
            },
        }
    }


def mae(a: Array, b: Array, ceilings: Pairs, gaussians: Pairs) -> dict[str, Expected]:
    """The share of pairs less than 15 levels apart."""

    def close(x: Array, y: Array) -> Array:
        return np.abs(levels(x) - levels(y)).mean(1) < 15

    return {
        "mae_score": {
            **share(close(a, b)),
            "threshold": 15.0,
            "baseline": {
                "floor": np.mean([close(a, np.roll(b, shift, 0)).mean() for shift in range(1, 9)]),
                "ceiling": min(close(x, y).mean() for x, y in ceilings),
                "gaussian": max(close(x, y).mean() for x, y in gaussians),
            },
        }
    }


def copying(a: Array, train: Array, held_out: Array, gaussian: Array, mean: Array, threshold: float) -> dict[str, Any]:
    """Copies of the training set, by cosine and by the ratio of the two nearest distances."""
    best, real, normal = (cosines(x, train, mean).max(1) for x in (a, held_out, gaussian))

    def memorized(t: float, real: Array = real) -> Expected:
        baseline = {"floor": (real > t).mean(), "ceiling": None, "gaussian": (normal > t).mean()}
        return {**share(best > t), "threshold": t, "baseline": baseline}

    def gl(t: float, real: Array = real) -> Expected:
        baseline = {"floor": (real <= t).mean(), "ceiling": None, "gaussian": (normal <= t).mean()}
        return {**share(best <= t), "threshold": t, "baseline": baseline}

    rows = {row.__name__: row(threshold) for row in (memorized, gl)}
    rows |= {
        f"{row.__name__}_calibrated": either_side(partial(row, real=real[1::2]), largest_but(real[::2]))
        for row in (memorized, gl)
    }
    ratios = [(d[:, 0] / d[:, 1] < 1 / 3) for d in (nearest_distances(x, train) for x in (a, held_out, gaussian))]
    baseline = {"floor": ratios[1].mean(), "ceiling": None, "gaussian": ratios[2].mean()}
    return {**rows, "nn_ratio": {**share(ratios[0]), "threshold": 1 / 3, "baseline": baseline}}


def likeness(a: Array, data: Array, held_out: Array, gaussian: Array) -> dict[str, Expected]:
    """The median distance to the nearest real image."""
    near, floor, normal = (np.sort(nearest_distances(x, data)[:, 0]) for x in (a, held_out, gaussian))
    medians = [np.median(near[draw]) for draw in resamples(len(near))]
    return {
        "nn_distance": {
            "value": np.median(near),
            "ci95": list(np.quantile(medians, [0.025, 0.975])),
            "n": len(a),
            "threshold": None,
            "baseline": {"floor": np.median(floor), "ceiling": None, "gaussian": np.median(normal)},
        }
    }


def heldout(held_out: Array, train: Array, mean: Array, threshold: float) -> dict[str, Expected]:
    """Real images in the place of generated ones."""
    none = {"floor": None, "ceiling": None, "gaussian": None}
    passed = cosines(held_out, train, mean).max(1) > threshold
    return {"memorized_heldout": {**share(passed), "threshold": threshold, "baseline": none}}


def ceiling(mean: Array, threshold: float, ceilings: Pairs) -> float:
    """The lowest RP of generators against themselves. Such a cosine is 1 but for float32, so float32 has to say."""
    pixel, ids = Pixel(torch.from_numpy(mean).float().reshape(1, 8, 8)), torch.arange(len(ceilings[0][0]))
    both = [[pixel(torch.from_numpy(x).reshape(-1, 1, 8, 8), ids, "bank") for x in pair] for pair in ceilings]
    return min(rp(a, b, threshold).value for a, b in both)


def nearest_distances(x: Array, data: Array) -> Array:
    return np.sort(np.linalg.norm(x.astype(np.float64)[:, None] - data[None], axis=2), axis=1)


def pfd(a: Array, b: Array) -> float:
    return float(np.sqrt(((a - b).astype(np.float64) ** 2).sum(1).mean()))


def levels(images: Array) -> Array:
    """0..255, as a saved image has them."""
    return np.round((images.clip(-1, 1) + 1) * np.float32(127.5))


def resamples(n: int) -> list[Array]:
    """The bootstrap's draws: 53 bits of Philox, key [0, 1], counter [0, 0, r, 0]."""
    words = [np.random.Philox(key=[0, 1], counter=[0, 0, r, 0]).random_raw(n) for r in range(2000)]
    return [np.floor((w >> np.uint64(11)) * 2.0**-53 * n).astype(int) for w in words]


SHARES = ("rp", "mae_score", "memorized", "gl", "nn_ratio")


def check(row: dict[str, Any], expected: Expected) -> None:
    """A row is what was expected: shares are counts and exact, distances up to float32."""
    where = {key: row[key] for key in ("experiment", "metric", "a", "b", "n_train")}
    threshold = expected["threshold"]
    assert row["threshold"] == (None if threshold is None else pytest.approx(threshold, abs=1e-6)), where
    if "between" in expected:
        _check_between(row, *expected["between"], where)
        return
    near = {"rel": 1e-9, "abs": 1e-12} if row["metric"].startswith(SHARES) else {"rel": 2e-5, "abs": 0}
    assert row["n"] == expected["n"], where
    assert row["value"] == pytest.approx(expected["value"], **near), where
    assert row["ci95"] == pytest.approx(expected["ci95"], rel=2e-5, abs=1e-7), where
    for key, value in expected["baseline"].items():
        wanted = None if value is None else pytest.approx(value, **near)
        assert row["baseline"][key] == wanted, (where, key)


def _check_between(row: dict[str, Any], one: Expected, other: Expected, where: dict[str, Any]) -> None:
    found = {"value": row["value"], **{key: row["baseline"][key] for key in ("floor", "ceiling", "gaussian")}}
    ends = [{"value": end["value"], **end["baseline"]} for end in (one, other)]
    for key, value in found.items():
        low, high = ends[0][key], ends[1][key]
        if low is None:
            assert value is None, (where, key)
        else:
            assert min(low, high) - 1e-9 <= value <= max(low, high) + 1e-9, (where, key)
    if row["metric"].startswith("rp"):
        assert found["floor"] <= 0.01, (where, "what should not match passes the calibrated threshold too often")
    assert (row["n"], one["n"]) == (other["n"], other["n"]), where
    assert row["ci95"] == pytest.approx(mid_p(round(row["value"] * row["n"]), row["n"]), abs=1e-7), where
