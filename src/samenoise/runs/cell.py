"""Cells: one unit of work, frozen, named by a hash over everything that makes its result.

The hash covers every field, defaults and the classes of nested parts included, the cells it needs, and the code that
computes (:mod:`samenoise.runs.code`). A result found under a hash is therefore the result that would be computed now.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict

from samenoise.runs.code import code_version
from samenoise.runs.sentence import sentence

__all__ = ["Cell", "ConfigError", "Progress", "Results", "Spec", "described", "in_order"]

Progress = Callable[[float], None]
"""Called with the share of a cell that is done, 0 to 1."""


class ConfigError(ValueError):
    """A config that cannot be run; the message, one line whatever the config holds, names the key and what would be
    right."""

    def __init__(self, message: str) -> None:
        super().__init__(sentence(message))


class Spec(BaseModel):
    """Part of a config or of a cell: frozen, and no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __getstate__(self) -> dict[Any, Any]:
        """Its fields, without what was worked out from them: another process works out its own."""
        state = super().__getstate__()
        fields = {name: value for name, value in state["__dict__"].items() if name in type(self).model_fields}
        return {**state, "__dict__": fields}

    def __copy__(self) -> Self:
        """The same fields, perhaps for one of them to be changed: what was worked out from them is left behind."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    # Worked out once: a cell is part of many others.

    @cached_property
    def _described(self) -> dict[str, Any]:
        return {"is": type(self).__name__, **{name: described(part) for name, part in _fields(self).items()}}

    @cached_property
    def _parts(self) -> frozenset[type]:
        own = {base for base in type(self).__mro__ if issubclass(base, Spec) and base not in (Spec, Cell)}
        return frozenset(own.union(*(_classes(part) for part in _fields(self).values())))


class Results(Protocol):
    """Where a cell finds what it needs: what it is given of the store."""

    def path(self, cell: Cell) -> Path:
        """Folder of the result of a cell."""

    def scratch(self, cell: Cell) -> Path:
        """Folder in which a cell in work keeps its checkpoints."""


class Cell(Spec, ABC):
    """A unit of work. Subclasses say which cells they need and how to compute."""

    kind: ClassVar[str]
    folder: ClassVar[str]
    """Folder of the store that its results live in."""

    @abstractmethod
    def needs(self) -> list[Cell]:
        """Cells whose results this one reads."""

    @abstractmethod
    def run(self, store: Results, out: Path, progress: Progress) -> None:
        """Compute, reading needed cells from ``store`` and writing files into the empty folder ``out``."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A few words for progress bars and messages."""

    @property
    def cost(self) -> float:
        """Rough relative cost: what is dear is started first, and weighs more in a progress bar."""
        return 1.0

    def cut(self, shards: int) -> Cell:
        """The same cell, to be put together from at most so many parts where it can be; see
        :mod:`samenoise.runs.parts`."""
        return self

    def parts(self) -> Sequence[Cell]:
        """Cells that a cell which was :meth:`cut` is put together from; its hash knows nothing of them."""
        return ()

    @property
    def shares(self) -> int:
        """Equal parts of its arithmetic that several processes can share: ``run`` is then called in each of them, as
        torchrun starts them, and gives the same bits for any number of processes that divides this one."""
        return 1

    @property
    def on_gpu(self) -> bool:
        """Whether it wants a GPU: its field ``device``, where it has one, says so."""
        return str(getattr(self, "device", "cpu")).startswith("cuda")

    @cached_property
    def hash(self) -> str:
        """20 hex digits that name the result."""
        content = {
            "kind": self.kind,
            "code": code_version({part.__module__ for part in _classes(self)}),
            "config": described(self),
            "needs": [need.hash for need in self.needs()],
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def described(value: Any) -> Any:
    """A spec as JSON, with the class of every part under ``is``: parts of two classes may have equal fields. Fields
    that pydantic excludes are left out: they do not decide a result."""
    if isinstance(value, Spec):
        return value._described
    if isinstance(value, Mapping):
        return {str(key): described(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [described(part) for part in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} cannot be part of a cell: fields are numbers, text, lists and specs")


def in_order(cells: list[Cell]) -> list[Cell]:
    """The cells and all they need, each once, needs first."""
    seen: dict[str, Cell] = {}

    def visit(cell: Cell) -> Iterator[Cell]:
        if cell.hash not in seen:
            seen[cell.hash] = cell
            for need in cell.needs():
                yield from visit(need)
            yield cell

    return [each for cell in cells for each in visit(cell)]


def _fields(spec: Spec) -> dict[str, Any]:
    fields = type(spec).model_fields
    return {name: getattr(spec, name) for name, about in fields.items() if not about.exclude}


def _classes(value: Any) -> Set[type]:
    """Classes of a spec and of all its parts, with those they derive from: their code decides the result."""
    if isinstance(value, Spec):
        return value._parts
    if isinstance(value, Mapping):
        return _classes(tuple(value.values()))
    if isinstance(value, tuple | list):
        return frozenset().union(*(_classes(part) for part in value))
    return frozenset()
