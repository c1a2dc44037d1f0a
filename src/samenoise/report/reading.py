"""How a run is read: by the experiments whose rows it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samenoise.lab.definitions import SHARED
from samenoise.lab.experiment import Definition, Experiment, Finding
from samenoise.lab.rooms import names, room
from samenoise.lab.run_files import Run

__all__ = ["definitions", "findings", "not_installed", "rooms_of", "strangers"]


def rooms_of(run: Run) -> list[Experiment]:
    """The experiments of a run, in the order of its rows; those that are not installed here are left out: see
    :func:`strangers`.

    Raises:
        ConfigError: one of them cannot be loaded.
    """
    return [room(name) for name in _experiments(run) if name in names()]


def strangers(run: Run) -> list[str]:
    """Experiments with rows in a run that are not installed here: their rows are all that can be shown of them."""
    return [name for name in _experiments(run) if name not in names()]


def not_installed(name: str) -> str:
    """What readers are told of a stranger."""
    return (
        f"The experiment {name} is not installed here: its rows are in the table of all scores, its findings and "
        "figures are missing. Install the package that it comes from and write the report anew."
    )


def _experiments(run: Run) -> list[str]:
    return list(dict.fromkeys(s.experiment for s in run.scores))


def findings(run: Run, rooms: Sequence[Experiment]) -> list[Finding]:
    """All findings of a run, in reading order; a number keeps its unit on the line."""
    found = [finding for each in rooms for finding in each.findings(run.scores)]
    return [Finding(f.title, tuple(map(_unbroken, f.sentences))) for f in found if f.sentences]


def definitions(rooms: Sequence[Experiment]) -> Mapping[str, Definition]:
    """What the metrics of some experiments mean.

    Raises:
        ValueError: two of them mean different things by one name.
    """
    found = dict(SHARED)
    for each in rooms:
        for metric, definition in each.metrics.items():
            if found.setdefault(metric, definition) != definition:
                raise ValueError(f"the experiment {each.name!r} defines {metric!r}, which is another metric already")
    return found


def _unbroken(sentence: str) -> str:
    """No line break within "N = 8" and "7 %"."""
    return sentence.replace("N = ", "N\u00a0=\u00a0").replace(" %", "\u00a0%")
