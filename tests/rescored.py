"""Rows of ``scores.json`` by their definitions, in NumPy and float64, from images alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from samenoise.features import Pixel
from samenoise.metrics import rp
from samenoise.metrics.locations import mean_interval, median_interval

Array = NDArray[Any]
Expected = dict[str, Any]
Pairs = list[tuple[Array, Array]]
ROUNDINGS = 16 * 2.0**-23
"""Two cosines in float32 that lie nearer to one another are one."""


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


class Setting(Protocol):
    """What features and the noise in pictures are told by."""

    @property
    def mean(self) -> Array: ...
    def clean(self, images: Array) -> Array: ...
    def left(self, images: Array) -> tuple[float, float]: ...


def pair(metric: str, a: Array, b: Array, world: Setting, threshold: float, gaussians: Pairs) -> dict[str, Expected]:
    """RP under some name, and its twins. Ceilings are 1 unless the threshold is next to 1."""
    mean, clean = world.mean, world.clean
    table = cosines(a, b, mean)
    mismatched = table[~np.eye(len(a), dtype=bool)]
    normals = [cosines(x, y, mean) for x, y in gaussians]

    def row(t: float) -> Expected:
        beside = [(np.diag(normal) > t).mean() for normal in normals]
        baseline = {"floor": (mismatched > t).mean(), "ceiling": 1.0, "gaussian": max(beside, default=None)}
        return {**share(np.diag(table) > t), "threshold": t, "baseline": baseline}

    found = {metric: row(threshold), f"{metric}_calibrated": either_side(row, largest_but(mismatched))}
    for twin, floor, score in (("auc", 0.5, auc), ("top1", 1 / len(a), top1)):
        beside = {"floor": floor, "ceiling": None, "gaussian": max(map(score, normals), default=None)}
        # One comparison that rounding decides the other way moves the AUC by 1 / (2 n (n - 1)).
        found[f"{metric}_{twin}"] = told(score(table), len(a), None, beside, {"abs": 1e-4})
    if normals:
        nearer = np.diag(table) > np.max([np.diag(normal) for normal in normals], axis=0)
        baseline = {"floor": 1 / (1 + len(normals)), "ceiling": None, "gaussian": None}
        found[f"{metric}_beyond"] = {**share(nearer), "threshold": None, "baseline": baseline}
    left = cosines(clean(a), clean(b), mean)
    baseline = {
        "floor": (left[~np.eye(len(a), dtype=bool)] > threshold).mean(),
        "ceiling": None,
        "gaussian": max(
            ((np.diag(cosines(clean(x), clean(y), mean)) > threshold).mean() for x, y in gaussians), default=None
        ),
    }
    return found | {
        f"{metric}_clean": {**share(np.diag(left) > threshold), "threshold": threshold, "baseline": baseline}
    }


def auc(table: Array) -> float:
    """P[ M(i, i) > M(i, j) ] + P[ = ] / 2 over all i != j, and the same of M(j, i)."""
    n, own = len(table), np.diag(table)
    wins = [
        1.0 if own[i] > other + ROUNDINGS else 0.5 if own[i] >= other - ROUNDINGS else 0.0
        for i in range(n)
        for j in range(n)
        if i != j
        for other in (table[i, j], table[j, i])
    ]
    return float(np.mean(wins))


def top1(table: Array) -> float:
    """How often no other is more similar; those that are as similar share the place."""
    hits = []
    for one in (table, table.T):
        for i, row in enumerate(one):
            first = row >= row.max() - ROUNDINGS
            hits.append(1 / (abs(row - row[i]) <= ROUNDINGS).sum() if first[i] else 0.0)
    return float(np.mean(hits))


def told(value: float, n: int, threshold: float | None, baseline: Expected, near: Expected) -> Expected:
    """A score whose interval has tests of its own."""
    return {"value": value, "n": n, "threshold": threshold, "baseline": baseline, "near": near}


def either_side(row: Callable[[float], Expected], threshold: float) -> Expected:
    """A row at a threshold that is itself one of the similarities, perhaps of many: rounding decides whether they pass
    it, so what is known are the rows a little above and a little below."""
    return {"threshold": threshold, "between": [row(threshold + 1e-6), row(threshold - 1e-6)]}


def distances(metric: str, a: Array, b: Array, ceilings: Pairs, gaussians: Pairs) -> dict[str, Expected]:
    """PFD under some name: the highest of its ceilings, the lowest of its Gaussians, its floor over shifted noises."""
    squared = np.sort(((a - b).astype(np.float64) ** 2).sum(1))
    floor, few = np.mean([pfd(a, np.roll(b, shift, 0)) for shift in range(1, 9)]), len(a) < 256
    low, high = mean_interval(squared, 0.91 if few else 0.95)[0], mean_interval(np.append(squared, squared[-1]))[1]
    # Of few noises: none of n has failed in one case of 20 where 1 - .05^(1/n) of them fail, and each is at the floor.
    unseen = floor**2 * (1 - 0.05 ** (1 / len(a))) if few else 0.0
    return {
        metric: {
            "value": pfd(a, b),
            "ci95": list(np.sqrt([max(low, 0), high + unseen])),
            "n": len(a),
            "threshold": None,
            "baseline": {
                "floor": floor,
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
    rows["nn_ratio"] = {**share(ratios[0]), "threshold": 1 / 3, "baseline": baseline}
    m, f, g = ((x > threshold).mean() for x in (best, real, normal))
    baseline = {"floor": 0.0, "ceiling": None, "gaussian": (g - f) / (1 - f)}
    return rows | {"memorized_excess": told((m - f) / (1 - f), len(a), None, baseline, {"abs": 1e-9})}


def likeness(
    a: Array, data: Array, held_out: Array, gaussian: Array, world: Setting
) -> dict[tuple[str, str], Expected]:
    """What pictures are beside real ones, and the noise that is left in them, by what they are compared with."""
    near, floor, normal = (np.sort(nearest_distances(x, data)[:, 0]) for x in (a, held_out, gaussian))
    distance = {
        "value": np.median(near),
        "ci95": list(median_interval(near)),
        "n": len(a),
        "threshold": None,
        "baseline": {"floor": np.median(floor), "ceiling": None, "gaussian": np.median(normal)},
    }
    unlike, real, normal = (mmd(x, held_out) for x in (a, data, gaussian))
    beside = {"floor": real, "ceiling": None, "gaussian": normal}
    gap = {"floor": real - normal, "ceiling": None, "gaussian": 0.0}
    [slope, most], [of_gaussian, _] = world.left(a), world.left(gaussian)
    noise = {"floor": most, "ceiling": None, "gaussian": of_gaussian}
    rounding = {"abs": 2e-6}  # of means of float32
    return {
        ("data", "nn_distance"): distance,
        ("held-out", "mmd"): told(unlike, len(a), None, beside, rounding),
        ("held-out", "mmd_gap"): told(unlike - normal, len(a), None, gap, rounding),
        ("noise", "leftover"): told(slope, len(a), None, noise, {"rel": 1e-4, "abs": 1e-6}),
    }


def mmd(x: Array, y: Array) -> float:
    """Unbiased, pair by pair; the bandwidth is the median distance of neighbours that differ."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    rows = np.unique(y, axis=0)
    bandwidth = np.median(np.sort(apart(rows, rows), axis=1)[:, 1])

    def kernel(a: Array, b: Array) -> Array:
        return np.exp(-(apart(a, b) ** 2) / (2 * bandwidth**2))

    def among(a: Array) -> float:
        return float(kernel(a, a)[~np.eye(len(a), dtype=bool)].mean())

    return among(x) + among(y) - 2 * float(kernel(x, y).mean())


def unseen(now: Array, before: Array) -> dict[tuple[str, str], Expected]:
    """The loss on unseen images, and by what share of itself it changed; of each image, shape ``(n,)``."""
    none = {"floor": None, "ceiling": None, "gaussian": None}
    change = now.mean() / before.mean() - 1
    return {
        ("held-out", "unseen_loss"): told(now.mean(), len(now), None, none, {"rel": 1e-3}),
        ("held-out", "unseen_change"): told(change, len(now), None, none, {"abs": 2e-3}),
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
    return np.sort(apart(x, data), axis=1)


def apart(x: Array, y: Array) -> Array:
    return np.linalg.norm(x.astype(np.float64)[:, None] - y[None], axis=2)


def pfd(a: Array, b: Array) -> float:
    return float(np.sqrt(((a - b).astype(np.float64) ** 2).sum(1).mean()))


def levels(images: Array) -> Array:
    """0..255, as a saved image has them."""
    return np.round((images.clip(-1, 1) + 1) * np.float32(127.5))
