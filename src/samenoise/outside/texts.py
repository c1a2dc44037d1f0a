"""Texts that other people wrote, within bounds: how long they are, and how many values and how deep their JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samenoise.outside.base import OutsideError
from samenoise.runs.bounded import BYTES, parse_json
from samenoise.runs.files import read_file

__all__ = ["bytes_of", "json_of", "text_of"]


def bytes_of(path: Path) -> bytes:
    """The content of a file.

    Raises:
        OutsideError: it cannot be read, is no file, or is longer than :data:`samenoise.runs.bounded.BYTES`.
    """
    try:
        return read_file(path, BYTES)
    except OSError as error:
        raise OutsideError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise OutsideError(str(error)) from None


def text_of(path: Path) -> str:
    """The same as text. Raises as :func:`bytes_of`, and of what is not UTF-8."""
    try:
        return bytes_of(path).decode()
    except UnicodeDecodeError:
        raise OutsideError(f"{path} cannot be read: it is not UTF-8") from None


def json_of(path: Path) -> dict[str, Any]:
    """The object of JSON in a file. Raises as :func:`bytes_of`, and of what is none within the bounds."""
    try:
        content = parse_json(bytes_of(path))
    except OutsideError:
        raise
    except ValueError as error:
        raise OutsideError(f"{path} {error}") from None
    if not isinstance(content, dict):
        raise OutsideError(f"{path} is no object of JSON")
    return content
