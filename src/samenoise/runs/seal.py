"""The seal of a result: ``cell.json``, written last, which names every file with its size and SHA-256.

    {"hash", "kind", "title", "config", "files": {name: sha256}, "sizes": {name: bytes}, "seconds", "seal"}

``seal`` is the hash of the rest, so that damage to the seal shows too. A glance compares names and sizes and opens no
file but the seal; a check reads every byte. Seals of earlier versions have no sizes: there a glance is a check.

A seal tells damage, not forgery: who can write a result can seal it.
"""

from __future__ import annotations

import hashlib
import json
import stat
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from samenoise.runs.cell import Cell, described
from samenoise.runs.descriptors import Unreadable, kind
from samenoise.runs.named import NamedFiles
from samenoise.runs.read_tree import ReadTree
from samenoise.runs.tree import Tree

__all__ = ["SEALED", "Seal", "damage", "identity", "read_seal", "seal"]

SEALED = "cell.json"


class Seal(BaseModel):
    """What a seal says."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)
    hash: str
    kind: str
    files: dict[str, str]
    sizes: dict[str, int] | None = None
    seconds: float = Field(ge=0)

    @model_validator(mode="after")
    def _of_the_same_files(self) -> Self:
        if self.sizes is not None and self.sizes.keys() != self.files.keys():
            raise ValueError("sizes and files are not of the same")
        return self


def seal(tree: Tree, place: str, cell: Cell, seconds: float) -> None:
    """Seal the files of a result, all of them on the disk first."""
    tree.sync(place)
    sizes = {name: about.st_size for name, about in sorted(tree.files(place), key=lambda each: each[0])}
    content: dict[str, Any] = {
        "hash": cell.hash,
        "kind": cell.kind,
        "title": cell.title,
        "config": described(cell),
        "files": {name: tree.digest(f"{place}/{name}") for name in sizes},
        "sizes": sizes,
        "seconds": round(seconds, 3),
    }
    content["seal"] = _hash(content)
    tree.write(f"{place}/{SEALED}", json.dumps(content, indent=1).encode())


def read_seal(tree: NamedFiles, place: str) -> Seal | None:
    """The seal of a result, ``None`` where it is missing or damaged."""
    try:
        content = tree.json(f"{place}/{SEALED}")
        return Seal.model_validate(content) if content["seal"] == _hash(content) else None
    except (FileNotFoundError, Unreadable, ValidationError, KeyError, TypeError):
        return None


def damage(tree: NamedFiles, place: str, every_byte: bool) -> str | None:
    """``None`` for the good result of the cell whose hash is the last part of ``place``, else ``"absent"`` or what is
    wrong with it."""
    found = read_seal(tree, place)
    if found is None:
        return "absent" if tree.about(place) is None else f"{SEALED} is damaged"
    if found.hash != place.rpartition("/")[2]:
        return f"{SEALED} is that of another unit, {found.hash}"
    present = {name: about for name, about in tree.files(place) if name != SEALED}
    if present.keys() != found.files.keys():
        return f"files differ from the list in {SEALED}"
    for name, expected in found.files.items():
        if not stat.S_ISREG(present[name].st_mode):
            return f"{name} is {kind(present[name])} and no file"
        if found.sizes is not None and found.sizes[name] != present[name].st_size:
            return f"{name} is damaged"
        if (every_byte or found.sizes is None) and _digest(tree, f"{place}/{name}") != expected:
            return f"{name} is damaged"
    return None


def identity(tree: ReadTree, place: str) -> str:
    """12 hex digits that tell this folder from any other that was or will be in its place: they cover the names, sizes
    and times of its files. Nothing of the host that asks goes in."""
    about = [(name, each.st_size, each.st_mtime_ns) for name, each in tree.files(place)]
    own = tree.about(place)
    if own is not None and not stat.S_ISDIR(own.st_mode):
        about.append(("", own.st_size, own.st_mtime_ns))
    return hashlib.sha256(repr(sorted(about)).encode()).hexdigest()[:12]


def _digest(tree: NamedFiles, name: str) -> str:
    try:
        return tree.digest(name)
    except (FileNotFoundError, Unreadable):
        return ""


def _hash(content: dict[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
