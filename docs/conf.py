"""The documentation: `make docs` builds it, and every warning is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version as version_of
from textwrap import dedent, indent
from typing import Any

project = "samenoise"
author = "The samenoise authors"
project_copyright = author
version = release = version_of("samenoise")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource", "exclude-members": "model_config"}
autodoc_typehints_format = "short"
# Signatures have short names of types, and several modules have a `Row`.
suppress_warnings = ["ref.python"]
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"samenoise {version}"
html_copy_source = False
pygments_style = "friendly"

# Columns in a docstring.
TABLE = re.compile(r"\S {3,}\S")


def verbatim(lines: list[str]) -> list[str]:
    """Formulas, tables and recipes of a docstring as code blocks.

    They are what is indented after an empty line that follows the margin, and paragraphs in columns.
    """
    out: list[str] = []
    for block in _blocks(lines):
        indented = block[0].startswith(" ")
        if indented or any(TABLE.search(line) for line in block if not line.startswith((" ", ">>>"))):
            body = indent(dedent("\n".join(block)).rstrip(), "   ").splitlines()
            out += [".. code-block:: text", "", *body, ""]
        else:
            out += block
    return out


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Stretches of lines that are indented or belong to a paragraph at the margin, with the empty lines after them."""
    block: list[str] = []
    for line in lines:
        after_gap = bool(block) and not block[-1].strip()
        inside = line.startswith(" ") and any(text.startswith(" ") for text in block)
        if line.strip() and after_gap and not inside:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def process_docstring(app: Any, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Make code blocks, and drop what Python itself says of a field without a docstring."""
    lines[:] = [] if lines and lines[0].startswith("Alias for field number") else verbatim(lines)


def setup(app: Any) -> None:
    # Before napoleon, which turns sections such as "Args:" into indented fields of its own.
    app.connect("autodoc-process-docstring", process_docstring, priority=400)
