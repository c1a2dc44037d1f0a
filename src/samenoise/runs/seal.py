"""The seal of a result: ``cell.json``, written last, which names every file with its size and SHA-256.

    {"hash", "kind", "title", "config", "files": {name: sha256}, "sizes": {name: bytes}, "seconds", "seal"}

``seal`` is the hash of the rest, so that damage to the seal shows too. A glance compares names and sizes and opens no
file but the seal; a check reads every byte. Seals of earlier versions have no sizes: there a glance is a check.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from samenoise.runs.cell import Cell, described
from samenoise.runs.files import digest, files_under, sync_file, sync_folder, write_whole

__all__ = ["SEALED", "damage", "identity", "read_seal", "seal"]

SEALED = "cell.json"
DAMAGE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EIO)


def seal(folder: Path, cell: Cell, seconds: float) -> None:
    """Seal the files of a result, all of them on the disk first."""
    about = {name: stat.st_size for name, stat in sorted(files_under(folder), key=lambda each: each[0])}
    for name in about:
        sync_file(folder / name)
    for inside in folder.rglob("*/"):
        sync_folder(inside)
    content: dict[str, Any] = {
        "hash": cell.hash,
        "kind": cell.kind,
        "title": cell.title,
        "config": described(cell),
        "files": {name: digest(folder / name) for name in about},
        "sizes": about,
        "seconds": round(seconds, 3),
    }
    content["seal"] = _hash(content)
    write_whole(folder / SEALED, json.dumps(content, indent=1).encode())


def read_seal(folder: Path) -> dict[str, Any] | None:
    """The seal of a result, ``None`` where it is missing or damaged."""
    try:
        content = json.loads(_bytes(folder / SEALED))
        whole = content["seal"] == _hash(content) and isinstance(content["files"], dict)
    except (ValueError, KeyError, TypeError):
        return None
    return content if whole else None


def damage(folder: Path, name: str, every_byte: bool) -> str | None:
    """``None`` for the good result of the cell with hash ``name``, else ``"absent"`` or what is wrong with it."""
    content = read_seal(folder)
    if content is None:
        return f"{SEALED} is damaged" if os.path.lexists(folder) else "absent"
    if content["hash"] != name:
        return f"{SEALED} is that of another unit, {content['hash']}"
    present = {inside: stat.st_size for inside, stat in files_under(folder)}
    present.pop(SEALED, None)
    if present.keys() != content["files"].keys():
        return f"files differ from the list in {SEALED}"
    sizes = content.get("sizes")
    for inside, expected in content["files"].items():
        if sizes is not None and sizes[inside] != present[inside]:
            return f"{inside} is damaged"
        if (every_byte or sizes is None) and _digest(folder / inside) != expected:
            return f"{inside} is damaged"
    return None


def identity(folder: Path) -> str:
    """12 hex digits that tell this folder from any other that was or will be in its place: they cover the names, sizes
    and times of its files. Nothing of the host that asks goes in."""
    about = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in files_under(folder)]
    if not folder.is_dir() and os.path.lexists(folder):
        about.append(("", folder.lstat().st_size, folder.lstat().st_mtime_ns))
    about.sort()
    return hashlib.sha256(repr(about).encode()).hexdigest()[:12]


def _bytes(path: Path) -> bytes:
    """Content of a file, nothing where there is none or its sectors are bad. Any other error goes on: that there are
    too many open files, say, is no damage."""
    try:
        return path.read_bytes()
    except OSError as error:
        if error.errno in DAMAGE:
            return b""
        raise


def _digest(path: Path) -> str:
    try:
        return digest(path)
    except OSError as error:
        if error.errno in DAMAGE:
            return ""
        raise


def _hash(content: dict[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
