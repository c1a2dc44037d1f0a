"""Run directories, harmed. A run in one ends with the undisturbed results, bit for bit; every other verb ends well or
in a sentence; and nothing outside has changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz import world
from fuzz.guard import command, problems
from fuzz.harm import FileHarm, apply, harms
from hypothesis import strategies as st
from things import Outside, seen

from samenoise.lab.agenda import Agenda
from samenoise.runs import claims, local
from samenoise.runs.cell import Cell, in_order
from samenoise.runs.failures import CellFailed
from samenoise.runs.store import Store

__all__ = ["Case", "cases", "check", "ready"]

VERBS = (
    *(
        ("ls", "."),
        ("ls", "run", "--verify"),
        ("ls", "--json", "run"),
        ("run", "toy.yaml", "--out", "run", "--dry-run", "--no-timing"),
    ),
    *(
        ("report", "run"),
        ("gc", "run", "--dry-run"),
        ("gc", "run"),
        ("train", "toy.yaml", "--model", "mlp-4", "--out", "run"),
    ),
)
READ_ONLY = VERBS[:4] + VERBS[5:6]


@dataclass(frozen=True)
class Case:
    """What is done to which places, by their numbers, and what is tried before a run."""

    harm: tuple[tuple[int, int, FileHarm], ...]
    verb: tuple[str, ...]


cases = st.builds(
    Case,
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999), harms()), min_size=1, max_size=3).map(tuple),
    st.sampled_from(VERBS),
)


class Inline:
    """A worker in this very process."""

    has_gpu = True

    def __init__(self, root: Path) -> None:
        self.store, self.pipe = Store(root), self

    def send(self, cell: Cell, ranks: int) -> None:
        try:
            self.store.compute(cell)
        except Exception as error:
            raise CellFailed(f"{cell.title}: {error or type(error).__name__}") from error

    def receive(self, cell: Cell) -> None:
        return None


@contextmanager
def inline(seats: Sequence[str], root: Path) -> Iterator[list[Inline]]:
    yield [Inline(root)]


@dataclass
class Ready:
    """The undisturbed run, and what a run in a harmed copy of it must give again."""

    template: Path
    agenda: Agenda
    right: dict[str, Any]
    places: list[str]


@contextmanager
def ready(folder: Path) -> Iterator[Ready]:
    """Everything that cases need; processes that are forked from here compute in themselves."""
    before = local.crew, local.wait, claims.Claims.__init__.__defaults__
    local.crew, local.wait = inline, lambda pipes, seconds: pipes[:1]  # type: ignore[assignment]
    claims.Claims.__init__.__defaults__ = (1.0,)  # seconds that a claim which says nothing holds a run up; they are 30
    try:
        with world.installed():
            template, agenda = world.made(folder), world.agenda()
            places = sorted(seen(template).keys() - {"."})
            unit = in_order(agenda.cells)[-1].hash
            places += [
                f".claims/{unit}.json",
                f".scratch/{unit}",
                f".scratch/{unit}/ffffffff-1-abc/checkpoint-x.safetensors",
            ]
            places += [".claims", ".scratch", ".damaged", "training", "more", "report/images"]
            yield Ready(template, agenda, world.kept(template, agenda), places)
    finally:
        local.crew, local.wait, claims.Claims.__init__.__defaults__ = before


def check(case: Case, it: Ready, folder: Path) -> list[str]:
    """What is wrong with how samenoise took it; ``folder`` is empty before and after."""
    root = world.restored(it.template, folder / "run")
    shutil.copy(it.template.parent / "toy.yaml", folder / "toy.yaml")
    outside = Outside(folder / "outside")
    try:
        for place, other, harm in case.harm:
            there, beside = (root / it.places[k % len(it.places)] for k in (place, other))
            try:
                apply(harm, there, beside, outside)
            except (NotADirectoryError, FileExistsError, FileNotFoundError):
                continue  # harm done before took the place away
        before = _quickly_seen(root)
        done = command(*case.verb, folder=folder)
        said = "--verify" in case.verb and done.code == 1 and "damaged; the next run computes them again" in done.out
        found = [f"{' '.join(case.verb)}: {each}" for each in problems(done) if not said]
        if case.verb in READ_ONLY and _quickly_seen(root) != before:
            found.append(f"{' '.join(case.verb)} has changed something")
        if not outside.is_as_it_was():
            found.append(f"{' '.join(case.verb)} has changed something outside")
        again = command("run", "toy.yaml", "--out", "run", folder=folder)
        found += [f"run: {each}" for each in problems(again)]
        if not outside.is_as_it_was():
            found.append("run has changed something outside")
        if again.code == 0 and (differs := _differences(root, it)):
            found.append(f"the run has other results: {differs}")
        if again.code and "holds results of schema" not in again.err:
            found.append(f"the run has not healed: {again.err.strip()}")
        return found
    finally:
        for path in list(folder.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _quickly_seen(root: Path) -> Any:
    try:
        return seen(root)
    except OSError:  # deeper than paths are long
        return None


def _differences(root: Path, it: Ready) -> list[str]:
    """What is another than in the undisturbed run. A result in between, which this run did not read, may be: that shows
    when it is looked at, and whoever reads it has it computed again first."""
    found, store = world.kept(root, it.agenda), Store(root, make=False)
    asked = {cell.hash for cell in it.agenda.cells}
    between = [cell for cell in in_order(it.agenda.cells) if cell.hash not in asked]
    damaged = {f"{cell.folder}/{cell.hash}/" for cell in between if store.damage(cell) is not None}
    keys = found.keys() | it.right.keys()
    return sorted(key for key in keys if found.get(key) != it.right.get(key) and not key.startswith(tuple(damaged)))
