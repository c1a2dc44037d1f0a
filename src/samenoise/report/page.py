"""Writes the report of a run: one page that opens from disk, and its figures as files.

The page asks the network for nothing: style, script, figures and pictures are inside it. Where the pictures of the grid
would make it too large, they lie beside it. The same run directory gives the same bytes.

Texts of the run are escaped, and its Content-Security-Policy runs the script with one hash, ours, and no other: what
somebody's text smuggled in would be dead.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from samenoise.lab.definitions import SETUP
from samenoise.lab.experiment import Drawing, Experiment, Finding
from samenoise.lab.map_files import Maps
from samenoise.lab.run_files import Grid, Run, read_run
from samenoise.report import grid as same_noise
from samenoise.report import maps as sheets
from samenoise.report.glossary import explained, glossary
from samenoise.report.ink import rasterize, to_pdf, to_svg
from samenoise.report.masthead import pictures
from samenoise.report.reading import definitions, drawings, in_order, legible_rows, not_installed, rooms_of, strangers
from samenoise.report.strip import drawn, strip, telling_panel
from samenoise.runs.tree import Tree

__all__ = ["PAGE", "write_report"]

PAGE = "report/index.html"
FIGURES = "report/figures"
INLINE_LIMIT = 20 * 2**20
"""Bytes of pictures above which the page keeps them in a folder beside it."""


@dataclass(frozen=True)
class _Plate:
    """A drawing as the page shows it, under its experiment; without one, among the curves over thresholds."""

    number: int
    room: Experiment | None
    drawing: Drawing
    wide: Markup
    narrow: Markup


def write_report(run_dir: Path) -> Path:
    """Write ``report/index.html`` and ``report/figures/*.{png,pdf}`` of a run, and return the page's path.

    Reads the files of ``run_dir`` alone: see :mod:`samenoise.lab.run_files` for which, and what may be missing.
    """
    run, tree = read_run(run_dir), Tree(run_dir)
    rooms, plates = rooms_of(run), []
    for number, (room, drawing) in enumerate(drawings(run, rooms), start=1):
        with legible_rows(room):
            wide, narrow = drawing.draw(narrow=False), drawing.draw(narrow=True)
        tree.write(f"{FIGURES}/{drawing.key}.png", rasterize(wide))
        tree.write(f"{FIGURES}/{drawing.key}.pdf", to_pdf(wide))
        svgs = Markup(to_svg(wide, f"{drawing.key}-wide")), Markup(to_svg(narrow, f"{drawing.key}-narrow"))
        plates.append(_Plate(number, room, drawing, *svgs))
    if run.grid is not None:
        montage = same_noise.montage(run.grid)
        tree.write(f"{FIGURES}/same-noise.png", rasterize(montage))
        tree.write(f"{FIGURES}/same-noise.pdf", to_pdf(montage))
        if (telling := strip(run.grid)) is not None:
            plate = drawn(telling)
            tree.write(f"{FIGURES}/strip.png", rasterize(plate))
            tree.write(f"{FIGURES}/strip.pdf", to_pdf(plate))
    if run.maps is not None:
        sheet = sheets.plate(run.maps)
        tree.write(f"{FIGURES}/maps.png", rasterize(sheet))
        tree.write(f"{FIGURES}/maps.pdf", to_pdf(sheet))
    page = _environment().get_template("page.html.j2").render(**_content(run, rooms, plates, tree))
    return tree.write(PAGE, page.encode())


def _content(run: Run, rooms: Sequence[Experiment], plates: Sequence[_Plate], tree: Tree) -> dict[str, Any]:
    """All that the template shows."""
    used, found = {s.metric for s in run.scores}, in_order(run, rooms)
    resources = files("samenoise.report") / "templates"
    js = "".join((resources / name).read_text(encoding="utf-8") for name in ("page.js", "maps.js"))
    return {
        "run": run,
        "experiments": list(dict.fromkeys(s.experiment for s in run.scores)),
        "questions": {room.name: room.question for room in rooms},
        "metrics": list(dict.fromkeys(s.metric for s in run.scores)),
        "pictures": pictures(run),
        "noises": _commonest([s.n for s in run.scores if s.n]),
        "features": sorted({s.feature for s in run.scores if s.feature}),
        "findings": found,
        "words": glossary(" ".join(text for finding in found for text in _texts(finding))),
        "replicated": any(s.replicates > 1 for s in run.scores),
        "strip": None if run.grid is None else _strip_content(run.grid),
        "strangers": strangers(run),
        "not_installed": not_installed,
        "sections": _sections(rooms, plates),
        "curves": [p for p in plates if p.room is None],
        "grid": None if run.grid is None else _grid_content(run.grid, tree),
        "maps": None if run.maps is None else _map_content(run.maps, tree),
        "definitions": {metric: d for metric, d in definitions(rooms).items() if metric in used},
        "setup": SETUP,
        "command": _command(run.manifest.get("command")),
        "manifest": _flat(run.manifest),
        "css": Markup((resources / "page.css").read_text(encoding="utf-8")),
        "js": Markup(js),
        "js_hash": _csp_hash(js),
        "number_columns": NUMBER_COLUMNS,
        "tag_columns": _tag_columns(run, rooms),
    }


def _texts(finding: Finding) -> list[str]:
    return [*finding.sentences, *(witness.needs for witness in finding.witnesses)]


def _csp_hash(script: str) -> str:
    """How a Content-Security-Policy names a script that stands in a page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _tag_columns(run: Run, rooms: Sequence[Experiment]) -> list[tuple[str, str]]:
    """Keys that only some experiments have, and their headings in the table; those of strangers have their own name."""
    headings = {name: tag.heading for room in rooms for name, tag in room.tags.items()}
    used = dict.fromkeys(name for s in run.scores for name in s.tags)
    return [(name, headings.get(name, name)) for name in used]


def _sections(rooms: Sequence[Experiment], plates: Sequence[_Plate]) -> list[tuple[str, list[_Plate]]]:
    """Headings, and the figures under them."""
    found = [(room.heading, [p for p in plates if p.room is room]) for room in rooms]
    return [(title, group) for title, group in found if group]


def _addresses(pictures: Sequence[bytes], name: str, tree: Tree) -> list[str]:
    """Of PNGs: inside the page, or, where that would make it too large, beside it."""
    if sum(map(len, pictures)) * 4 / 3 <= INLINE_LIMIT:
        return [same_noise.data_uri(png) for png in pictures]
    addresses = [f"images/{name}-{k}.png" for k in range(len(pictures))]
    for address, png in zip(addresses, pictures, strict=True):
        tree.write(f"report/{address}", png)
    return addresses


def _map_content(maps: Maps, tree: Tree) -> dict[str, Any]:
    P, R, S = maps.images.shape[:3]
    pairs = [(p, r) for p in range(P) for r in range(R)]
    pictures = _addresses([sheets.sheet_sprite(maps, p, r) for p, r in pairs], "map", tree)
    colours = [same_noise.data_uri(sheets.colours(maps, p, r)) for p, r in pairs]
    both = list(zip(colours, pictures, strict=True))
    height, width = maps.images.shape[-2:]
    return {
        "facts": sheets.facts(maps),
        "addresses": [both[p * R : (p + 1) * R] for p in range(P)],
        "rows": maps.rows,
        "sheets": maps.sheets,
        "words": [sheets.words(maps, 0, r) for r in range(R)],
        "marks": [divmod(position, maps.columns) for position in maps.marked],
        "columns": maps.columns,
        "lines": S // maps.columns,
        "feature": maps.feature,
        "ratio": height / width,
        "pixelated": width <= 64,
    }


def _strip_content(grid: Grid) -> dict[str, Any] | None:
    found = strip(grid)
    if found is None:
        return None
    height, width = found.images.shape[-2:]
    return {
        "sprite": same_noise.data_uri(same_noise.sprite(found.images)),
        "noise": found.noise,
        "rows": list(zip(found.labels, found.matches.tolist(), strict=True)),
        "panels": found.panels,
        "ratio": height / width,
        "pixelated": width <= 64,
    }


def _grid_content(grid: Grid, tree: Tree) -> dict[str, Any]:
    addresses = _addresses([same_noise.sprite(images) for images in grid.images], "panel", tree)
    height, width = grid.images.shape[-2:]
    return {
        "sprites": addresses,
        "facts": same_noise.facts(grid),
        "rows": [{**row, "label": label} for row, label in zip(grid.rows, same_noise.labels(grid), strict=True)],
        "panels": grid.panels,
        "opened": telling_panel(grid),
        "legend": same_noise.panel_legend(grid),
        "noise_ids": grid.noise_ids,
        "feature": grid.feature,
        "threshold": grid.threshold,
        "start": same_noise.starting_row(grid),
        "tile": same_noise.tile_size(grid, GRID_WIDTH // len(grid.noise_ids)),
        "small_tile": same_noise.tile_size(grid, 38),
        "ratio": height / width,
        "pixelated": width <= 64,
    }


GRID_WIDTH = 800
"""Pixels that the tiles of a row have on a wide page, beside the names and what is read of a tile."""

NUMBER_COLUMNS = (
    ("n_train", "N"),
    ("value", "value"),
    ("ci95", "95 % interval"),
    ("n", "n"),
    ("threshold", "threshold"),
    ("floor", "floor"),
    ("ceiling", "ceiling"),
    ("gaussian", "Gaussian"),
    ("width", "width"),
)
"""Field of :class:`~samenoise.lab.run_files.Row` and its heading in the table."""


def exact(value: Any) -> str:
    """A number with every digit it has in ``scores.json``; several, or names, in a row; nothing for ``None``."""
    if isinstance(value, tuple | list):
        return " ".join(map(exact, value))
    if isinstance(value, Mapping):
        return json.dumps(value)
    return "" if value is None else value if isinstance(value, str) else repr(value)


def shown(value: Any) -> str:
    """A number as the table shows it: whole, or to three decimals, or to four figures where large; a name as it is.

    Tags of other people's experiments may be any JSON.
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list):
        return (", " if value and isinstance(value[0], str) else " – ").join(map(shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(each)}" for key, each in value.items())
    if isinstance(value, int):
        return str(value)
    if value == float("inf"):
        return "∞"
    if 0.9995 <= value < 1:  # never 1.000 for what is less
        return f"{value:.6f}"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"


def _flat(mapping: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested JSON as rows of dotted key and text."""
    rows = []
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return rows


def _command(command: Any) -> str:
    return " ".join(map(str, command)) if isinstance(command, list) else str(command or "")


def _commonest(values: Sequence[int]) -> int | None:
    return max(sorted(set(values)), key=values.count, default=None)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("samenoise.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(exact=exact, shown=shown, explained=explained)
    return environment
