"""``samenoise noise``: the shared noise as a file, for any other runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samenoise.cli.shared import Json, stop

__all__ = ["noise"]


def noise(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="File to write: .npy, or .safetensors with ids.")],
    shape: Annotated[str, typer.Option(metavar="4x64x64", help="Of one noise.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the noise bank.")] = 0,
    ids: Annotated[str, typer.Option(metavar="0-299,512", help="Which noises, in this order.")] = "0-63",
    as_json: Json = False,
) -> None:
    """Write the noise that samenoise compares generators at, as a file that any other runtime reads."""
    import json

    from samenoise.comparison.noise_file import write_noise
    from samenoise.comparison.written import numbers, shape_of

    try:
        written = write_noise(out, seed, shape_of(shape), numbers(ids))
    except KeyboardInterrupt:
        stop("interrupted; nothing was written", 130)
    if as_json:
        typer.echo(json.dumps(written.content()))
        return
    for line in written.lines():
        typer.echo(line)
