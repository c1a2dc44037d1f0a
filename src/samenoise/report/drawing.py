"""A figure of the report with its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from samenoise.report.definitions import DEFINITIONS

__all__ = ["Drawing", "metric_name"]


@dataclass(frozen=True)
class Drawing:
    """A figure of the report: ``draw(narrow=False)`` gives it for a page column, with ``True`` for a phone."""

    key: str
    section: str
    title: str
    caption: str
    alt: str
    draw: Callable[..., Figure]


def metric_name(metric: str) -> str:
    """What readers call a metric."""
    return DEFINITIONS[metric].name if metric in DEFINITIONS else metric
