"""What the verbs share: options, and how they stop."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from samenoise.runs.sentence import filled, sentence

if TYPE_CHECKING:
    from samenoise.runs.address import Address

__all__ = [
    "Device",
    "Json",
    "Out",
    "Overrides",
    "Seed",
    "Stopped",
    "TrustPickle",
    "check_device",
    "place",
    "stop",
    "tell",
    "trusting",
]

Out = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|URL", help="Run directory, or s3://bucket/run. [default: runs/PRESET]", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON on stdout.")]
Seed = Annotated[int | None, typer.Option(help="Of data order, weights and training noise.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps. [default: cpu]")]
TrustPickle = Annotated[bool, typer.Option("--trust-pickle", help="Open pickles, which run whatever code is in them.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as training.updates=500 sizes=8,64.")
]


class Stopped(SystemExit):
    """The end of a process that has said why."""


def place(out: str | None, name: str) -> Address:
    """Where a run is kept: as ``--out`` says, or under its name."""
    from samenoise.runs.address import address

    return Path("runs") / name if out is None else address(out)


def stop(message: str, code: int) -> NoReturn:
    """End with a sentence on stderr."""
    tell(message)
    raise Stopped(code)


def tell(message: str) -> None:
    """A sentence on stderr, on one line whatever is in it; on a terminal on as many as it takes, parted at spaces."""
    line = f"samenoise: {sentence(message)}"
    if sys.stderr.isatty():
        from rich.console import Console

        line = filled(line, Console(stderr=True).width)
    typer.echo(line, err=True)


def trusting(options: Sequence[str] | None, trust_pickle: bool) -> list[str]:
    """What ``--set`` says of sides, and ``--trust-pickle``."""
    return [*(options or []), *(["trust_pickle=true"] if trust_pickle else [])]


def check_device(device: str) -> None:
    """End with a sentence unless a device can be used."""
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        stop(f"the device {device!r} cannot be used here: {str(error).splitlines()[0]}", 2)
