"""Rooms made up on the spot, and how a report comes to find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib
import pytest
from matplotlib.figure import Figure

from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Tag
from samenoise.lab.rooms import names, room
from samenoise.lab.run_files import Row
from samenoise.report import reading
from samenoise.report.ink import RC, new_figure, settled

__all__ = ["install", "made"]


def made(
    called: str,
    *,
    says: Sequence[str] = (),
    keys: Sequence[str] = (),
    metrics: Mapping[str, Definition] | None = None,
    tags: Mapping[str, Tag] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Experiment:
    """A room that measures nothing, with the heading "All of CALLED", a finding for each sentence and a figure for each
    key."""

    class Room(Experiment):
        name = called
        heading = f"All of {called}"

        def measurements(self, study: Any, settings: Any) -> list[Any]:
            return []

        def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
            return [Finding(f"Of {called}", (sentence,)) for sentence in says]

        def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
            return [Drawing(key, f"{called} {k}", "Caption.", "Words.", blank) for k, key in enumerate(keys)]

    Room.metrics, Room.tags, Room.columns = metrics or {}, tags or {}, columns or {}
    return Room()


def blank(narrow: bool = False) -> Figure:
    with matplotlib.rc_context(RC):
        figure = new_figure(narrow, 1.0)
        figure.add_subplot()
        return settled(figure)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Call it with rooms that the report shall find beside our own."""

    def add(*rooms: Experiment) -> None:
        found = {each.name: each for each in rooms}
        monkeypatch.setattr(reading, "names", lambda: names() | dict.fromkeys(found, ""))
        monkeypatch.setattr(reading, "room", lambda name: found.get(name) or room(name))

    return add
