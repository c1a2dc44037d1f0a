"""Where results go, looked at before anything is drawn, which may take hours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samenoise.outside.base import OutsideError
from samenoise.runs.files import require_place

__all__ = ["for_file", "for_folder"]


def for_file(path: Path) -> None:
    """Raise an :class:`~samenoise.outside.base.OutsideError` unless a file can be written there: what is there, if
    anything, is a file, and gives way."""
    try:
        require_place(path)
    except ValueError as error:
        raise OutsideError(str(error)) from None


def for_folder(path: Path, sides: Sequence[str] = ()) -> None:
    """The same of a folder with files in it, which is none of those that are compared."""
    if path.resolve() in [Path(side).resolve() for side in sides]:
        raise OutsideError(f"{path} is a side of the comparison: give another folder for what is found")
    if path.is_symlink() and not path.exists():
        raise OutsideError(f"{path} is a link to nothing: give another name for the folder")
    if path.exists() and not path.is_dir():
        raise OutsideError(f"{path} is there and is no folder: give another name for it")
