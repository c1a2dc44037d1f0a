"""Harm: what is done to bytes, to JSON, to a file in a folder, as things that hypothesis draws and makes smaller."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from things import THINGS, Outside, plant

__all__ = ["ODD", "Bytes", "FileHarm", "Json", "Odd", "Thing", "harms", "of_bytes", "of_json"]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 0.5, -0.0, 1e308, 1e-308, float("nan"), float("inf"), -float("inf")),
    *(2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, 10**400, -(2**63), 1e30, 100_000, 10**9),
    *("", "x", "0", "1e3", "nan", "../../x", "/etc/passwd", "~", "a\0b", "a\nb", "\x1b[2J", "\ud800", "é", "x" * 5000),
    *("__class__", "{{7*7}}", "</script>", "[/]", "%s", "digits", "files", "mixture", "eps", "edm"),
    *([], {}, [[]], [None], {"": None}, {"x": {"x": {"x": 1}}}, [0] * 1000, ["x"] * 3, {"schema_version": 2}),
)
"""Values that stand where others should."""


@dataclass(frozen=True)
class Bytes:
    """Some bytes changed: at a share of the length, so that the same harm fits files of any."""

    how: str
    at: float
    data: bytes

    def applied(self, content: bytes) -> bytes:
        k = int(self.at * len(content))
        if self.how == "flip":
            found = bytearray(content)
            if found:
                found[min(k, len(found) - 1)] ^= (self.data or b"\x80")[0] or 1
            return bytes(found)
        if self.how == "cut":
            return content[:k]
        if self.how == "insert":
            return content[:k] + self.data + content[k:]
        if self.how == "overwrite":
            return content[:k] + self.data + content[k + len(self.data) :]
        if self.how == "drop":
            return content[:k] + content[k + 1 + len(self.data) :]
        if self.how == "repeat":
            return content[:k] + content[k : k + 4000] * 40 + content[k:]
        return self.data  # "replace"


of_bytes = st.builds(
    Bytes,
    st.sampled_from(["flip", "flip", "cut", "insert", "overwrite", "drop", "repeat", "replace"]),
    st.floats(0, 1),
    st.binary(max_size=12),
)


@dataclass(frozen=True)
class Odd:
    """An odd value by its number in :data:`ODD`, or a deep one, or many."""

    number: int
    deep: int = 0

    @property
    def value(self) -> Any:
        found = ODD[self.number % len(ODD)]
        for k in range(self.deep):
            found = [found] if k % 2 else {"x": found}
        return found


odd = st.builds(Odd, st.integers(0, len(ODD) - 1), st.sampled_from([0, 0, 0, 0, 0, 0, 1, 40, 3000]))


@dataclass(frozen=True)
class Json:
    """A value of a mapping or list changed, wherever ``path`` leads: the number of the branch at each level."""

    path: tuple[int, ...]
    how: str
    odd: Odd

    def applied(self, content: Any) -> Any:
        parents: list[tuple[Any, Any]] = []
        here = content
        for step in self.path:
            keys = list(here) if isinstance(here, dict) else list(range(len(here))) if isinstance(here, list) else []
            if not keys:
                break
            parents.append((here, keys[step % len(keys)]))
            here = here[keys[step % len(keys)]]
        if not parents:
            return self.odd.value
        parent, key = parents[-1]
        if self.how == "delete":
            del parent[key]
        elif self.how == "add" and isinstance(parent, dict):
            parent[self.odd.value if isinstance(self.odd.value, str) else "more"] = self.odd.value
        elif self.how == "add":
            parent.append(self.odd.value)
        elif self.how == "rename" and isinstance(parent, dict):
            parent[f"{key}_"] = parent.pop(key)
        else:
            parent[key] = self.odd.value
        return content


of_json = st.builds(
    Json,
    st.lists(st.integers(0, 200), min_size=1, max_size=6).map(tuple),
    st.sampled_from(["replace", "replace", "replace", "delete", "add", "rename"]),
    odd,
)


def written(content: Any) -> bytes:
    """As JSON, whatever it is; what is nested too deep for the writer is written by hand."""
    try:
        return json.dumps(content).encode()
    except (RecursionError, ValueError):
        return b"[" * 3000 + b"]" * 3000


@dataclass(frozen=True)
class Thing:
    """Another kind of thing in the place."""

    name: str


FileHarm = Bytes | Json | Thing | str
"""``str``: what the system can do to a file, in a word."""

things = st.builds(Thing, st.sampled_from(sorted(THINGS)))
words = st.sampled_from(["swap", "copy over", "move away", "unreadable", "of the future", "of the past", "a terabyte"])


def harms(json_too: bool = True) -> st.SearchStrategy[FileHarm]:
    """What can be done to a place in a folder."""
    return st.one_of(of_bytes, things, words, *([of_json] if json_too else []))


def apply(harm: FileHarm, path: Path, other: Path, outside: Outside) -> None:
    """Do it; ``other`` is another place in the same folder."""
    if isinstance(harm, Thing):
        plant(harm.name, path, outside)
    elif not path.is_file() or path.is_symlink() or path.stat().st_size > 2**26:
        _by_system("swap" if not isinstance(harm, str) else harm, path, other)
    elif isinstance(harm, Bytes):
        _written(path, harm.applied(path.read_bytes()))
    elif isinstance(harm, Json):
        try:
            content = json.loads(path.read_bytes())
        except (ValueError, RecursionError):  # no JSON, or harmed before
            return
        _written(path, written(harm.applied(content)))
    else:
        _by_system(harm, path, other)


def _written(path: Path, data: bytes) -> None:
    """Write a file anew: another name that it has elsewhere keeps what it was."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def _by_system(harm: str, path: Path, other: Path) -> None:
    if not os.path.lexists(path):
        return
    leads_out = path.is_symlink() or (path.is_file() and path.stat().st_nlink > 1)
    if leads_out and harm in ("unreadable", "of the future", "of the past", "a terabyte"):
        return  # that would be harm to what it is another name of
    if harm == "move away":
        path.rename(path.with_name(f"{path.name}-away"))
    elif harm == "unreadable":
        path.chmod(0)
    elif harm.startswith("of the"):
        os.utime(path, (4e9, 4e9) if harm.endswith("future") else (1, 1), follow_symlinks=False)
    elif harm == "a terabyte" and path.is_file():
        os.truncate(path, 2**40)
    elif other.exists() and path != other and path not in other.parents and other not in path.parents:
        if harm == "copy over" and other.is_file() and other.stat().st_size < 2**26:
            if path.is_dir():
                shutil.rmtree(path)
            _written(path, other.read_bytes())
        else:
            aside = path.with_name("swapping")
            path.rename(aside)
            other.rename(path)
            aside.rename(other)
