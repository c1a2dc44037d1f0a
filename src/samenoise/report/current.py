"""A report that is drawn only where something has changed: of itself, or of what it is made of.

    report/made.json   {"of": digest, "files": {name: sha256}}

``of`` covers the files of the run, the code of this package and of every package that brings an experiment, and the
versions of what draws. As a seal does, the file tells age and damage, not forgery: ``samenoise report`` draws anew.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from samenoise.lab.rooms import names
from samenoise.lab.run_files import FILES
from samenoise.report.page import PAGE, write_report
from samenoise.runs.code import source_file
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.tree import Tree

__all__ = ["current_report"]

FOLDER = PAGE.partition("/")[0]
MADE = "made.json"
LARGEST = 2**28
"""Bytes: what is longer was not drawn here, and is told by its size."""


def current_report(run_dir: Path) -> Path:
    """The path of the page of a run, which :func:`~samenoise.report.page.write_report` has written, now or before."""
    tree = Tree(run_dir)
    of = _made_of(tree)
    if _made(tree) != {"of": of, "files": _files(tree)}:
        write_report(run_dir)
        tree.write(f"{FOLDER}/{MADE}", json.dumps({"of": of, "files": _files(tree)}, indent=1).encode())
    return run_dir / PAGE


def _made(tree: Tree) -> object:
    try:
        return tree.json(f"{FOLDER}/{MADE}")
    except (FileNotFoundError, Unreadable):
        return None


def _files(tree: Tree) -> dict[str, str]:
    """All that lies in the folder of the report, by its digest; what is no file has none."""
    return {name: _digest(tree, f"{FOLDER}/{name}") for name, _ in sorted(tree.files(FOLDER)) if name != MADE}


def _made_of(tree: Tree) -> str:
    whole = hashlib.sha256()
    for name in FILES:
        whole.update(f"{name} {_digest(tree, name)}\n".encode())
    for name, file in _code():
        whole.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    whole.update(" ".join([platform.python_version(), *map(version, ("matplotlib", "numpy", "jinja2"))]).encode())
    return whole.hexdigest()


def _code() -> Iterator[tuple[str, Path]]:
    """Sources and templates of the packages that have a part in a report."""
    for package in sorted({place.partition(":")[0].partition(".")[0] for place in names().values()}):
        source = source_file(package)
        if source is None:
            continue
        files = source.parent.rglob("*") if source.name == "__init__.py" else [source]
        for file in sorted(files):
            if file.is_file() and file.parent.name != "__pycache__":
                yield f"{package}/{file.relative_to(source.parent).as_posix()}", file


def _digest(tree: Tree, name: str) -> str:
    about = tree.about(name)
    if about is not None and about.st_size > LARGEST:
        return f"{about.st_size} bytes"
    try:
        return tree.digest(name)
    except (FileNotFoundError, Unreadable):
        return ""
