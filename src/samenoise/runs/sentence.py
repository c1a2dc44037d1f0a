"""Text from elsewhere, fit to be shown: on one line, not too long, and with nothing in it that a terminal obeys."""

from __future__ import annotations

import re
import textwrap
from typing import Any

__all__ = ["filled", "printable", "said", "sentence"]

LONGEST = 1000


def printable(text: str) -> str:
    """A text with every character that is not printed as Python writes it, such as ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def sentence(text: str, longest: int = LONGEST) -> str:
    """A message on one line; what is too long loses its middle."""
    line = printable(re.sub(r"\s*\n\s*", " ", text.strip()))
    half = longest // 2
    return line if len(line) <= longest else f"{line[:half]} ... {line[-half:]}"


def filled(line: str, width: int) -> str:
    """A line on as many as it takes, none longer than ``width`` but for what has no space in it, such as a path."""
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def said(value: Any) -> str:
    """A value as Python writes it, in a few words."""
    return sentence(repr(value), 80)
