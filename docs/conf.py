"""The documentation: `make docs` builds it, and every warning is an error."""

from __future__ import annotations

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
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"samenoise {version}"
html_copy_source = False
pygments_style = "friendly"


def verbatim(lines: list[str]) -> list[str]:
    """Indented blocks of a docstring (formulas, tables, recipes) as code blocks.

    A block starts after an empty line that follows a line at the margin, and ends before the next line at the margin.
    """
    out: list[str] = []
    k = 0
    while k < len(lines):
        text = [line for line in out if line.strip()]
        starts = lines[k].startswith(" ") and out and not out[-1].strip() and text and not text[-1].startswith(" ")
        if not starts:
            out.append(lines[k])
            k += 1
            continue
        block = []
        while k < len(lines) and (lines[k].startswith(" ") or not lines[k].strip()):
            block.append(lines[k])
            k += 1
        body = indent(dedent("\n".join(block)).strip("\n"), "   ").splitlines()
        out += [".. code-block:: text", "", *body, ""]
    return out


def setup(app: Any) -> None:
    # Before napoleon, which turns sections such as "Args:" into indented fields of its own.
    app.connect("autodoc-process-docstring", lambda *args: args[-1].__setitem__(slice(None), verbatim(args[-1])), 400)
