"""Which executor computes the cells of a run, and what is said of how that ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samenoise.cli.shared import stop, tell

if TYPE_CHECKING:
    from samenoise.runs.executor import Executor
    from samenoise.runs.gpus import Sharing
    from samenoise.runs.store import Store

__all__ = ["Engine", "chosen_executor", "ends_told", "parted"]


class Engine(StrEnum):
    """By name."""

    local = "local"
    slurm = "slurm"
    ray = "ray"


def parted(overrides: list[str], engine: Engine) -> tuple[list[str], list[str]]:
    """Those of the cluster's engine, which begin with its name, and those of the preset."""
    own = [each for each in overrides if engine is not Engine.local and each.startswith(f"{engine.value}_")]
    return own, [each for each in overrides if each not in own]


def chosen_executor(
    engine: Engine,
    own: list[str],
    workers: int | None,
    cluster: Path | None,
    address: str | None,
    device: str,
    sharing: Sharing | None = None,
) -> Executor:
    """The executor that the options ask for; its ``own`` overrides come after those of its file."""
    from samenoise.runs.gpus import AS_IT_IS, visible

    sharing = sharing or AS_IT_IS
    if address is not None and engine is not Engine.ray:
        stop("--address is of --executor ray", 2)
    if cluster is not None and engine is Engine.local:
        stop("--cluster is of --executor slurm and --executor ray", 2)
    if workers is not None and engine is Engine.ray:
        stop("--workers is not of --executor ray, whose cluster says how many tasks it takes", 2)
    if engine is Engine.local:
        from samenoise.runs.local import cores, execute

        usual = cores() if device == "cpu" else sharing.workers(len(visible()) if device == "cuda" else 1)
        return partial(execute, workers=workers or usual, sharing=sharing)
    options = {**_file(cluster, engine), **_pairs(own)}
    if engine is Engine.slurm:
        from samenoise.runs.slurm import Slurm

        return Slurm(workers, options, sharing)
    from samenoise.runs.ray import Ray

    return Ray(address or "auto", options, sharing)


@contextmanager
def ends_told(executor: Executor, store: Store) -> Iterator[None]:
    """Work that does not finish ends with a sentence, below what was said meanwhile: each failure was told when it
    came."""
    from samenoise.runs.failures import Unfinished

    try:
        yield
    except Unfinished as end:
        failed = "a unit failed" if end.failed == 1 else f"{end.failed} units failed"
        left = f", {end.left_out} that need what failed were left out" if end.left_out else ""
        stop(f"{failed}{left}, all others are finished: run the same command again to try once more", 1)
    except KeyboardInterrupt:
        from samenoise.runs.slurm import Slurm

        if not isinstance(executor, Slurm):
            raise
        _detach_or_cancel(executor, store)
        raise


def _detach_or_cancel(executor: Any, store: Store) -> None:
    if sys.stdin.isatty():
        sys.stderr.write("the jobs can go on without this window: [d]etach or [c]ancel? ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower().startswith("c"):
            executor.cancel(store)
            tell("the jobs are cancelled")
            return
    tell(f"the jobs go on: samenoise watch {store.address} looks at them, and the same command follows them again")


def _file(cluster: Path | None, engine: Engine) -> dict[str, Any]:
    if cluster is None:
        return {}
    from samenoise.lab import yaml12
    from samenoise.runs.descriptors import Unreadable
    from samenoise.runs.files import read_file

    try:
        content = yaml12.load(read_file(cluster, yaml12.BYTES))
    except (OSError, ValueError, Unreadable) as error:
        stop(f"cannot read {cluster}: {error}", 2)
    if not isinstance(content, dict):
        stop(f"{cluster} must be a YAML mapping, such as slurm_partition: gpu", 2)
    return {str(key): value for key, value in content.items() if str(key).startswith(f"{engine.value}_")}


def _pairs(own: list[str]) -> dict[str, Any]:
    from samenoise.lab import yaml12

    found = {}
    for each in own:
        key, equals, text = each.partition("=")
        if not equals:
            stop(f"an option of a cluster is key=value, such as slurm_time=60; got {each!r}", 2)
        found[key] = yaml12.load(text.encode())
    return found
