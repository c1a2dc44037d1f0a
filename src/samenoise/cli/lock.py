"""``samenoise lock``: a small file that says what a generator draws from which noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samenoise.cli.shared import Json, TrustPickle, stop, trusting

__all__ = ["lock"]


def lock(
    target: Annotated[str, typer.Argument(metavar="A", help="A generator, as for `samenoise compare`.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.lock", help="File to write.")],
    noises: Annotated[int | None, typer.Option(min=2, help="How many noises. [default: 64, or all images]")] = None,
    ids: Annotated[str | None, typer.Option(metavar="0-299,512", help="Which noises instead.")] = None,
    noise_seed: Annotated[int, typer.Option(min=0, help="Of the noise bank.")] = 0,
    shape: Annotated[str | None, typer.Option(metavar="3x32x32", help="Of the noise, if A does not say it.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="A file of prompts, one a line: noise i has number i mod k.")
    ] = None,
    classes: Annotated[str | None, typer.Option(metavar="0-9", help="Class labels, given out likewise.")] = None,
    every: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as steps=10, dtype=float32.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there, its history with it.")
    ] = False,
    trust_pickle: TrustPickle = False,
    as_json: Json = False,
) -> None:
    """Write a small file that says what a generator draws from which noise, for `samenoise check` to hold it to."""
    import json

    from samenoise.comparison.ask import lock as make

    try:
        every = trusting(every, trust_pickle)
        made = make(target, out, noises, ids, noise_seed, shape, prompts, classes, every, force)
    except KeyboardInterrupt:
        stop("interrupted; nothing was written", 130)
    size = out.stat().st_size
    content = {"path": str(out), "bytes": size, "noises": len(made.ids), "bank": made.bank, "itself": list(made.itself)}
    if as_json:
        typer.echo(json.dumps(content))
        return
    typer.echo(f"{out}: {len(made.ids)} noises of {made.target}, {size:,} bytes")
    for way in made.itself:
        typer.echo(
            f"against itself, {way['way']}: RP {way['rp']:.3f}, PFD {way['pfd']:.3g}, bit-equal {way['bit_equal']:.3f}"
        )
