"""``samenoise prepare``: a clean data set of a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samenoise.cli.shared import Json, stop

__all__ = ["prepare"]


def prepare(
    source: Annotated[Path, typer.Argument(help="Folder or zip archive of pictures.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="Archive to write.")],
    size: Annotated[int, typer.Option(min=2, help="Side of the pictures in pixels.")],
    channels: Annotated[int, typer.Option(help="1 for grey, 3 for colour.")] = 3,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Leave out paths like 'stars/*'. May be repeated.")
    ] = None,
    near: Annotated[float, typer.Option(help="Cosine of pixels above which a picture counts as seen before.")] = 0.98,
    as_json: Json = False,
) -> None:
    """Make a clean data set of a folder of pictures: one size, nothing broken, blank or twice."""
    import json

    from samenoise.data.prepare import prepare as make

    try:
        done = make(source, out, size, channels, drop or (), near)
    except KeyboardInterrupt:
        stop("interrupted; nothing was written", 130)
    except (FileNotFoundError, ValueError) as error:
        stop(str(error), 2)
    content = {"path": str(done.path), "pixels_sha256": done.pixels, "counts": done.counts}
    typer.echo(json.dumps(content) if as_json else str(done))
