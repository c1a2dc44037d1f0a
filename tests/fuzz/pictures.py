"""Data sets of every form that is read, harmed: there are as many images as before but for those that are named, or
there is a sentence. A picture may decode to another: no form has a checksum of its pixels."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fuzz.guard import called, problems, refused
from fuzz.harm import FileHarm, apply, harms
from hypothesis import strategies as st
from PIL import Image
from things import Outside

from samenoise.cells.fingerprint import fingerprint
from samenoise.cells.specs import DataSpec
from samenoise.data.prepare import prepare
from samenoise.data.reader import read
from samenoise.runs.cell import ConfigError

__all__ = ["FORMS", "Case", "cases", "check", "ready"]

KINDS = ("png", "jpg", "bmp", "gif", "webp")
COUNT = 4


def pixels(k: int) -> np.ndarray:
    return np.random.default_rng(k).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def encoded(k: int, kind: str) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(pixels(k))
    options: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
    mode = ("RGB", "L", "P", "RGBA")[k % 4] if kind == "png" else "RGB"
    image.convert(mode).save(buffer, {"jpg": "JPEG"}.get(kind, kind.upper()), **options)
    return buffer.getvalue()


def _folder(kind: str) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        for k in range(COUNT):
            (place / f"class-{k % 2}").mkdir(parents=True, exist_ok=True)
            (place / f"class-{k % 2}" / f"{k}.{kind}").write_bytes(encoded(k, kind))

    return make


def _archive(how: int) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        place.mkdir()
        with zipfile.ZipFile(place / "set.zip", "w", how) as archive:
            for k in range(COUNT):
                archive.writestr(f"00000/img{k}.png", encoded(k, "png"))
            labels = [[f"00000/img{k}.png", k % 2] for k in range(COUNT)]
            archive.writestr("dataset.json", json.dumps({"labels": labels}))

    return make


def _idx(packed: bool) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        place.mkdir()
        images = struct.pack(">BBBBIII", 0, 0, 8, 3, COUNT, 12, 12) + b"".join(
            pixels(k)[..., 0].tobytes() for k in range(COUNT)
        )
        labels = struct.pack(">BBBBI", 0, 0, 8, 1, COUNT) + bytes(k % 2 for k in range(COUNT))
        for name, data in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
            (place / f"{name}{'.gz' if packed else ''}").write_bytes(gzip.compress(data, mtime=0) if packed else data)

    return make


def _cifar(place: Path) -> None:
    place.mkdir()
    rng = np.random.default_rng(0)
    for name in ("data_batch_1.bin", "test_batch.bin"):
        records = rng.integers(0, 256, (2, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        (place / name).write_bytes(records.tobytes())
    (place / "batches.meta.txt").write_text("a\nb\n")


FORMS: dict[str, Callable[[Path], None]] = {
    **{kind: _folder(kind) for kind in KINDS},
    "stored archive": _archive(zipfile.ZIP_STORED),
    "packed archive": _archive(zipfile.ZIP_DEFLATED),
    "IDX": _idx(False),
    "packed IDX": _idx(True),
    "CIFAR": _cifar,
}


BOMBS = ("picture", "IDX", "dataset.json", "member", "directory")


@dataclass(frozen=True)
class Bomb:
    """Little that stands for a lot: a file of :func:`bombs` in the place."""

    name: str


def bombs(folder: Path) -> None:
    """One of each of :data:`BOMBS`, a hundred times as large as it is long, or saying that it is."""
    folder.mkdir()
    large = encoded(0, "png")
    (folder / "picture").write_bytes(large[:16] + struct.pack(">II", 50_000, 50_000) + large[24:])
    header = struct.pack(">BBBBIII", 0, 0, 8, 3, 2**19, 28, 28)
    (folder / "IDX").write_bytes(gzip.compress(header + bytes(2**29 - 2**24), 1, mtime=0))
    members = {"dataset.json": ("dataset.json", b" " * (2**26 + 1)), "member": ("0.png", bytes(2**29 + 1))}
    for bomb, (name, data) in members.items():
        with zipfile.ZipFile(folder / bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("1.png", large)
            archive.writestr(name, data)
    lying = (folder / "member").read_bytes()
    (folder / "directory").write_bytes(lying.replace(struct.pack("<I", 2**29 + 1), struct.pack("<I", 500)))


@dataclass(frozen=True)
class Case:
    """A form, harm to some of its files, and what it is read for."""

    form: str
    harm: tuple[tuple[int, int, FileHarm | Bomb], ...]
    on_bad: str
    size: int | None
    prepared: bool


cases = st.builds(
    Case,
    st.sampled_from(sorted(FORMS)),
    st.lists(
        st.tuples(st.integers(0, 99), st.integers(0, 99), harms() | st.builds(Bomb, st.sampled_from(BOMBS))),
        min_size=1,
        max_size=2,
    ).map(tuple),
    st.sampled_from(["refuse", "skip"]),
    st.sampled_from([None, 8]),
    st.sampled_from([False, False, True]),
)


@contextmanager
def ready(folder: Path) -> Iterator[Path]:
    """A set of every form."""
    for name, make in FORMS.items():
        make(folder / name)
    bombs(folder / "bombs")
    yield folder


def check(case: Case, it: Path, folder: Path) -> list[str]:
    """What is wrong with how samenoise took it; ``folder`` is empty before and after."""
    outside = Outside(folder / "outside")
    place = Path(shutil.copytree(it / case.form, folder / "set"))
    files = sorted(path for path in place.rglob("*") if path.is_file())
    try:
        for k, other, harm in case.harm:
            try:
                if isinstance(harm, Bomb):
                    files[k % len(files)].unlink()
                    shutil.copyfile(it / "bombs" / harm.name, files[k % len(files)])
                else:
                    apply(harm, files[k % len(files)], files[other % len(files)], outside)
            except (NotADirectoryError, IsADirectoryError, FileExistsError, FileNotFoundError):
                continue
        archive = case.form.endswith("archive")
        source = place / "set.zip" if archive else place
        if case.prepared:
            done = called(refused(lambda: _prepared(source, folder / "out.zip"), ValueError, FileNotFoundError))
            found = problems(done, (0, 2))
            if done.code == 2 and (folder / "out.zip").exists():
                found.append("an archive was written and refused")
        else:
            done = called(refused(lambda: _read(case, source), ValueError, FileNotFoundError))
            found = problems(done, (0, 2))
            if done.code == 0:
                found += _against(case, it, done.out)
        spec = DataSpec(source="files", path=str(source))
        if not any("terabyte" in str(harm) for _, _, harm in case.harm):  # every byte counts, and takes its time
            found += problems(called(refused(lambda: fingerprint(spec), ConfigError)), (0, 2))
        if not outside.is_as_it_was():
            found.append("it has changed something outside")
        return found
    finally:
        for path in list(folder.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _read(case: Case, source: Path) -> None:
    result = read(source, case.size, None, case.on_bad)  # type: ignore[arg-type]
    images = result.images.images
    assert images.isfinite().all(), "not finite"
    assert images.abs().max() <= 1.01, "out of range"
    said = {
        "count": len(images),
        "shape": list(images.shape[1:]),
        "skipped": [str(each) for each in result.skipped],
        "images": sorted(hashlib.sha256(each.numpy().tobytes()).hexdigest() for each in images),
    }
    sys.stdout.write(json.dumps(said))


def _against(case: Case, it: Path, said: str) -> list[str]:
    """A set that is read holds as many images as before but for those it names; and those of files without harm."""
    found = json.loads(said)
    if case.on_bad == "refuse" and found["skipped"]:
        return ["it left out what it should refuse"]
    if not all(each.isprintable() and len(each) < 1000 for each in found["skipped"]):
        return [f"what it left out is in no sentence: {found['skipped']}"]
    harmful = any(isinstance(harm, str) for _, _, harm in case.harm)  # swapped, moved away: it is another set then
    things = any(type(harm).__name__ == "Thing" for _, _, harm in case.harm)
    if case.form in KINDS and not harmful and not things and found["count"] + len(found["skipped"]) != COUNT:
        return [f"{found['count']} images and {len(found['skipped'])} left out are not the {COUNT} there were"]
    return []


def _prepared(source: Path, out: Path) -> None:
    prepare(source, out, 8)
    result = read(out)
    assert result.images.images.isfinite().all()
