"""Does a generator still draw what its lock file says?

rp           P[ M(a_i, b_i) > threshold ] of the thumbnails, less the mean of the locked ones
bit_equal    share of images with the same fingerprint
pfd, psnr    root mean squared distance and its decibels, estimated from the sketches, of whole images
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

from samenoise.comparison.drawn import OnProgress, draw_side
from samenoise.comparison.gates import Condition, Verdict
from samenoise.comparison.lock import Kept, Lock, conditions_of, kept_of
from samenoise.comparison.noises import agreed
from samenoise.comparison.result import Strip, machine
from samenoise.comparison.side import opening
from samenoise.comparison.sketch import squared_distances
from samenoise.comparison.spec import SideSpec, named_apart
from samenoise.features import Pixel
from samenoise.generators.sampling import full_precision
from samenoise.metrics import Score, cosine
from samenoise.metrics.statistics import proportion
from samenoise.outside.base import OutsideError

__all__ = ["AT_LEAST", "Checked", "check"]

AT_LEAST = 0.95
"""RP below which a check fails, unless other gates are given."""


@dataclass(frozen=True)
class Checked:
    """A generator beside its lock."""

    lock: Lock
    similarity: np.ndarray
    """Of the thumbnails, shape ``(n,)``."""
    squared: np.ndarray
    """Squared distances of the images, estimated."""
    equal: np.ndarray
    threshold: float
    about: Mapping[str, Any]
    machine: Mapping[str, str]
    strip: Strip
    """Thumbnails, locked and new, of the noises that differ most."""

    @property
    def scores(self) -> dict[str, Score]:
        """``rp`` and ``bit_equal`` with their intervals."""
        n = len(self.equal)
        same = int((self.similarity > self.threshold).sum())
        return {"rp": proportion(same, n), "bit_equal": proportion(int(self.equal.sum()), n)}

    @property
    def values(self) -> dict[str, float]:
        """All scores."""
        mean = float(self.squared.mean())
        size = math.prod(self.lock.kept.shape)
        psnr = 10 * math.log10(4 * size / mean) if mean else math.inf
        return {name: score.value for name, score in self.scores.items()} | {"pfd": math.sqrt(mean), "psnr": psnr}

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """What is another than when the lock was made: name -> then, now. A setting of many is named alone."""
        then, now = _known(self.lock.about, self.lock.machine), _known(self.about, self.machine)
        return {key: (then.get(key), now.get(key)) for key in {**then, **now} if then.get(key) != now.get(key)}

    def content(self) -> dict[str, Any]:
        """As JSON: what a history keeps."""
        values = {key: value if math.isfinite(value) else None for key, value in self.values.items()}
        rp = self.scores["rp"]
        return {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            **values,
            "rp_ci95": list(rp.ci95),
            "n": rp.n,
            "changed": {key: list(pair) for key, pair in self.changed.items()},
            "worst_first": [self.lock.ids[k] for k in np.argsort(-self.squared, kind="stable")],
        }

    def sentences(self) -> list[str]:
        """For people."""
        rp, v = self.scores["rp"], self.values
        psnr = "∞" if math.isinf(v["psnr"]) else f"{v['psnr']:.1f}"
        out = [
            f"RP {v['rp']:.3f} [{rp.ci95[0]:.3f}, {rp.ci95[1]:.3f}] with the lock over {rp.n} noises; "
            f"bit-equal {v['bit_equal']:.3f}; PFD about {v['pfd']:.3g}, PSNR about {psnr}"
        ]
        for way in self.lock.itself:
            out.append(f"locked, against itself, {way['way']}: RP {way['rp']:.3f}, PFD {way['pfd']:.3g}")
        out += [f"changed: {key}: {then} -> {now}" for key, (then, now) in sorted(self.changed.items())]
        worst = [str(self.lock.ids[k]) for k in np.argsort(-self.squared, kind="stable")[:8] if not self.equal[k]]
        return out + ([f"noises that differ most: {', '.join(worst)}"] if worst else [])

    def judge(self, conditions: Sequence[Condition]) -> list[Verdict]:
        """What becomes of every gate; without any, of RP at least 0.95.

        Raises:
            OutsideError: a condition is on a score that a lock does not have.
        """
        verdicts = []
        for condition in conditions or [Condition("rp", "<", AT_LEAST)]:
            if condition.metric not in self.values:
                raise OutsideError(f"a lock has no {condition.metric}; it has {', '.join(self.values)}")
            value = self.values[condition.metric]
            verdicts.append(Verdict(condition.gate, "the lock", not condition.met(value), f"{value:.4g}"))
        return verdicts


def _known(about: Mapping[str, Any], machine: Mapping[str, str]) -> dict[str, Any]:
    """What drew, and what it ran on; another interpreter has versions of its own."""
    return dict(_named({**about, **machine, **about.get("versions", {}), "versions": {}}))


def _named(about: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested mappings, by its path."""
    for key, value in about.items():
        if isinstance(value, Mapping):
            yield from _named(value, f"{within}{key}.")
        else:
            yield within + key, value


def check(
    lock: Lock, spec: SideSpec, threshold: float | None = None, shown: int = 8, on_progress: OnProgress | None = None
) -> Checked:
    """Draw a generator at the noises of a lock, and compare.

    Raises:
        OutsideError: it cannot be opened, failed, or draws images of another shape.
    """
    [spec] = named_apart([spec])
    with full_precision(), opening(spec) as side:
        noises = agreed({spec.name: side}, lock.ids, None, lock.seed, lock.noise_shape, conditions_of(lock))
        if lock.bank is not None and noises.bank_hash is not None and noises.bank_hash != lock.bank:
            raise OutsideError(
                f"the lock is of the noise bank {lock.bank[:16]}, {spec.name} of {noises.bank_hash[:16]}"
            )
        drawn = draw_side(spec, side, noises, on_progress=on_progress)
    kept = kept_of(drawn)
    drawn.spool.close()
    if kept.shape != lock.kept.shape:
        a, b = ("x".join(map(str, shape)) for shape in (lock.kept.shape, kept.shape))
        raise OutsideError(f"the lock is of images of {a}, {spec.name} draws {b}")
    pixel = Pixel(torch.from_numpy(lock.kept.thumbnails).mean(0))
    equal = np.array([a == b for a, b in zip(lock.kept.fingerprints, kept.fingerprints, strict=True)])
    squared = squared_distances(lock.kept.sketches, kept.sketches, equal)
    similarity = cosine(*(pixel.embed(torch.from_numpy(each.thumbnails)) for each in (lock.kept, kept)))
    return Checked(
        lock=lock,
        similarity=similarity.double().numpy(),
        squared=squared,
        equal=equal,
        threshold=pixel.extractor.threshold if threshold is None else threshold,
        about=side.about,
        machine=machine(),
        strip=_strip(lock, kept, squared, spec.name, shown),
    )


def _strip(lock: Lock, kept: Kept, squared: np.ndarray, name: str, shown: int) -> Strip:
    places = np.argsort(-squared, kind="stable")[:shown]
    images = np.stack([each.thumbnails[places] for each in (lock.kept, kept)])
    return Strip(["the lock", name], [lock.ids[k] for k in places], images)
