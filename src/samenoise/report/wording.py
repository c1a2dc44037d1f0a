"""What the sentences about different experiments share: how a row's model is called, its value, and its interval."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.definitions import SHARED
from samenoise.lab.run_files import Row

__all__ = ["apart", "high_end", "listed", "low_end", "lower_first", "metric_name", "network_name", "value_of"]


def network_name(s: Row) -> str:
    """The model of a row, at the start of a sentence."""
    return f"The width-{s.width} network" if s.width is not None else f"The network {s.a}"


def metric_name(metric: str) -> str:
    """What readers call a metric that experiments share."""
    return SHARED[metric].name if metric in SHARED else metric


def lower_first(name: str) -> str:
    """For the middle of a sentence."""
    return name[0].lower() + name[1:]


def value_of(s: Row) -> float:
    """The value of a row that has one."""
    assert s.value is not None  # rows come from `select`
    return s.value


def low_end(s: Row) -> float:
    """Lower end of the 95 % interval, or the value where there is none."""
    return value_of(s) if s.ci95 is None else s.ci95[0]


def high_end(s: Row) -> float:
    """Upper end of the 95 % interval, or the value where there is none."""
    return value_of(s) if s.ci95 is None else s.ci95[1]


def apart(lower: Row, higher: Row) -> bool:
    """Whether the intervals do not touch."""
    return lower.ci95 is not None and higher.ci95 is not None and lower.ci95[1] < higher.ci95[0]


def listed(names: Sequence[str], most: int = 5) -> str:
    """``a, b and c``; what goes beyond ``most`` is counted."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
