"""``samenoise gc``: what nobody asks for is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from samenoise.cli.shared import Json, stop

if TYPE_CHECKING:
    from samenoise.runs.address import Address

__all__ = ["gc"]


def gc(
    root: Annotated[str, typer.Argument(metavar="RUN", help="Run directory, such as runs/digits or s3://bucket/run.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what the config of a run directory does not ask for, damaged results and leftovers of killed runs."""
    import json

    from samenoise.runs.address import address, open_store
    from samenoise.runs.gc import sweep
    from samenoise.runs.sentence import printable

    where = address(root)
    wanted = _wanted(where)
    swept = sweep(open_store(where, make=False), wanted, dry_run)
    total = sum(each.bytes for each in swept)
    if as_json:
        typer.echo(json.dumps({"removed": [each._asdict() for each in swept], "bytes": total, "dry_run": dry_run}))
        return
    for each in swept:
        typer.echo(printable(f"{each.bytes:>12}  {each.path}  {each.what}"))
    typer.echo(f"{len(swept)} {'would be' if dry_run else ''} removed, {total / 1e6:.1f} MB".replace("  ", " "))


def _wanted(root: Address) -> set[str]:
    """Hashes of all that the config of a run directory asks for."""
    from samenoise.lab.agenda import Agenda
    from samenoise.lab.presets import parse
    from samenoise.lab.yaml12 import BYTES
    from samenoise.runs.address import looked_at
    from samenoise.runs.cell import in_order

    files = looked_at(root)
    try:
        content = files.read("config.yaml", BYTES)
    except FileNotFoundError:
        stop(f"{root} holds no config.yaml, which says what to keep: nothing was removed", 2)
    except ValueError as error:
        stop(f"nothing was removed, because of what should say what to keep: {error}", 2)
    try:
        return {cell.hash for cell in in_order(Agenda(parse(content, f"{files.where('config.yaml')}")).cells)}
    except Exception as error:  # whatever it is: what cannot be planned cannot be kept
        reason = str(error) or type(error).__name__
        stop(f"nothing was removed, because {files.where('config.yaml')} cannot be planned: {reason}", 2)
