"""Images and locks that other people made, harmed: they are compared, or there is a sentence."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fuzz.guard import command, problems
from fuzz.harm import FileHarm, apply, harms
from hypothesis import strategies as st
from pictures_made import archive, folder, levels, names, parquet, png
from safetensors.numpy import save_file
from things import Outside

from samenoise.comparison import compare
from samenoise.comparison.compare import How
from samenoise.comparison.lock import make as locked
from samenoise.comparison.spec import SideSpec

__all__ = ["FORMS", "Case", "cases", "check", "ready"]

COUNT = 4
IMAGES = levels(COUNT, (3, 4, 4))


def _table(kind: str) -> Callable[[Path], None]:
    rows = [(name, i, ("a cat", "a dog")[i % 2]) for i, name in enumerate(names(COUNT))]
    keys = ("file_name", "noise_id", "group")
    lines = [json.dumps(dict(zip(keys, row, strict=True))) for row in rows]
    text = "\n".join([",".join(map(str, row)) for row in (keys, *rows)] if kind == "csv" else lines)

    def make(place: Path) -> None:
        for name, image in zip(names(COUNT), IMAGES, strict=True):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(png(image))
        (place / f"metadata.{kind}").write_text(text)

    return make


def _named(place: Path) -> None:
    folder(place, IMAGES, bank="b" * 64)


def _archive(place: Path) -> None:
    place.mkdir()
    members: dict[str, bytes | str] = {f"{i}.png": png(image) for i, image in enumerate(IMAGES)}
    archive(place / "a.zip", {**members, "noise.json": json.dumps({"bank": "b" * 64})})


def _parquet(place: Path) -> None:
    place.mkdir()
    parquet(place / "a.parquet", IMAGES, range(COUNT), ["a cat", "a dog"] * 2)


def _npy(place: Path) -> None:
    place.mkdir()
    np.save(place / "a.npy", IMAGES)


def _samples(place: Path) -> None:
    place.mkdir()
    images = (IMAGES / np.float32(127.5) - 1).astype(np.float32)
    save_file({"images": images, "ids": np.arange(COUNT)}, place / "samples.safetensors")
    (place / "manifest.json").write_text(json.dumps({"bank": "b" * 64}))


def _lock(place: Path) -> None:
    place.mkdir()
    locked(SideSpec(IMAGES, "made"), "good.npy", How(ceiling=0)).write(place / "a.lock")


FORMS: dict[str, Callable[[Path], None]] = {
    "folder": _named,
    "csv": _table("csv"),
    "jsonl": _table("jsonl"),
    "archive": _archive,
    "parquet": _parquet,
    "array": _npy,
    "samples": _samples,
    "lock": _lock,
}
FILES = {"archive": "set/a.zip", "parquet": "set/a.parquet", "array": "set/a.npy", "lock": "set/a.lock"}
"""What is named where it is not the folder."""


@dataclass(frozen=True)
class Case:
    """A form, harm to some of its files, and what is asked of it."""

    form: str
    harm: tuple[tuple[int, int, FileHarm], ...]
    verb: int


cases = st.builds(
    Case,
    st.sampled_from(sorted(FORMS)),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), harms()), min_size=1, max_size=2).map(tuple),
    st.integers(0, 2),
)


@contextmanager
def ready(folder: Path) -> Iterator[Path]:
    """Images in every form, and the same without harm."""
    for name, make in FORMS.items():
        make(folder / name)
    np.save(folder / "good.npy", IMAGES)
    compare(IMAGES, IMAGES, ceiling=0)  # imports what it needs, once for all
    import pyarrow.parquet  # noqa: F401

    yield folder


def check(case: Case, it: Path, folder: Path) -> list[str]:
    """What is wrong with how samenoise took it; ``folder`` is empty before and after."""
    outside = Outside(folder / "outside")
    place = Path(shutil.copytree(it / case.form, folder / "set"))
    shutil.copy(it / "good.npy", folder / "good.npy")
    files = sorted(path for path in place.rglob("*") if path.is_file())
    try:
        for k, other, harm in case.harm:
            try:
                apply(harm, files[k % len(files)], files[other % len(files)], outside)
            except (NotADirectoryError, IsADirectoryError, FileExistsError, FileNotFoundError):
                continue
        before = _listed(folder)
        done = command(*_words(case), folder=folder)
        found = problems(done, (0, 2, 3) if case.form == "lock" else (0, 1, 2))
        if done.code in (0, 3) and not all(line.isprintable() for line in done.out.splitlines()):
            found.append(f"a terminal would obey what it says: {done.out[:500]!r}")
        if _listed(folder) - before - {"out"}:
            found.append(f"it has made {sorted(_listed(folder) - before)}")
        if not outside.is_as_it_was():
            found.append("it has changed something outside")
        return [f"{' '.join(_words(case))}: {each}" for each in found]
    finally:
        for path in list(folder.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _words(case: Case) -> tuple[str, ...]:
    name = FILES.get(case.form, "set")
    if case.form == "lock":
        more: tuple[str, ...] = (("--history",), ("good.npy",), ("--json",))[case.verb]
        return ("check", name, *more)
    return ("compare", "good.npy", name, "--ceiling", "0", *(("--json",), (), ("--out", "out"))[case.verb])


def _listed(folder: Path) -> set[str]:
    """All names in a folder, but for those deeper than paths are long."""
    found = {path.name for path in folder.iterdir()}
    for here, _, files in os.walk(folder):
        found |= {os.path.relpath(os.path.join(here, name), folder) for name in files if here != f"{folder}/out"}
    return found
