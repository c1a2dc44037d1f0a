"""The look of the figures, and how one drawing becomes PNG, PDF and an SVG that follows the colours of the page.

A figure is drawn once, in the light colours of :data:`COLOURS`. In its SVG every one of them is replaced by the CSS
variable of its name, so that the page decides, in light and in dark. The hues are those of Okabe and Ito (2008), told
apart by readers of every kind of colour vision; line styles say the same once more.
"""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

__all__ = ["COLOURS", "HUES", "RC", "new_figure", "rasterize", "settled", "to_pdf", "to_svg"]

COLOURS = {
    "ink": "#1d2126",
    "muted": "#6a7079",
    "faint": "#a3a9b2",
    "rule": "#e3e5e9",
    "paper": "#ffffff",
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#9a4f96",
    "amber": "#b98500",
    "sky": "#3f97c9",
    "heat": "#0078ba",
}
"""Name of the CSS variable -> its value on white."""

HUES = tuple(COLOURS[name] for name in ("blue", "vermilion", "green", "purple", "amber", "sky"))
"""Colours of lines, in the order in which they are given out."""

WIDE, NARROW = 5.5, 3.75
"""Widths in inches: for a column of the page, and for a phone, where text keeps its size in points."""

SOLID: Any = "-"
DASHED: Any = (0, (4, 1.6))
DOTTED: Any = (0, (1, 1.8))
DASHED_DOTTED: Any = (0, (1, 1.4, 4, 1.4))
"""Line styles."""

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": COLOURS["ink"],
    "text.parse_math": False,  # a label may hold a dollar sign
    "axes.labelcolor": COLOURS["muted"],
    "axes.edgecolor": COLOURS["faint"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": COLOURS["rule"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["faint"],
    "ytick.color": COLOURS["faint"],
    "xtick.labelcolor": COLOURS["muted"],
    "ytick.labelcolor": COLOURS["muted"],
    "xtick.minor.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.columnspacing": 1.4,
    "legend.borderpad": 0.0,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.2,
    "figure.facecolor": "none",
    "savefig.facecolor": COLOURS["paper"],
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
}


def new_figure(narrow: bool, height: float) -> Figure:
    """An empty figure of one of the two widths; call under ``matplotlib.rc_context(RC)``."""
    layout = ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.05)
    return Figure(figsize=(NARROW if narrow else WIDE, height), layout=layout)


def settled(figure: Figure) -> Figure:
    """The figure with its layout made, once, for all the forms it is saved in."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def rasterize(figure: Figure) -> bytes:
    """PNG on white, 200 dots an inch."""
    return _saved(figure, "png", metadata={"Software": None}, dpi=200)


def to_pdf(figure: Figure) -> bytes:
    """PDF on white, text as text, without dates."""
    return _saved(figure, "pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})


def to_svg(figure: Figure, key: str) -> str:
    """An ``<svg>`` element for the page: text as text, colours as CSS variables, every id starting with ``key``."""
    with matplotlib.rc_context({"svg.hashsalt": key}):
        data = _saved(figure, "svg", facecolor="none")
    svg = data.decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)  # they hold the date
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'\bid="', f'id="{key}-', svg)
    svg = re.sub(r"url\(#", f"url(#{key}-", svg)
    svg = re.sub(r'href="#', f'href="#{key}-', svg)
    for name, colour in COLOURS.items():
        svg = re.sub(f"{colour}(?![0-9a-f])", f"var(--{name})", svg, flags=re.IGNORECASE)
    return svg.strip()


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    with matplotlib.rc_context(RC):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()
