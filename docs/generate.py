"""Writes what the documentation and the package list of the experiments: `make generated`.

The rooms say what there is. A page says where a list belongs, by a line `<!-- generated: NAME -->`; what stands between
it and `<!-- end -->` is written here; what runs gave, by `docs/measured.py`. So is `scores.schema.json`, the JSON
Schema that ships with the package.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import BaseModel

from docs import compared, measured_contrast, measured_inverse, measured_n50
from docs.measured import TABLES
from docs.measured_coverage import coverage
from samenoise.lab.definitions import SHARED
from samenoise.lab.experiment import Definition
from samenoise.lab.rooms import ours
from samenoise.lab.schema import scores_schema

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "samenoise"
SCHEMA = SOURCES / "lab" / "scores.schema.json"
PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in path.parts]
REGION = re.compile(r"(?<=^<!-- generated: )([\w-]+)( [\w.-]+)? -->\n.*?(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)


def table(*rows: tuple[str, ...]) -> str:
    """A table; the first row is its head."""
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]).replace("|  |", "| |")


def preset_files(room: str) -> list[Path]:
    return sorted((SOURCES / "experiments").glob(f"{room}/presets/*.yaml"), key=lambda file: file.stem)


def used_by() -> dict[str, list[str]]:
    """Experiment -> all presets that name it."""
    import yaml

    found: dict[str, list[str]] = {room.name: [] for room in ours()}
    for room in ours():
        for file in preset_files(room.name):
            for name in yaml.safe_load(file.read_text(encoding="utf-8"))["experiments"]:
                found[name].append(file.stem)
    return found


def experiments() -> str:
    presets = used_by()
    rows = [
        (f"[`{room.name}`]({room.name}.md)", room.question, ", ".join(f"`{each}`" for each in presets[room.name]))
        for room in ours()
    ]
    return table(("Experiment", "Asks", "Presets"), *rows)


def presets() -> str:
    """The first two comment lines of each."""
    rows = []
    for file in (file for room in ours() for file in preset_files(room.name)):
        shows, costs = (line.lstrip("# ") for line in file.read_text(encoding="utf-8").splitlines()[:2])
        rows.append((f"`{file.stem}`", shows, costs))
    return table(("Preset", "Shows", "Costs"), *sorted(rows, key=lambda row: row[0].strip("`")))


def pages() -> str:
    return "\n".join(["```{toctree}", ":hidden:", "", *(room.name for room in ours()), "```"])


def metrics() -> str:
    """Every metric, with its calibrated twin in the same row."""
    rows = [("Score", "Formula", "In words", "Of")]
    of: list[tuple[str, dict[str, Definition]]] = [("all", dict(SHARED))]
    of += [(f"`{room.name}`", dict(room.metrics)) for room in ours()]
    for where, defined in of:
        for metric, definition in defined.items():
            if metric.removesuffix("_calibrated") in defined and metric.endswith("_calibrated"):
                continue
            twin = f"; `{metric}_calibrated`" if f"{metric}_calibrated" in defined else ""
            rows.append((f"`{metric}`{twin}", definition.formula, definition.sentence, where))
    return table(*rows)


def tags() -> str:
    """Keys of some experiments' rows."""
    keys = scores_schema(ours())["$defs"]["row"]["properties"]
    names = sorted({name for room in ours() for name in room.tags})
    rows = []
    for name in names:
        rooms = ", ".join(f"`{room.name}`" for room in ours() if name in room.tags)
        meanings = keys[name].get("anyOf", [keys[name]])
        said = [each["description"].partition(": ")[2].removesuffix(".") for each in meanings]
        rows.append((f"`{name}`", rooms, "; ".join(said)))
    return table(("Key", "In rows of", "Is"), *rows)


def settings() -> str:
    """Every key of an experiment's own; the keys of a part of its settings stand in one line."""
    rows = []
    for room in ours():
        said = docstrings(room.Settings)
        for name, field in room.Settings.model_fields.items():
            keys, inner = f"`{room.name}.{name}`", field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):  # keys of its own
                first, *rest = inner.model_fields
                keys = ", ".join([f"`{room.name}.{name}.{first}`", *(f"`.{each}`" for each in rest)])
            rows.append((keys, in_words(field.get_default(call_default_factory=True)), said[name]))
    return table(("Key", "Default", ""), *rows)


def in_words(default: Any) -> str:
    """A default; of specs what differs from theirs, or all of it."""
    if isinstance(default, tuple):
        return ", ".join(map(str, default))
    if isinstance(default, BaseModel):
        other = default.model_dump(exclude_defaults=True)
        return json.dumps(other).replace('"', "") if other else ", ".join(in_words(value) for _, value in default)
    if isinstance(default, dict):
        return ", ".join(f"{name}: {in_words(value)}" for name, value in default.items()) or "none"
    return "none" if default is None else str(default)


def docstrings(model: type) -> dict[str, str]:
    """What stands below each field of a class."""
    body = ast.parse(dedent(inspect.getsource(model))).body[0].body  # type: ignore[attr-defined]
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
    }


def modules(package: str) -> str:
    """The reference of every module of a package."""
    folder = SOURCES.joinpath(*package.split("."))
    blocks = []
    for path in sorted(folder.rglob("*.py"), key=lambda path: (path.parent, path.name != "__init__.py", path.name)):
        if path.name == "__init__.py" and path.parent == folder:
            continue
        name = ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
        blocks.append(f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: samenoise.{name}\n```")
    return "\n\n".join(blocks)


LISTS: dict[str, Callable[..., str]] = (
    {each.__name__: each for each in (experiments, presets, pages, metrics, tags, settings, modules, coverage)}
    | TABLES
    | compared.TABLES
    | measured_n50.TABLES
    | measured_contrast.TABLES
    | measured_inverse.TABLES
)


def region(found: re.Match[str]) -> str:
    name, argument = found[1], (found[2] or "").strip()
    return f"{name}{found[2] or ''} -->\n\n{LISTS[name](*filter(None, [argument]))}\n\n"


def schema() -> str:
    return json.dumps(scores_schema(ours()), indent=1, ensure_ascii=False) + "\n"


def wanted() -> Iterator[tuple[Path, str]]:
    """Every file that is generated, in whole or in part, and its text as it should be."""
    yield SCHEMA, schema()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if "<!-- generated: " in text:
            yield page, REGION.sub(region, text)


def stale() -> dict[Path, str]:
    """Files that are not as they should be."""
    there: dict[Path, Any] = {path: path.read_text(encoding="utf-8") if path.exists() else None for path, _ in wanted()}
    return {path: text for path, text in wanted() if there[path] != text}


if __name__ == "__main__":
    for path, text in stale().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT), file=sys.stderr)
