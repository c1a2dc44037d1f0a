"""Generators and images side by side in one call, with all that a report says of them: ``samenoise.compare``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from samenoise.checks import whole
from samenoise.denoiser import Denoiser
from samenoise.drawing import draw
from samenoise.features import Pixel
from samenoise.lab.drawn import Drawn
from samenoise.lab.ledger import Ledger
from samenoise.lab.run_files import Row
from samenoise.metrics import cleaned, leftover, variation
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import EDM
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.claims import claim
from samenoise.report.tables import new_table, number
from samenoise.report.wording import value_of

__all__ = ["SideBySide", "compare"]

NAME = "compare"
"""Of the experiment in the rows."""

AGAIN = 48
"""Images at a time, the second time."""


@dataclass(frozen=True)
class SideBySide:
    """What was found: printed, a table and sentences."""

    rows: tuple[Row, ...]
    """As in ``scores.json``."""
    sentences: tuple[str, ...]

    def value(self, metric: str, a: str, b: str | None = None) -> float:
        """A score; of a pair in either order.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            meant = row.a == a if b is None else {row.a, row.b} == {a, b}
            if row.metric == metric and row.value is not None and meant:
                return row.value
        raise KeyError(f"there is no {metric} of {a if b is None else f'{a} and {b}'}")

    def __str__(self) -> str:
        import io

        from rich.console import Console

        console = Console(file=io.StringIO(), width=80, markup=False)
        for table in (_pairs(self.rows), _copies(self.rows)):
            console.print(table)
            console.print()
        for sentence in self.sentences:
            console.print(sentence, highlight=False)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        return "\n".join(line.rstrip() for line in text.splitlines())


def compare(
    sides: Mapping[str, Denoiser | Tensor],
    *,
    train: Tensor,
    held_out: Tensor,
    noises: int = 256,
    bank: NoiseBank | None = None,
    threshold: float = Pixel.THRESHOLD,
    **how: Any,
) -> SideBySide:
    """Do generators draw the same pictures from the same noises, and do they copy their training set?

    Args:
        sides: names -> denoisers, or images in [-1, 1] of shape ``(noises, c, h, w)``, image ``i`` of noise ``i``.
        train: the training images of all sides, shape ``(N, c, h, w)``.
        held_out: real images that none has seen.
        noises: how many, where no side is images.
        bank: that images were drawn from; seed 0 where nothing is said. Without it, and with images among the sides,
            nothing is said of leftover noise nor of what the Gaussian draws from the same noises.
        threshold: cosine of pixels, less the mean of ``train``, above which two pictures are the same.
        how: keywords of :func:`~samenoise.solver.generate` for denoisers, such as ``solver=DDIM(), steps=50``.

    Raises:
        ValueError: a side has other pictures, or other numbers of them, than the rest.
    """
    images = {name: side for name, side in sides.items() if isinstance(side, Tensor)}
    counts = {len(side) for side in images.values()} or {whole(noises, "the number of noises", 2)}
    shapes = {tuple(each.shape[1:]) for each in (train, held_out, *images.values())}
    shapes |= {tuple(side.shape) for side in sides.values() if isinstance(side, Denoiser)}
    if len(shapes) > 1:
        raise ValueError(f"pictures of one shape can be compared, got {' and '.join(map(str, sorted(shapes)))}")
    if len(counts) > 1:
        raise ValueError(f"sides have as many pictures each, got {' and '.join(map(str, sorted(counts)))}")
    (shape,), (count,) = shapes, counts
    known = bank or (None if images else NoiseBank(0, shape))
    if known is None and len(images) < len(sides):
        known = NoiseBank(0, shape)
    room = _Room(train, held_out, torch.arange(count), known, threshold, how)
    drawn = {name: room.side(name, side) for name, side in sides.items()}
    rows = room.rows(drawn)
    return SideBySide(rows, tuple(_sentences(rows, list(sides))))


@dataclass(frozen=True)
class _Room:
    """What every side is held against."""

    train: Tensor
    held_out: Tensor
    ids: Tensor
    bank: NoiseBank | None
    threshold: float
    how: Mapping[str, Any]

    def side(self, name: str, side: Denoiser | Tensor) -> list[Drawn]:
        """Its pictures, and where it draws, once more at another batch size."""
        if isinstance(side, Tensor):
            return [self._drawn(name, side, noisy=True)]
        assert self.bank is not None
        once, again = (draw(side, self.bank, self.ids, **{**self.how, **size}) for size in ({}, {"batch_size": AGAIN}))
        return [self._drawn(name, once, noisy=True), self._drawn(name, again)]

    def rows(self, drawn: Mapping[str, Sequence[Drawn]]) -> tuple[Row, ...]:
        """All scores."""
        ledger = Ledger(NAME, len(self.train))
        real = [
            self._drawn(n, x, torch.arange(len(x))) for n, x in (("train", self.train), ("held-out", self.held_out))
        ]
        gaussian = self._gaussian()
        for (a, *a_again), (b, *b_again) in combinations(drawn.values(), 2):
            ceilings = [(x, again[0]) for x, again in ((a, a_again), (b, b_again)) if again]
            gaussians = [] if self.bank is None else [(a, gaussian), (b, gaussian)]
            ledger.pair("rp", a, b, ceilings=ceilings, gaussians=gaussians)
            ledger.distances(a, b, ceilings=ceilings, gaussians=gaussians)
        for each, *_ in drawn.values():
            ledger.copying(each, real[0], real[1], gaussian, width=0)
            ledger.likeness(each, real[0], real[1], width=0, gaussian=gaussian)
        return tuple(Row.of({**row, "width": None}) for row in ledger.rows)

    def _gaussian(self) -> Drawn:
        """Of the training set; from other noises where those of the sides are not known."""
        bank = self.bank or NoiseBank(0, tuple(self.train.shape[1:]))
        gaussian = Gaussian.fit(self.train, EDM())
        return self._drawn("gaussian", draw(gaussian, bank, self.ids, **self.how), noisy=True)

    def _drawn(self, name: str, images: Tensor, ids: Tensor | None = None, noisy: bool = False) -> Drawn:
        pixel, ids = Pixel(self.train.mean(0)), self.ids if ids is None else ids
        features = pixel(images, ids, "noises")
        if self.bank is None or not noisy:
            return Drawn.of(name, images, features, self.threshold)
        z, real = self.bank[ids], variation(self.train, self.held_out)
        clean = pixel(cleaned(images, z, real), ids, "noises")
        return Drawn.of(name, images, features, self.threshold, leftover(images, z, real), clean)


def _sentences(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    found = []
    for pair in (row for row in rows if row.metric == "rp"):
        share = r.percent_at_least(value_of(pair))
        floor = "unknown" if pair.floor is None else r.percent_at_most(pair.floor)
        stated = f"{pair.a} and {pair.b} draw the same picture for {share} of the noises (by chance {floor})"
        both = (pair.a, pair.b)
        needed = [*evidence.agreement(rows, pair), *evidence.learnt(rows, pair, both)]
        needed += [*evidence.few_copies(rows, pair, both), *evidence.ordinary_held_out(rows, pair)]
        made = f"{stated}, new pictures that mean and covariance do not explain."
        found.append(claim(made, f"{stated}. That these are new pictures and learnt is not shown", needed))
    for name in names:
        row = next(row for row in rows if (row.metric, row.a) == ("memorized", name))
        real = "" if row.floor is None else f"; {r.percent_at_least(row.floor)} of held-out real images pass for copies"
        found.append(f"{r.percent_at_most(value_of(row))} of what {name} draws match a training image{real}.")
    return found


def _pairs(rows: Sequence[Row]) -> Any:
    table = new_table("RP")
    for head in ("floor", "ceiling", "Gaussian", "AUC", "PFD"):
        table.add_column(head, justify="right")
    table.add_column("of")
    for row in (row for row in rows if row.metric == "rp"):
        beside = [
            next((s.value for s in rows if (s.metric, s.a, s.b) == (m, row.a, row.b)), None) for m in ("rp_auc", "pfd")
        ]
        cells = map(number, (row.value, row.floor, row.ceiling, row.gaussian, *beside))
        table.add_row(*cells, f"{row.a}, {row.b}")
    return table


def _copies(rows: Sequence[Row]) -> Any:
    table = new_table("copies")
    for head in ("of real", "NN ratio", "nearer than Gaussian"):
        table.add_column(head, justify="right")
    table.add_column("of")
    for row in (row for row in rows if row.metric == "memorized"):
        ratio, gap = (next((s for s in rows if (s.metric, s.a) == (m, row.a)), None) for m in ("nn_ratio", "mmd_gap"))
        learnt = (
            "–"
            if gap is None or gap.ci95 is None
            else "yes"
            if gap.ci95[1] < 0
            else "no"
            if gap.ci95[0] > 0
            else "open"
        )
        table.add_row(
            number(row.value), number(row.floor), number(None if ratio is None else ratio.value), learnt, row.a
        )
    return table
