"""What the files of a data set are, so that other files are other data."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from samenoise.cells.specs import DataSpec
from samenoise.runs.cell import ConfigError

__all__ = ["fingerprint"]


def fingerprint(spec: DataSpec) -> str:
    """Hash over names and contents of the files of ``spec``; the name itself where it is no path.

    Raises:
        ConfigError: nothing is there.
    """
    if spec.source in ("digits", "mixture"):
        return ""
    path = Path(spec.path).expanduser()
    if not path.exists():
        if spec.source == "hub":
            return spec.path
        how = spec.get or "give the path of IDX files, CIFAR-10 batches, a zip or a folder of images as data.path"
        raise ConfigError(f"there is no data at {spec.path}: {how}")
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return _digest(tuple((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files), len(str(path)))


@lru_cache(maxsize=8)
def _digest(files: tuple[tuple[str, int, int], ...], prefix: int) -> str:
    """Contents are read again only where a size or a time has changed."""
    digest = hashlib.sha256()
    for name, _, _ in files:
        with open(name, "rb") as file:
            digest.update(name[prefix:].encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:20]
