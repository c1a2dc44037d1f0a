"""What a comparison found."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from samenoise.comparison.ceiling import Ceiling, lowest
from samenoise.comparison.health import Broken
from samenoise.comparison.noises import Noises
from samenoise.comparison.reference import Nearer
from samenoise.comparison.scores import Measured, Row
from samenoise.comparison.where import Where

__all__ = ["Comparison", "Pair", "Strip", "ceiling_content", "machine"]


TIMES = 10.0
"""How much further than from itself is beyond the ceiling: another kernel or card may round a few times worse."""
ROUNDING = 1e-5
"""Root mean square, of values in [-1, 1]: 106 dB."""


@dataclass(frozen=True)
class Pair:
    """Two sides: what is known of every noise, and the scores."""

    a: str
    b: str
    measured: Measured
    rows: list[Row]

    def value(self, metric: str) -> float:
        """A score over all noises."""
        return next(row.value for row in self.rows if row.metric == metric and row.group is None)

    @property
    def worst(self) -> np.ndarray:
        """Places of the noises, those that differ most first."""
        return np.argsort(-self.measured.squared, kind="stable")


class Strip(NamedTuple):
    """Pictures of several sides at the same noises."""

    sides: list[str]
    ids: list[int]
    images: np.ndarray
    """Float32 in [-1, 1], shape ``(sides, noises, c, h, w)``."""


@dataclass(frozen=True)
class Comparison:
    """A comparison of sides; :mod:`samenoise.comparison.tables` shows it, :meth:`content` is it as JSON."""

    sides: Mapping[str, Mapping[str, Any]]
    """Name -> what it says of itself."""
    noises: Noises
    feature: str
    threshold: float
    pairs: Sequence[Pair]
    ceilings: Mapping[str, Sequence[Ceiling]]
    broken: Sequence[Broken]
    strip: Strip
    nearer: Sequence[Nearer] = ()
    where: Sequence[Where] = ()
    missed: Sequence[str] = ()
    """Ways of a ceiling that a side could not be drawn in, and why."""

    def beyond(self, pair: Pair) -> np.ndarray | None:
        """Noises at which two sides are much further apart than either ever is from itself, bool of shape ``(n,)``.

        Much is :data:`TIMES` the largest distance of any noise in any way of the ceiling, and more than rounding in
        float32 makes of some fifty steps; pictures that count as equal never are. ``None`` where no ceiling was
        measured."""
        own = [c.measured.squared.max() for name in (pair.a, pair.b) for c in self.ceilings[name]]
        if not own:
            return None
        rounding = ROUNDING**2 * math.prod(self.strip.images.shape[2:])
        much = max(TIMES**2 * max(own), rounding)
        flags: np.ndarray = (pair.measured.squared > much) & ~pair.measured.equal
        return flags

    def ceiling_flags(self, pair: Pair) -> np.ndarray | None:
        """Whether each noise matches when a side is compared with itself: the first side of the pair that draws.

        ``None`` where neither does; noises that were not drawn again are taken from the pair's ids in order and have
        to be there, see :func:`samenoise.comparison.gates.within_ceiling`."""
        for name in (pair.a, pair.b):
            if self.ceilings[name]:
                similarity = lowest(self.ceilings[name], pair.measured.ids.tolist())
                return np.where(np.isnan(similarity), np.nan, similarity > self.threshold)
        return None

    def content(self) -> dict[str, Any]:
        """As JSON: infinite numbers are null, with ``"infinite": true`` beside them."""
        bank = self.noises.bank
        return {
            "schema_version": 1,
            "noise": {
                "bank": self.noises.bank_hash,
                "seed": None if bank is None else bank.seed,
                "shape": None if bank is None else list(bank.shape),
                "ids": self.noises.ids,
            },
            "feature": self.feature,
            "threshold": self.threshold,
            "sides": [{"name": name, **about} for name, about in self.sides.items()],
            "machine": machine(),
            "scores": [_row(row) for pair in self.pairs for row in pair.rows],
            "ceilings": [ceiling_content(c, self.threshold) for side in self.ceilings.values() for c in side],
            "ceilings_missed": list(self.missed),
            "noises": [_noises(pair, self.beyond(pair)) for pair in self.pairs],
            "broken": [{"side": b.side, "what": b.what, "ids": list(b.ids)} for b in self.broken],
            "nearer": [_nearer(each) for each in self.nearer],
            "where": [_where(each) for each in self.where],
        }


def machine() -> dict[str, str]:
    """Versions that a picture can hang on."""
    import torch

    from samenoise.outside.versions import versions

    return {"platform": platform.platform(), "torch": torch.__version__, **versions()}


def _row(row: Row) -> dict[str, Any]:
    found = {**row._asdict(), "value": _finite(row.value), "ceiling": _finite(row.ceiling)}
    found["ci95"] = None if row.ci95 is None else [_finite(end) for end in row.ci95]
    return {**found, "infinite": math.isinf(row.value)} if math.isinf(row.value) else found


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def ceiling_content(ceiling: Ceiling, threshold: float) -> dict[str, Any]:
    """Scores of a side against itself, as JSON."""
    m = ceiling.measured
    return {
        "side": ceiling.side,
        "way": ceiling.way,
        "n": len(m.ids),
        "rp": float((m.similarity > threshold).mean()),
        "pfd": float(np.sqrt(m.squared.mean())),
        "psnr": _finite(float(np.median(m.psnr))),
        "bit_equal": float(m.equal.mean()),
    }


def _noises(pair: Pair, beyond: np.ndarray | None) -> dict[str, Any]:
    m = pair.measured
    order = pair.worst
    return {
        "a": pair.a,
        "b": pair.b,
        "beyond_ceiling": None if beyond is None else int(beyond.sum()),
        "worst_first": m.ids[order].tolist(),
        "similarity": np.round(m.similarity[order], 6).tolist(),
        "distance": np.round(np.sqrt(m.squared[order]), 6).tolist(),
    }


def _nearer(found: Nearer) -> dict[str, Any]:
    share = None if found.share is None else {"value": found.share.value, "ci95": found.share.ci95, "n": found.share.n}
    return {**found._asdict(), "share": share}


def _where(found: Where) -> dict[str, Any]:
    stages = [{key: _finite(v) if isinstance(v, float) else v for key, v in s._asdict().items()} for s in found.stages]
    latents = [_finite(value) for value in found.latents]
    return {**found._asdict(), "stages": stages, "latents": latents, "first": found.first}
