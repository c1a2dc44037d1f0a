"""A tiny run of a room through the command line, for all tests of what is in its rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import lively
import pytest

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.store import Store


class Tiny(NamedTuple):
    """A run: its agenda, its store, its rows."""

    agenda: Agenda
    store: Store
    rows: lively.Rows

    def find(self, **wanted: object) -> dict[str, Any]:
        """The one row with these values."""
        return lively.find(self.rows, **wanted)


def tiny_room(preset: lively.Preset, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The run of a preset: made once for all processes of these tests, and only to be read."""
    with lively.once(tmp_path_factory, preset["name"]) as folder:
        lively.make(preset, folder)
        return Tiny(Agenda(Config.of(preset)), Store(folder), lively.scores(folder))


def changed(preset: lively.Preset, common: lively.Preset | None = None, **settings: Any) -> Config:
    """The config of a preset of one room, with some keys and some settings of the room changed."""
    (room,) = preset["experiments"]
    return Config.of({**preset, **(common or {}), room: {**preset[room], **settings}})
