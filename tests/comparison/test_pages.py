"""The pages on comparing: their commands run on models that the pages make, and say what the pages say they say."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from samenoise.cli import main
from samenoise.noise import NoiseBank

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "compare").glob("*.md"))
FENCE = re.compile(r"^```(python|sh|js|c|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[tuple[str, str]]:
    """Language and text of the blocks of a page, in their order."""
    return [(found[1], found[2]) for found in FENCE.finditer(page.read_text("utf-8")) if found[1] in languages]


def code(page: Path, language: str) -> str:
    return next(text for name, text in blocks(page, language) if name == language)


def commands(block: str) -> list[tuple[list[str], int]]:
    """The commands of a block of shell, and their exit codes, which a comment above says where it is not 0."""
    found, expected = [], 0
    for line in block.replace("\\\n", " ").splitlines():
        if exits := re.match(r"# exits with (\d+)", line):
            expected = int(exits[1])
        elif line.strip() and not line.startswith("#"):
            found.append((shlex.split(line, comments=True), expected))
            expected = 0
    return found


LONG = ("quantized",)
"""Pages that train a model first."""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem in LONG else [])
        for page in PAGES
        if blocks(page, "sh")
    ],
)
def test_the_commands_of_a_page_run_on_what_it_makes(page, tmp_path, monkeypatch, capsys):
    pytest.importorskip("transformers", reason="pipelines need transformers: samenoise[text2image]")
    pytest.importorskip("onnxruntime", reason="a page makes an ONNX file: samenoise[onnx]")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    namespace: dict[str, object] = {"__name__": "__main__"}
    ran = 0
    for language, text in blocks(page, "python", "sh"):
        if language == "python":
            exec(compile(text, page.name, "exec"), namespace)
            continue
        for command, expected in commands(text):
            if command[0] != "samenoise":
                continue  # pip, git: told, not run
            monkeypatch.setattr(sys, "argv", command)
            with pytest.raises(SystemExit) as end:
                main()
            out, err = capsys.readouterr()
            assert (end.value.code or 0) == expected, f"{shlex.join(command)}\n{out}\n{err}"
            ran += 1
    assert ran > 0
    for name in set(sys.modules) - before:  # modules that the page wrote
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_there_are_the_pages_that_are_promised():
    assert {"index", "quantized", "upgrade", "frameworks", "noises"} <= {page.stem for page in PAGES}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The noise by the code of the page in another language: seed, id, count -> values."""
    folder, page = tmp_path_factory.mktemp("noise"), ROOT / "docs" / "compare" / "frameworks.md"

    def of(language):
        if language == "js":
            if shutil.which("node") is None:
                pytest.skip("there is no node here")
            (folder / "noise.mjs").write_text(code(page, "js"))
            command = ["node", str(folder / "noise.mjs")]
        else:
            compiler = shutil.which("cc") or shutil.which("gcc")
            if compiler is None:
                pytest.skip("there is no C compiler here")
            (folder / "noise.c").write_text(code(page, "c"))
            made = [compiler, "-O1", "-Wall", "-Werror", "-o", str(folder / "noise"), str(folder / "noise.c"), "-lm"]
            subprocess.run(made, check=True)
            command = [str(folder / "noise")]

        def noise(seed, i, count):
            done = subprocess.run(
                [*command, str(seed), str(i), str(count)], capture_output=True, text=True, check=True, timeout=120
            )
            return np.array(done.stdout.split(), dtype=np.float32)

        return noise

    return of


@pytest.mark.parametrize("language", ["python", "js", "c"])
def test_other_languages_make_the_same_noise_bit_for_bit(language, elsewhere):
    if language == "python":
        namespace: dict[str, object] = {}
        exec(code(ROOT / "docs" / "compare" / "frameworks.md", "python"), namespace)

        def made(seed, i, count):
            return namespace["noise"](seed, i, (count,))  # type: ignore[operator]
    else:
        made = elsewhere(language)
    for seed, i, count in [(0, 0, 12000), (7, 500, 7000), (2**40, 10**9, 1000)]:
        np.testing.assert_array_equal(made(seed, i, count), NoiseBank(seed, (count,))[i].numpy())
