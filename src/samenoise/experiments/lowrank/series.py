"""Rows of ``lowrank`` in the order in which they are read: along the noise, along N, along N/d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from samenoise.lab.run_files import Row, select

__all__ = ["CLOSED", "Mixture", "Trained", "along_noise", "along_shares", "along_sizes", "halves", "is_network"]

CLOSED = {"optimum": "the empirical optimum", "gaussian": "the Gaussian of the training set"}
"""Closed forms in the rows, and what readers call them."""


class Trained(NamedTuple):
    """A model at a training size."""

    name: str
    n: int


class Mixture(NamedTuple):
    """A network on mixtures of one kind."""

    name: str
    components: int
    dimension: int


def is_network(s: Row) -> bool:
    """Whether a row is of a network, not of a closed form."""
    return s.width is not None


def along_noise(scores: Sequence[Row], metric: str, where: str = "heldout") -> dict[Trained, list[Row]]:
    """Model and size -> its rows by noise level; closed forms first, then narrow networks first."""
    rows = [s for s in select(scores, "lowrank", metric) if s.tag("where") == where]
    lines: dict[Trained, list[Row]] = {}
    for s in sorted(rows, key=lambda s: (s.width or 0, s.a, s.n_train, s.tag("sigma"))):
        lines.setdefault(Trained(s.a, s.n_train or 0), []).append(s)
    return lines


def along_sizes(scores: Sequence[Row], metric: str, networks: bool = True) -> dict[str, list[Row]]:
    """Model -> its rows by size, of networks or of closed forms."""
    lines: dict[str, list[Row]] = {}
    for s in sorted(select(scores, "lowrank", metric), key=lambda s: (s.width or 0, s.a, s.n_train)):
        if is_network(s) == networks:
            lines.setdefault(s.a, []).append(s)
    return lines


def along_shares(scores: Sequence[Row], metric: str, where: str = "heldout") -> dict[Mixture, list[Row]]:
    """Network and mixture -> its rows by N/d."""
    rows = [s for s in select(scores, "lowrank", metric) if s.tag("where") == where and is_network(s)]
    lines: dict[Mixture, list[Row]] = {}
    for s in sorted(
        rows, key=lambda s: (s.width, s.a, s.tag("components"), s.tag("dimension"), s.tag("per_dimension"))
    ):
        lines.setdefault(Mixture(s.a, s.tag("components"), s.tag("dimension")), []).append(s)
    return lines


def halves(scores: Sequence[Row]) -> dict[tuple[str, int], list[Row]]:
    """Network and number of subspaces -> N/d for half of one, by dimension, those not reached included."""
    rows = [s for s in scores if (s.experiment, s.metric) == ("lowrank", "subspace_samples_half")]
    lines: dict[tuple[str, int], list[Row]] = {}
    for s in sorted(rows, key=lambda s: (s.width or 0, s.a, s.tag("components"), s.tag("dimension"))):
        lines.setdefault((s.a, s.tag("components")), []).append(s)
    return lines
