"""Presets, and what is said on the command line: a dry run plans that, or ends in a sentence, and makes nothing."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fuzz import world
from fuzz.guard import command, problems
from fuzz.harm import Bytes, Json, Odd, odd, of_bytes, of_json, written
from fuzz.toy import PRESET
from hypothesis import strategies as st
from things import Outside

from samenoise.lab import yaml12
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError

__all__ = ["Case", "cases", "check", "ready"]

KEYS = (
    *(
        "name",
        "experiments",
        "seed",
        "device",
        "data.source",
        "data.held_out",
        "data.path",
        "data.count",
        "data.classes",
    ),
    *("process.name", "process.options", "network.name", "network.blocks", "network.sigma_data", "widths", "sizes"),
    *("training.updates", "training.lr", "training.ema", "training.procedure", "training.steps", "models", "models.x"),
    *("models.x.width", "sampling.noises", "sampling.solver", "sampling.steps", "sampling.eta", "feature", "threshold"),
    *("shown", "toy", "toy.x", "", ".", "a.b.c", "splits.width", "regimes"),
)
OTHERS = {
    "digits-quick": ["sizes=8,16"],
    "digits-solvers": ["solvers.steps=4"],
    "digits-teacher": ["sizes=16,32"],
    "digits-matrix": [],
    "digits-dynamics": ["sizes=8,16"],
    "digits-lowrank": ["sizes=8,16"],
}
FORMS = (
    *(
        "x: &a [*a]",
        "<<: *x",
        "- " * 200,
        "{" * 200,
        "? [a]\n: b",
        "%YAML 1.1\n---\n",
        "!!python/object:os.x {}",
        "a: 1\na: 2",
    ),
    *(
        "\x00",
        "\ufeff",
        "\x85",
        "---\n---\n",
        "...",
        "&a " * 20,
        "|\n  x\n y",
        "'",
        '"\\ud800"',
        "1:30",
        "010",
        "9" * 5000,
    ),
)


@dataclass(frozen=True)
class Case:
    """Changes to the values of a good preset and to the bytes of its text, more text, and what is said beside it."""

    number: int
    values: tuple[Json, ...] = ()
    data: tuple[Bytes, ...] = ()
    more: str = ""
    overrides: tuple[tuple[str, Odd | str], ...] = ()


numbers = st.integers(0, 99)
overrides = st.lists(
    st.tuples(st.sampled_from(KEYS), odd | st.sampled_from(FORMS) | st.text(max_size=8)), max_size=2
).map(tuple)
values = st.lists(of_json, min_size=1, max_size=2).map(tuple)
cases = st.one_of(
    st.builds(Case, numbers, values),
    st.builds(Case, numbers, values, overrides=overrides),
    st.builds(Case, numbers, overrides=overrides),
    st.builds(Case, numbers, data=st.lists(of_bytes, min_size=1, max_size=2).map(tuple)),
    st.builds(Case, numbers, more=st.sampled_from(FORMS)),
)


@contextmanager
def ready(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """The presets that cases change: the toy, and others with every key written out."""
    with world.installed():
        found = [PRESET, *(load(name, small).dump() for name, small in OTHERS.items())]
        for preset in found:
            Agenda(Config.of(preset)).cells  # noqa: B018 - reads the code, once for all
        yield found


def text_of(case: Case, presets: list[dict[str, Any]]) -> bytes:
    """The preset of a case."""
    content: Any = copy.deepcopy(presets[case.number % len(presets)])
    for change in case.values:
        content = change.applied(content)
    try:
        data = yaml.safe_dump(content).encode()
    except (RecursionError, ValueError, yaml.YAMLError):
        data = written(content)
    for harm in case.data:
        data = harm.applied(data)
    return data + case.more.encode()


def check(case: Case, it: list[dict[str, Any]], folder: Path) -> list[str]:
    """What is wrong with how samenoise took it; ``folder`` is empty before and after."""
    outside = Outside(folder / "outside")
    (folder / "p.yaml").write_bytes(text_of(case, it))
    said = []
    for key, value in case.overrides:
        text = value if isinstance(value, str) else written(value.value).decode()
        said.append(f"{key}={text}"[:100_000].replace("\0", ""))
    try:
        done = command(
            "run", "p.yaml", "--out", "run", "--dry-run", "--no-timing", "--json", "--", *said, folder=folder
        )
        found = problems(done, (0, 2))
        if not outside.is_as_it_was() or sorted(path.name for path in folder.iterdir()) != ["outside", "p.yaml"]:
            found.append("it has changed something")
        if done.code == 0:
            config = json.loads(done.out)["config"]
            if Config.of(copy.deepcopy(config)).dump() != config:
                found.append("its config is read back as another")
            if yaml12.load(yaml12.dump(config).encode()) != config:
                found.append("its config is written as another")
        return found
    except ConfigError as error:
        return [f"its config is not read back: {error}"]
    finally:
        shutil.rmtree(folder / "outside")
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
