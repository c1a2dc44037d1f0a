"""Values of unknown origin, within bounds: how long a text is, how deep it is nested, how many values it holds.

A parser's memory is a multiple of the text it is given: an empty list is two bytes of JSON and 64 of memory. So the
text is bounded by its bytes and, before it is parsed, by its commas and brackets, of which every value has one.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["BYTES", "DEPTH", "INTEGERS", "VALUES", "checked", "parse_json"]

BYTES = 64 * 2**20
"""Of a text in a run directory."""
VALUES = 4_000_000
"""In a text: at most 0.8 GB once they are objects."""
DEPTH = 64
"""Of lists and mappings in one another."""
INTEGERS = 2**64
"""Integers are smaller than this."""


def parse_json(data: bytes) -> Any:
    """The content of a JSON text.

    Raises:
        ValueError: it is none, or passes a bound; the message goes on a sentence that begins with its name.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > VALUES:
        raise ValueError(f"holds more than {VALUES:,} values")
    try:
        content = json.loads(data.decode())
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except RecursionError:
        raise ValueError(f"is nested more than {DEPTH} deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON ({error})") from None
    except ValueError:  # of a number with thousands of digits
        raise ValueError("holds an integer of more than 64 bits") from None
    return checked(content)


def checked(content: Any) -> Any:
    """Lists and mappings of plain values, as they were given.

    Raises:
        ValueError: they pass a bound, or a text among them is none: half of a character that takes two.
    """
    level, depth = [content], 0
    while level:
        if depth > DEPTH:
            raise ValueError(f"is nested more than {DEPTH} deep")
        deeper: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                deeper += each.keys()
                deeper += each.values()
            elif isinstance(each, list):
                deeper += each
            elif isinstance(each, str):
                _is_text(each)
            elif isinstance(each, int) and abs(each) >= INTEGERS:
                raise ValueError("holds an integer of more than 64 bits")
        level, depth = deeper, depth + 1
    return content


def _is_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a character that takes two") from None
