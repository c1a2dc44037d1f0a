"""The documentation: its code runs, its references lead somewhere, and it leaves nothing out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from samenoise.denoiser import PARAMETERISATIONS
from samenoise.lab.config import form_of
from samenoise.lab.presets import load
from samenoise.lab.rooms import ours, presets
from samenoise.process import PROCESSES
from samenoise.report.reading import definitions
from samenoise.solver import SOLVERS

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "samenoise"
PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in path.parts]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    """The Python of a page, each block at its own line numbers, so that an error points into the page."""
    text = page.read_text(encoding="utf-8")
    return ["\n" * text[: found.start(1)].count("\n") + found[1] for found in FENCE.finditer(text)]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [p for p in [ROOT / "README.md", *PAGES] if blocks(p)], ids=name)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # Dataclasses look their module up by name: any that exists will do.
    namespace: dict[str, object] = {"__name__": "__main__"}
    for code in blocks(page):
        exec(compile(code, name(page), "exec"), namespace)


def test_pages_have_code_to_run() -> None:
    assert {"docs/concepts.md", "docs/reproducing.md", "docs/extending.md", "docs/store.md"} <= {
        name(page) for page in PAGES if blocks(page)
    }


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_references_of_a_page_name_what_there_is(page: Path) -> None:
    for target in re.findall(r"\{py:\w+\}`~?([\w.]+)`", page.read_text(encoding="utf-8")):
        module, _, attribute = target.rpartition(".")
        assert hasattr(import_module(module), attribute), target
    for module in re.findall(r"automodule:: ([\w.]+)", page.read_text(encoding="utf-8")):
        import_module(module)


def test_every_module_is_in_the_reference() -> None:
    listed = {m for page in PAGES for m in re.findall(r"automodule:: ([\w.]+)", page.read_text(encoding="utf-8"))}
    modules = {
        "samenoise." + ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES.rglob("*.py")
        if path.parent != SOURCES or not path.name.startswith("__")
    }
    assert modules - listed == set()


def public(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """The classes and functions of a file that ``__all__`` names."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    names = [
        name
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for name in ast.literal_eval(node.value)
    ]
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in names:
            yield node


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda p: p.relative_to(SOURCES).as_posix())
def test_every_public_name_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "the module has none"
    assert [node.name for node in public(path) if not ast.get_docstring(node)] == []


def test_public_names_are_found() -> None:
    assert {node.name for node in public(SOURCES / "noise.py")} == {"Bank", "NoiseBank", "TorchNoiseBank"}


def code_words(*pages: str) -> set[str]:
    """Everything between single backticks on these pages."""
    text = "\n".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in pages)
    return set(re.findall(r"`([^`\n]+)`", text))


def test_every_metric_is_explained() -> None:
    assert set(definitions(ours())) - code_words("concepts.md") == set()


def our_presets() -> list[str]:
    """Those that ship, whatever else is installed."""
    files = (SOURCES / "experiments").glob("*/presets/*.yaml")
    found = sorted(path.stem for path in files)
    assert set(found) <= set(presets())
    return found


def test_every_experiment_and_preset_has_its_page() -> None:
    words = code_words("experiments/index.md")
    names = {room.name for room in ours()}
    assert (names | set(our_presets())) - words == set()
    for experiment in names:
        assert (ROOT / "docs" / "experiments" / f"{experiment}.md").exists()
    for preset in our_presets():
        config = load(preset)
        page = ROOT / "docs" / "experiments" / f"{config.experiments[0]}.md"
        assert re.search(rf"^samenoise run {preset}( --data FOLDER)?$", page.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_process_solver_and_parameterisation_is_named() -> None:
    names = {kind.name for kind in PROCESSES} | {solver.name for solver in SOLVERS} | set(PARAMETERISATIONS)
    assert names - code_words("concepts.md") == set()


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key that can be overridden, dotted."""
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{key}.{inner}" for inner in keys(field.annotation))
        else:
            yield key


def test_every_key_of_a_config_is_in_the_table() -> None:
    """The first column of a row names keys; ``.batch`` after ``training.updates`` is ``training.batch``."""
    listed = set()
    text = (ROOT / "docs" / "experiments" / "index.md").read_text(encoding="utf-8")
    for column in re.findall(r"^\| (`.*?) \|", text.partition("| Key |")[2], re.MULTILINE):
        parent = ""
        for word in re.findall(r"`([\w.]+)`", column):
            parent = parent if word.startswith(".") else word.rpartition(".")[0]
            listed.add(f"{parent}{word}" if word.startswith(".") else word)
    assert listed == set(keys(form_of({"experiments": [room.name for room in ours()]})))


def test_no_page_asks_the_network_for_anything() -> None:
    for page in PAGES:
        assert not re.search(r"!\[[^]]*\]\(https?:|<(img|script|link|iframe)\b", page.read_text(encoding="utf-8")), page
