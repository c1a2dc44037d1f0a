"""From what is asked on the command line to a comparison, a lock or a check."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from samenoise.comparison import check as checks
from samenoise.comparison import lock as locks
from samenoise.comparison.check import Checked
from samenoise.comparison.compare import How, compare_sides
from samenoise.comparison.drawn import OnProgress
from samenoise.comparison.gates import Verdict, judge, parse_condition
from samenoise.comparison.lock import Lock
from samenoise.comparison.places import for_file
from samenoise.comparison.result import Comparison
from samenoise.comparison.side import Conditions
from samenoise.comparison.spec import SideSpec, options_of, parse, with_defaults, written
from samenoise.comparison.written import numbers, shape_of
from samenoise.metrics.noninferiority import noises_for_drop
from samenoise.outside.base import OutsideError
from samenoise.outside.choose import kind_of
from samenoise.outside.texts import text_of
from samenoise.runs.sentence import said

__all__ = ["Asked", "answer", "check", "lock"]


@dataclass(frozen=True)
class Asked:
    """The options of ``samenoise compare``, as they are written."""

    sides: Sequence[str]
    noises: int | None = None
    ids: str | None = None
    detect: float | None = None
    seed: int = 0
    shape: str | None = None
    prompts: Path | None = None
    classes: str | None = None
    reference: str | None = None
    ceiling: int = 64
    ceiling_with: Sequence[str] = ()
    fail_if: Sequence[str] = ()
    within_ceiling: float | None = None
    where: bool = False
    all_pairs: bool = False
    data: Path | None = None
    threshold: float | None = None
    feature: str = "pixel"
    every: Sequence[str] = field(default_factory=list)


def answer(asked: Asked) -> tuple[Comparison, list[Verdict]]:
    """Compare, and judge.

    Raises:
        OutsideError: something that is asked for cannot be.
    """
    conditions = [parse_condition(text) for text in asked.fail_if]
    if asked.within_ceiling is not None and not 0 < asked.within_ceiling < 1:
        raise OutsideError(f"--within-ceiling is a share between 0 and 1, got {asked.within_ceiling:g}")
    written = [*asked.sides, *([asked.reference] if asked.reference else [])]
    specs = with_defaults([parse(side) for side in written], options_of(asked.every))
    reference = specs.pop() if asked.reference else None
    how = How(
        ids=None if asked.ids is None else numbers(asked.ids),
        noises=_count(asked),
        seed=asked.seed,
        shape=None if asked.shape is None else shape_of(asked.shape),
        conditions=conditions_from(asked.prompts, asked.classes),
        feature=asked.feature,
        mean=None if asked.data is None else mean_of(asked.data),
        threshold=asked.threshold,
        ceiling=asked.ceiling if asked.within_ceiling is None else 10**9,
        ceiling_with=[options_of([each]) for each in asked.ceiling_with],
        all_pairs=asked.all_pairs,
        reference=reference,
        where=asked.where,
    )
    with tracked() as progress, redirect_stdout(sys.stderr):  # whatever a generator prints is no result
        found = compare_sides(specs, how, progress)
    return found, judge(found, conditions, asked.within_ceiling)


def _count(asked: Asked) -> int | None:
    if asked.detect is None:
        return asked.noises
    if not 0 < asked.detect < 1:
        raise OutsideError(f"--detect is a share between 0 and 1, got {asked.detect:g}")
    if asked.noises is not None or asked.ids is not None:
        raise OutsideError("--detect says how many noises there are: leave --noises and --ids out")
    return noises_for_drop(asked.detect)


def conditions_from(prompts: Path | None, classes: str | None) -> Conditions | None:
    """Prompts, one a line, or class labels.

    Raises:
        OutsideError: both are given, or the prompts cannot be read.
    """
    if prompts is not None and classes is not None:
        raise OutsideError("a generator is given prompts or classes, not both")
    if classes is not None:
        return Conditions(numbers(classes))
    if prompts is None:
        return None
    return Conditions([line for line in text_of(prompts).splitlines() if line.strip()])


def mean_of(data: Path) -> Tensor:
    """The mean of training images."""
    from samenoise.data import read

    try:
        return read(data).images.images.mean(0)
    except (FileNotFoundError, ValueError) as error:
        raise OutsideError(str(error)) from None


@contextmanager
def tracked() -> Iterator[OnProgress]:
    """A bar for each side on stderr, on a terminal; elsewhere a line when a side is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bars = Progress(
        TextColumn("draw {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console
    )
    tasks: dict[str, Any] = {}
    with bars:

        def came(side: str, done: int, total: int) -> None:
            if side not in tasks:
                tasks[side] = bars.add_task(side, total=total)
            bars.update(tasks[side], completed=done)

        yield came


def lock(
    target: str,
    out: Path,
    noises: int | None,
    ids: str | None,
    seed: int,
    shape: str | None,
    prompts: Path | None,
    classes: str | None,
    every: Sequence[str],
    force: bool = False,
) -> Lock:
    """Make a lock file, in the place of another with ``force`` alone.

    Raises:
        OutsideError: something that is asked for cannot be.
    """
    for_file(out)
    if out.exists() and not force:
        raise OutsideError(
            f"{out} is there, and a new lock begins without its history: hold the generator to it with samenoise "
            "check, give another name, or say --force"
        )
    [spec] = with_defaults([parse(target)], options_of(every))
    how = How(
        ids=None if ids is None else numbers(ids),
        noises=noises,
        seed=seed,
        shape=None if shape is None else shape_of(shape),
        conditions=conditions_from(prompts, classes),
    )
    with tracked() as progress, redirect_stdout(sys.stderr):
        made = locks.make(spec, written(spec), how, progress)
    made.write(out)
    return made


def check(
    path: Path, target: str | None, fail_if: Sequence[str], every: Sequence[str]
) -> tuple[Checked, list[Verdict]]:
    """Hold a generator to a lock file.

    Raises:
        OutsideError: something that is asked for cannot be.
    """
    conditions = [parse_condition(text) for text in fail_if]
    kept = locks.read(path)
    if not (target or kept.target):
        raise OutsideError(f"{path} does not say how its generator is opened: name it")
    spec = parse(target or kept.target)
    if not target:
        _require_no_code(spec, path)
    [spec] = with_defaults([spec], options_of(every))
    with tracked() as progress, redirect_stdout(sys.stderr):
        found = checks.check(kept, spec, on_progress=progress)
    return found, found.judge(conditions)


def _require_no_code(spec: SideSpec, path: Path) -> None:
    """Refuse to run what a lock file says and nobody else: it may be anybody's."""
    if spec.python is not None or spec.options.get("trust_pickle") or kind_of(spec.target) in ("function", "pickle"):
        raise OutsideError(
            f"{path} says to run {said(written(spec))}, and code is run only where you name it: "
            "samenoise check FILE.lock A"
        )
