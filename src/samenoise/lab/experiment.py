"""The sixth contract: an experiment.

An experiment is a package of its own (a *room*) with an object called ``experiment``. It says what it measures, and how
people read it: everything else - planning, training, sampling, features, the store, the page - is the lab's and the
report's, which know no experiment by name. Rooms do not import one another; what several do alike is a function they
call.

    settings      keys of its own, under its own name in a preset      measurements  what it scores
    metrics       its metric ids, with their definitions               tags          further keys of its rows
    findings      what it found, in sentences                          drawings      figures with captions and alt texts
    tables        what the terminal prints                             panels        pictures of the same-noise grid
    maps          pictures of many places, to be pointed at            decoders      GANs and VAEs of the rows

Presets lie beside it in ``presets/*.yaml``; the first comment line of each says what it shows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from samenoise.runs.cell import Spec

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

    from samenoise.generators.latents import LatentGenerator
    from samenoise.lab.common import Common
    from samenoise.lab.measurement import Measurement
    from samenoise.lab.run_files import Row
    from samenoise.lab.study import Ask, Study

__all__ = ["Definition", "Drawing", "Experiment", "Finding", "Map", "NoSettings", "Panel", "PanelRow", "Tag", "Witness"]


@dataclass(frozen=True)
class Definition:
    """A metric in three forms: a formula, a sentence, and the call that gives it again (in the terms of the report's
    page); with its name for readers."""

    name: str
    formula: str
    sentence: str
    code: str


@dataclass(frozen=True)
class Tag:
    """A further key of an experiment's rows."""

    heading: str
    """Of its column in the table of all scores."""
    schema: Mapping[str, Any]
    """JSON Schema of its values, with a ``description``."""


@dataclass(frozen=True)
class Witness:
    """What a claim rests on: a comparison, and what was seen of it."""

    needs: str
    """What must be so, such as "agreement above chance"."""
    seen: str
    """The numbers, with their intervals."""
    holds: bool | None
    """Whether it is so; ``None`` where the interval leaves it open, or nothing was measured."""
    settles: str
    """What would settle it, where it is not so, such as "train longer"."""


@dataclass(frozen=True)
class Finding:
    """A finding: a few words, its sentences, and what its claims rest on. One without sentences is left out."""

    title: str
    sentences: Sequence[str]
    witnesses: Sequence[Witness] = ()


@dataclass(frozen=True)
class Drawing:
    """A figure of the report: ``draw(narrow=False)`` gives it for a page column, with ``True`` for a phone."""

    key: str
    title: str
    caption: str
    alt: str
    draw: Callable[..., Figure]


@dataclass(frozen=True)
class PanelRow:
    """A row of a panel: what it is called, and its images. Rows of ``kind`` "model" are the ones compared."""

    key: str
    label: str
    kind: str
    ask: Ask


@dataclass(frozen=True)
class Panel:
    """A panel of the same-noise grid: its label, its training size, and what is drawn from the same noises."""

    label: str
    n: int
    rows: tuple[PanelRow, ...]


@dataclass(frozen=True)
class Map:
    """A sheet of places in rows and columns, and what is drawn at each: on the page one points at a place and sees it.

    Some places are marked; every place has the colour of the marked one whose picture its own is most like.
    """

    label: str
    n: int
    columns: int
    places: tuple[int, ...]
    """Numbers of the noises, row by row; all maps of a run have as many."""
    marked: tuple[int, ...]
    """Which of the places, by their position; those of all maps of a run are the same."""
    rows: tuple[PanelRow, ...]
    """What is drawn: a sheet each."""


class NoSettings(Spec):
    """Of an experiment without keys of its own."""


class Experiment(ABC):
    """See the head of this module. Methods import what is heavy when they are called."""

    name: ClassVar[str]
    """In presets and rows; a word that no key of the common config has."""
    heading: ClassVar[str]
    """Of its figures on the page."""
    question: ClassVar[str] = ""
    """What it asks, for lists of experiments."""
    Settings: ClassVar[type[Spec]] = NoSettings
    renamed: ClassVar[Mapping[str, str]] = {}
    """Keys of the common config of earlier releases -> keys of the settings that took their place."""
    aside: ClassVar[frozenset[str]] = frozenset({"sampling.fresh_seed"})
    """Keys of every preset that it leaves alone: they are refused where no other experiment of the preset takes them.
    ``sampling.fresh_seed`` is left alone where ``sampling.eta`` is 0."""
    metrics: ClassVar[Mapping[str, Definition]] = {}
    """Those that are its own, beside :data:`samenoise.lab.definitions.SHARED`."""
    tags: ClassVar[Mapping[str, Tag]] = {}
    columns: ClassVar[Mapping[str, str]] = {}
    """Metrics of the terminal's table with a line for each training size -> their headings."""

    def check(self, common: Common, settings: Any) -> None:  # noqa: B027 - most have something to check, not all
        """Raise a ``ValueError`` of one sentence where a config cannot be run."""

    def left_out(self, common: Common, settings: Any) -> Iterable[str]:
        """What of a config that can be run it leaves out, in sentences."""
        return ()

    @abstractmethod
    def measurements(self, study: Study, settings: Any) -> list[Measurement]:
        """What it scores, in the order of the rows."""

    def panels(self, study: Study, settings: Any) -> list[Panel]:
        """Pictures for the same-noise grid."""
        return []

    def maps(self, study: Study, settings: Any) -> list[Map]:
        """Sheets of places, to be pointed at."""
        return []

    def decoders(self, study: Study, settings: Any) -> Mapping[str, LatentGenerator]:
        """GANs and VAEs by their names in its rows: networks that the common config has no word of."""
        return {}

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        """What the rows of a run say, in reading order."""
        return ()

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        """Figures, in reading order, those alone that the rows allow."""
        return ()

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        """What the terminal prints beside :attr:`columns`, at most ``width`` characters wide."""
        return ()
