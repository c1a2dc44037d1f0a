"""The digest of code: it moves with the syntax of what is imported, and with nothing else."""

import importlib
import sys
from pathlib import Path

import pytest

from samenoise.runs import code
from samenoise.runs.cell import Spec, described

PACKAGE = {
    "__init__.py": "",
    "top.py": "import pkgx.plain\nfrom pkgx import lazy_user\nfrom . import sibling\nfrom .deep import inner\nX = 1\n",
    "plain.py": "A = 1\n",
    "lazy_user.py": "def f():\n    from pkgx.lazy import B\n    return B\n",
    "lazy.py": "B = 1\n",
    "sibling.py": "from .deep.inner import D\n",
    "deep/__init__.py": "",
    "deep/inner.py": '"""Says."""\nfrom ..upper import E\nD = (1, "text")\n\n\ndef g(a, b=2):\n    return a + b\n',
    "upper.py": "import numpy\nE = 1\n",
    "unrelated.py": "F = 1\n",
}
IMPORTED = sorted(set(PACKAGE) - {"unrelated.py"})


@pytest.fixture
def version(tmp_path, monkeypatch):
    """Digest of ``pkgx.top``, as a new process would have it, with some files of the package changed."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def digest(changes: dict[str, str] | None = None, module: str = "pkgx.top") -> str:
        for name, text in {**PACKAGE, **(changes or {})}.items():
            (tmp_path / "pkgx" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "pkgx" / name).write_text(text)
        new_process()
        return code.code_version([module])

    yield digest
    new_process()
    for name in [each for each in sys.modules if each.partition(".")[0] == "pkgx"]:
        del sys.modules[name]


def new_process() -> None:
    importlib.invalidate_caches()
    for remembered in (code._version, code._parsed, code._is_module):
        remembered.cache_clear()


def test_all_that_is_imported_is_found_and_no_more(version):
    version()
    found = code.modules_of(["pkgx.top"])
    expected = {"top", "plain", "lazy_user", "lazy", "sibling", "deep.inner", "upper"}
    assert {f"pkgx.{name}" for name in expected} <= found
    assert found <= {"pkgx", "pkgx.deep", *(f"pkgx.{name}" for name in expected)}


@pytest.mark.parametrize("file", [name for name in IMPORTED if not name.endswith("__init__.py")])
def test_any_change_of_syntax_in_what_is_imported_moves_it(version, file):
    assert version() != version({file: PACKAGE[file] + "\nZ = 1\n"})


@pytest.mark.parametrize(
    "text",
    [
        'from ..upper import E\nD = (1, "text")\ndef g(a, b=2): return a + b\n',
        '"""Another docstring."""\nfrom ..upper import E\nD = (1, "text")  # why\n\ndef g(a, b=2):\n    return a + b\n',
        "from ..upper import E\n\nD = (\n  1,\n  'text',\n)\ndef g(\n  a, b=2\n):\n  'says'\n  return (a + b)\n",
    ],
)
def test_comments_docstrings_and_formatting_do_not(version, text):
    assert version() == version({"deep/inner.py": text})


@pytest.mark.parametrize(
    ("old", "new"),
    [("b=2", "b=3"), ("b=2", "b=2.0"), ('"text"', '"Text"'), ("a + b", "b + a"), ('(1, "text")', '[1, "text"]')],
)
def test_any_value_or_operation_does(version, old, new):
    text = PACKAGE["deep/inner.py"]
    assert old in text
    assert version() != version({"deep/inner.py": text.replace(old, new)})


def test_what_nobody_imports_does_not(version):
    assert version() == version({"unrelated.py": "F = 2\n", "new.py": "G = 1\n"})


def test_a_process_has_one_opinion(version, tmp_path):
    before = version()
    (tmp_path / "pkgx" / "plain.py").write_text("A = 2\n")
    assert code.code_version(["pkgx.top"]) == before
    new_process()
    assert code.code_version(["pkgx.top"]) != before


def test_what_carries_results_is_left_out(version):
    version({"plain.py": "from samenoise.runs.store import Store\nfrom samenoise.noise import NoiseBank\nA = 1\n"})
    found = code.modules_of(["pkgx.top"])
    assert "samenoise.noise" in found, "another package's cell hangs on what it takes of this one"
    assert not [name for name in found if name.startswith("samenoise.runs")]


def test_the_cells_of_this_package_hang_on_its_code():
    from samenoise.cells.training import TrainCell

    found = code.modules_of([TrainCell.__module__])
    assert {"samenoise.process", "samenoise.solver", "samenoise.training.loop", "samenoise.networks.uvit"} <= found
    assert not [name for name in found if name.startswith(("samenoise.report", "samenoise.runs", "torch"))]
    for name in found:
        file = code.source_file(name)
        assert file is None or Path(file).suffix == ".py"


class A(Spec):
    x: int = 1


class B(Spec):
    x: int = 1


class Both(Spec):
    part: A | B


def test_parts_of_two_classes_with_equal_fields_differ():
    assert described(Both(part=A())) != described(Both(part=B()))
    assert described(Both(part=A())) == {"is": "Both", "part": {"is": "A", "x": 1}}
