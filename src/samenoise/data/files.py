"""Which files a data set is made of. There is one walk, for those who read them and for those who take their hash: what
one of them sees the other does too."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["below", "placed"]


def placed(path: str | Path) -> Path:
    """The path that is meant: ``~`` is the home folder."""
    return Path(os.path.expanduser(path))


def below(folder: Path) -> list[str]:
    """Relative paths, with slashes and sorted, of all that lies below and is no folder: files, and what has the name of
    one but is a pipe, a device or a link to nothing. Links are followed, but no folder is entered twice.

    Raises:
        ValueError: a folder cannot be listed.
    """
    names, seen = [], set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=_fail):
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        inside = Path(here).relative_to(folder)
        names += [(inside / name).as_posix() for name in files]
    return sorted(names)


def _fail(error: OSError) -> None:
    raise ValueError(f"{error.filename} cannot be listed: {error.strerror}") from error
