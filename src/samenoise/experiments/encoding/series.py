"""The rows of ``encoding`` as findings and figures read them."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, by_pair, select
from samenoise.report.wording import low_end, value_of

__all__ = ["REFERENCES", "copied", "copies", "networks", "of_networks", "of_reference"]

HALF = 0.5
"""A network copies as a rule from this share of its pictures on."""
REFERENCES = ("optimum", "noise")
"""What a map is held against that is no network's."""


def of_networks(scores: Sequence[Row], metric: str) -> dict[tuple[str, str, str], list[Row]]:
    """Rows of two networks, by N."""
    lines = by_pair(scores, "encoding", metric)
    return {key: points for key, points in lines.items() if key[1] not in REFERENCES}


def of_reference(scores: Sequence[Row], network: str, reference: str) -> list[Row]:
    """The agreement of a network's map with that of a reference, by N."""
    return [s for s in select(scores, "encoding", "map_agreement") if (s.a, s.b) == (network, reference)]


def networks(scores: Sequence[Row]) -> dict[int | None, str]:
    """Width -> network."""
    return {s.width: s.a for s in sorted(select(scores, "encoding", "map_smoothness"), key=lambda s: s.width or 0)}


def copied(scores: Sequence[Row], of: Row) -> list[float]:
    """The shares of copies of the networks of a row, at its N."""
    rows = select(scores, "encoding", "memorized")
    return [value_of(s) for s in rows if s.n_train == of.n_train and s.a in (of.a, of.b)]


def copies(scores: Sequence[Row], of: Row) -> bool:
    """Whether the network of a row is seen to copy as a rule at its N, and more than what real images pass for."""
    rows = [s for s in select(scores, "encoding", "memorized") if (s.a, s.n_train) == (of.a, of.n_train)]
    return any(low_end(s) > max(HALF, s.floor or 0.0) for s in rows)
