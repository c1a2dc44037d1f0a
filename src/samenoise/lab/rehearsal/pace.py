"""What cells take on a machine that is not here, from a file that says so.

    # kind, or kind and a pattern of titles: seconds of one cell, or how many times as fast as here
    train unet-64 *: {seconds: 41000}
    sample: {speed: 50}

The first line that fits a cell is its own; where none fits, a cell takes what it takes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from samenoise.lab import yaml12
from samenoise.runs.cell import Cell, ConfigError, Spec
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.files import read_file

__all__ = ["Pace", "read_pace"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Told(Spec):
    """Of one line."""

    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    speed: Positive | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.seconds is None) == (self.speed is None):
            raise ValueError("give seconds or speed")
        return self


class Pace(NamedTuple):
    """Lines, by what they are of."""

    lines: Mapping[str, Told]

    def known(self, cell: Cell) -> float | None:
        """Seconds of a cell, where the file says them."""
        told = self._of(cell)
        return None if told is None else told.seconds

    def seconds(self, cell: Cell, here: float) -> float:
        """Seconds of a cell that takes so many here."""
        told = self._of(cell)
        if told is None:
            return here
        return told.seconds if told.speed is None and told.seconds is not None else here / (told.speed or 1)

    def _of(self, cell: Cell) -> Told | None:
        names = f"{cell.kind} {cell.title}", cell.kind
        return next((told for line, told in self.lines.items() if any(fnmatchcase(n, line) for n in names)), None)


def read_pace(path: Path) -> Pace:
    """The file.

    Raises:
        ConfigError: it cannot be read, or a line says something else.
    """
    try:
        content = yaml12.load(read_file(path, yaml12.BYTES))
    except (OSError, ValueError, Unreadable) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must be a YAML mapping, such as train: {{speed: 40}}")
    lines = {}
    for line, told in content.items():
        try:
            lines[str(line)] = Told.model_validate(told)
        except ValidationError:
            raise ConfigError(
                f"{path}: {line} must say {{seconds: 3600}}, of one unit, or {{speed: 40}}, times as fast as here"
            ) from None
    return Pace(lines)
