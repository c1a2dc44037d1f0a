"""``samenoise check``: does a generator still draw what its lock file says?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from samenoise.cli.shared import Json, TrustPickle, stop, trusting

__all__ = ["check"]


def check(
    lock: Annotated[Path, typer.Argument(metavar="FILE.lock", help="What `samenoise lock` wrote.")],
    target: Annotated[
        str | None, typer.Argument(metavar="[A]", help="The generator. [default: that of the lock]")
    ] = None,
    fail_if: Annotated[
        list[str] | None, typer.Option(metavar='"rp < 0.95"', help='Exit with 3 if so. [default: "rp < 0.95"]')
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Note this check in the history of the lock.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Show the history of checks, and draw nothing.")] = False,
    every: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as device=cuda, python=PATH.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG of the noises that differ most.")] = None,
    trust_pickle: TrustPickle = False,
    as_json: Json = False,
) -> None:
    """Say whether a generator still draws what its lock file says, on this version, machine or device."""
    import json

    from samenoise.comparison.ask import check as ask
    from samenoise.comparison.lock import read
    from samenoise.comparison.places import for_file
    from samenoise.runs.sentence import printable

    if history:
        past = read(lock).history
        lines = [printable(_line(each)) for each in past]
        typer.echo(json.dumps(past) if as_json else "\n".join(lines) or "no check has been recorded")
        return
    if out is not None:
        for_file(out)
    try:
        found, verdicts = ask(lock, target, fail_if or [], trusting(every, trust_pickle))
        if record:
            found.lock.noted(found.content()).write(lock)
        if out is not None:
            from samenoise.comparison import picture

            picture.write(out, found.strip)
    except KeyboardInterrupt:
        stop("interrupted; nothing was written", 130)
    if as_json:
        typer.echo(json.dumps({**found.content(), "gates": [verdict._asdict() for verdict in verdicts]}))
    else:
        typer.echo("\n".join(map(printable, found.sentences())))
    if failed := [verdict for verdict in verdicts if not verdict.passed]:
        stop("; ".join(f"{verdict.gate} does not hold ({verdict.found})" for verdict in failed), 3)


def _line(past: Mapping[str, Any]) -> str:
    changed = sorted(past["changed"].items())
    what = ", ".join(f"{key} {then} -> {now}" for key, (then, now) in changed) or "nothing changed"
    return f"{past['date']}  RP {past['rp']:.3f}  bit-equal {past['bit_equal']:.3f}  PFD {past['pfd']:.3g}  {what}"
