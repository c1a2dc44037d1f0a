"""Folders of a model, harmed: a network that draws finite images, the same as before where nothing that counts has
changed, or a sentence."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import torch
from fuzz.guard import called, problems, refused
from fuzz.harm import FileHarm, apply, harms
from hypothesis import strategies as st
from things import Outside

from samenoise import NoiseBank, generate, networks
from samenoise.denoiser import NetworkDenoiser
from samenoise.networks.checkpoint import from_pretrained, save_pretrained
from samenoise.process import EDM

__all__ = ["Case", "cases", "check", "ready"]

FILES = ("process.json", "process.json", "config.json", "diffusion_pytorch_model.safetensors")


@dataclass(frozen=True)
class Case:
    """Harm to some of the files."""

    harm: tuple[tuple[int, int, FileHarm], ...]


cases = st.builds(
    Case,
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), harms()), min_size=1, max_size=2).map(tuple),
)


@contextmanager
def ready(folder: Path) -> Iterator[Path]:
    """A model."""
    torch.manual_seed(0)
    network = networks.build("mlp", (1, 8, 8), 8, 1, 0)
    save_pretrained(NetworkDenoiser(network.eval(), EDM(), (1, 8, 8), "edm", 0.5, None), folder / "model")
    with redirect_stdout(io.StringIO()):  # imports what it needs, once for all
        _draw(folder / "model")
    yield folder / "model"


def check(case: Case, it: Path, folder: Path) -> list[str]:
    """What is wrong with how samenoise took it; ``folder`` is empty before and after."""
    outside = Outside(folder / "outside")
    place = Path(shutil.copytree(it, folder / "model"))
    try:
        for k, other, harm in case.harm:
            try:
                apply(harm, place / FILES[k], place / FILES[other], outside)
            except (NotADirectoryError, FileExistsError, FileNotFoundError):
                continue
        done = called(refused(lambda: _draw(place), ValueError, FileNotFoundError))
        found = problems(done, (0, 2))
        same = all(_same(place / name, it / name) for name in set(FILES) - {"config.json"})
        if done.code == 0 and same and done.out != called(lambda: _draw(it)).out:
            found.append("it draws something else")
        if not outside.is_as_it_was():
            found.append("it has changed something outside")
        return found
    finally:
        for path in list(folder.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _draw(folder: Path) -> None:
    denoiser = from_pretrained(folder)
    (batch,) = generate(denoiser, NoiseBank(0, denoiser.shape), range(2), steps=2)
    print(hashlib.sha256(batch.images.numpy().tobytes()).hexdigest())


def _same(file: Path, other: Path) -> bool:
    return file.is_file() and file.stat().st_size == other.stat().st_size and file.read_bytes() == other.read_bytes()
