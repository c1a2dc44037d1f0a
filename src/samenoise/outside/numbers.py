"""Which noise an image that exists belongs to: by a table beside the images, or by the number in its name.

metadata.csv, metadata.jsonl     a row for each image: ``file_name``, ``noise_id``, and ``group`` (the prompt or class)
cat_000123.png, seed7.webp       the last number of the name
noise.json                       ``{"bank": hash}``, where the noise bank is known: ``samenoise noise`` prints it
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from samenoise.outside.base import OutsideError
from samenoise.runs.bounded import parse_json
from samenoise.runs.sentence import printable, said, sentence

__all__ = ["BANK", "MOST", "TABLES", "bank_in", "checked_ids", "numbered", "rows_of"]

TABLES = ("metadata.csv", "metadata.jsonl")
BANK = "noise.json"
NUMBER = re.compile(r"\d+")
MOST = 2**20
"""Images of one side."""
VALUES = 64
"""Values for each image that a table may hold."""
Read = Callable[[str], bytes]


def numbered(names: Sequence[str], there: Iterable[str], read: Read, where: str) -> tuple[list[int], list[str] | None]:
    """Noise id of each image, and its group where a table says it.

    Args:
        names: of the images, relative to the folder or archive.
        there: the tables that there are.
        read: bytes of one of them.
        where: the folder or archive, for messages.

    Raises:
        OutsideError: an image has no number, a number is given twice, or the table and the images do not match.
    """
    for table in TABLES:
        if table in there:
            return _by_table(names, rows_of(table, read(table), where, len(names)), f"{table} of {where}")
    ids = []
    for name in names:
        found = NUMBER.findall(name.rpartition("/")[2].rpartition(".")[0])
        if not found:
            raise OutsideError(
                f"{where}: the name of {name!r} has no number, so which noise it is of is not known; number the names, "
                f"or list file_name and noise_id in {TABLES[0]}"
            )
        ids.append(int(found[-1][-20:]))  # of longer ones no end is the number of a noise
    return checked_ids(ids, where, names), None


def checked_ids(ids: Sequence[int], where: str, names: Sequence[str] = ()) -> list[int]:
    """The same ids, each of which is the number of a noise and occurs once."""
    first: dict[int, int] = {}
    for place, i in enumerate(ids):
        if type(i) is not int or not 0 <= i < 2**63:
            raise OutsideError(f"{where}: the number of a noise is 0 .. 2**63 - 1, got {said(i)}")
        if i in first:
            both = f": {names[first[i]]!r} and {names[place]!r}" if names else ""
            raise OutsideError(f"{where} has more than one image of noise {i}{both}")
        first[i] = place
    return list(ids)


def rows_of(table: str, data: bytes, where: str, images: int) -> list[dict[str, Any]]:
    """Rows of a CSV or JSON-lines table that is of so many images."""
    if sum(map(data.count, (b",", b"[", b"{", b"\n"))) > VALUES * (images + 16):
        raise OutsideError(f"{table} of {where} holds more than the numbers of {images:,} images")
    try:
        text = data.decode("utf-8-sig")
        if table.endswith(".csv"):
            return list(csv.DictReader(io.StringIO(text)))
        rows = [parse_json(line.encode()) for line in text.splitlines() if line.strip()]
    except (ValueError, csv.Error) as error:
        raise OutsideError(f"{table} of {where} cannot be read: {error}") from None
    if not all(isinstance(row, dict) for row in rows):
        raise OutsideError(f"{table} of {where} is not one JSON object for each line")
    return rows


def _by_table(names: Sequence[str], rows: list[dict[str, Any]], where: str) -> tuple[list[int], list[str] | None]:
    found: dict[str, tuple[int, str]] = {}
    for row in rows:
        for key in ("file_name", "noise_id"):
            if key not in row:
                raise OutsideError(f"{where} has no column {key}; there are {sentence(', '.join(map(str, row)), 200)}")
        name, number = str(row["file_name"]), row["noise_id"]
        if name in found:
            raise OutsideError(f"{where} lists {name!r} twice")
        if isinstance(number, str) and re.fullmatch(r"\s*[0-9]{1,19}\s*", number):
            number = int(number)
        if type(number) is not int:  # 2.7 is no number of a noise, and neither is true
            raise OutsideError(f"{where}: the noise_id of {name!r} is {said(number)}, not a number")
        found[name] = number, printable(str(row.get("group") or ""))
    for name in names:
        if name not in found:
            raise OutsideError(f"{where} does not list {name!r}")
    if len(found) > len(names):
        missing = next(iter(found.keys() - set(names)))
        raise OutsideError(f"{where} lists {missing!r}, but there is no such image")
    ids = checked_ids([found[name][0] for name in names], where, names)
    groups = [found[name][1] for name in names]
    return ids, groups if any(groups) else None


def bank_in(data: bytes, where: str) -> str:
    """The hash of a noise bank that ``noise.json`` says."""
    try:
        return str(parse_json(data)["bank"])
    except (ValueError, KeyError, TypeError):
        raise OutsideError(f'{BANK} of {where} is not {{"bank": "hash"}}') from None
