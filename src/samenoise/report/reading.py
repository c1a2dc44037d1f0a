"""How a run is read: by the experiments whose rows it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, count

from samenoise.lab.definitions import SHARED
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding
from samenoise.lab.rooms import names, room
from samenoise.lab.run_files import Run
from samenoise.report.answer import answer
from samenoise.report.curve_figures import curve_drawings
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.sentence import sentence

__all__ = ["definitions", "drawings", "findings", "in_order", "legible_rows", "not_installed", "rooms_of", "strangers"]


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


@contextmanager
def legible_rows(room: Experiment | None) -> Iterator[None]:
    """While an experiment reads rows: what it stumbles over is in ``scores.json``, which anybody may have written.

    Raises:
        Unreadable: in the place of whatever it raises.
    """
    try:
        yield
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        whose = "the run" if room is None else room.name
        what = f"{type(error).__name__}: {sentence(str(error), 200)}"
        raise Unreadable(f"the rows of {whose} in scores.json are not as they were written ({what})") from error


def findings(run: Run, rooms: Sequence[Experiment]) -> list[Finding]:
    """All findings of a run, in reading order; a number keeps its unit on the line."""
    found: list[Finding] = []
    for each in rooms:
        with legible_rows(each):
            found += each.findings(run.scores)
    return [replace(f, sentences=tuple(map(_unbroken, f.sentences))) for f in found if f.sentences]


def in_order(run: Run, rooms: Sequence[Experiment]) -> list[Finding]:
    """:func:`findings`, and before them the run in short where it has an answer."""
    found = findings(run, rooms)
    with legible_rows(None):
        short = answer(run.scores, found, _updates(run))
    return found if short is None else [replace(short, sentences=tuple(map(_unbroken, short.sentences))), *found]


def _updates(run: Run) -> int | None:
    training = run.config.get("training")
    updates = training.get("updates") if isinstance(training, Mapping) else None
    return updates if isinstance(updates, int) else None


ANCHORS = frozenset(
    {"findings", "figures", "grid", "maps", "maps-title", "curves", "scores", "recompute", "provenance", "same-noise"}
)
"""Ids of the page, and a file of its figures, that are no figure's key."""


def drawings(run: Run, rooms: Sequence[Experiment]) -> Iterator[tuple[Experiment | None, Drawing]]:
    """Figures in reading order, last the curves over thresholds, which are of no experiment.

    Every figure has a key of its own: where a key is taken already, the name of the experiment is added.
    """
    found: list[tuple[Experiment | None, Drawing]] = []
    for one in rooms:
        with legible_rows(one):
            found += [(one, drawing) for drawing in one.drawings(run.scores)]
    along_sizes = [each.name for each in rooms if each.columns]
    found += [(None, drawing) for drawing in curve_drawings(run, definitions(rooms), along_sizes)]
    taken = set(ANCHORS)
    for each, drawing in found:
        named = f"{drawing.key}-{each.name}" if each else drawing.key
        further = (f"{named}-{k}" for k in count(2))
        key = next(key for key in chain((drawing.key, named), further) if key not in taken)
        taken.add(key)
        yield each, replace(drawing, key=key)


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
