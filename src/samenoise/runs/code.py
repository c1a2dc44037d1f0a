"""Which code decides a result, and a digest of it.

The code of a module is the module and all that it imports, directly or not, of its own package and of this one. Only
syntax counts: comments, docstrings and the breaking of lines do not. :mod:`samenoise.runs` is left out: it carries
results from place to place and never makes one.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["code_version", "modules_of", "source_file"]

OURS = __name__.partition(".")[0]
CARRIERS = __name__.rpartition(".")[0]


def code_version(modules: Iterable[str]) -> str:
    """16 hex digits over the code of some modules. A process reads every file once, and so has one opinion of its own
    code even while somebody edits it."""
    return _version(frozenset(modules))


@lru_cache(maxsize=256)
def _version(modules: frozenset[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(modules_of(modules)):
        digest.update(f"{name}\0{_parsed(name).digest}\0".encode())
    return digest.hexdigest()[:16]


def modules_of(modules: Iterable[str]) -> set[str]:
    """Some modules and all that they import of this package and of their own."""
    found: set[str] = set()
    todo = list(modules)
    packages = {OURS, *(name.partition(".")[0] for name in todo)}
    while todo:
        name = todo.pop()
        if name in found or name == CARRIERS or name.startswith(f"{CARRIERS}."):
            continue
        found.add(name)
        todo += [each for each in _parsed(name).imports if each.partition(".")[0] in packages]
    return found


class _Module:
    def __init__(self, digest: str, imports: tuple[str, ...]) -> None:
        self.digest, self.imports = digest, imports


@lru_cache(maxsize=1024)
def _parsed(name: str) -> _Module:
    file = source_file(name)
    if file is None:  # a namespace package, or code that was typed in: there is no text to read
        return _Module("", ())
    tree = ast.parse(file.read_bytes())
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    digest = hashlib.sha256(repr(_syntax(tree)).encode()).hexdigest()
    return _Module(digest, tuple(dict.fromkeys(_imports(tree, package))))


def source_file(name: str) -> Path | None:
    """The source of a module, found without importing it: beside that of its package."""
    loaded = getattr(sys.modules.get(name), "__file__", None)
    if loaded is not None:
        return Path(loaded) if loaded.endswith(".py") else None
    top, *parts = name.split(".")
    spec = find_spec(top)
    for root in (spec.submodule_search_locations or []) if spec is not None else []:
        place = Path(root, *parts)
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                return file
    return None


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Names of the modules that are imported anywhere in a module, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:  # a module of a package, or a name in a module
                part = f"{origin}.{alias.name}"
                yield part if _is_module(origin, part) else origin


@lru_cache(maxsize=4096)
def _is_module(origin: str, part: str) -> bool:
    file = source_file(origin)
    return file is not None and file.name == "__init__.py" and source_file(part) is not None


def _syntax(node: Any) -> Any:
    """A syntax tree as tuples, the same under every version of Python: without what is empty, without places, and
    without strings that stand alone."""
    if isinstance(node, ast.Constant):
        return "Constant", repr(node.value)
    if isinstance(node, ast.AST):
        return type(node).__name__, *((name, _syntax(part)) for name, part in ast.iter_fields(node) if part)
    if isinstance(node, list):
        return tuple(_syntax(part) for part in node if not _stands_alone(part))
    return node


def _stands_alone(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
