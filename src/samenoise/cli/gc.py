"""``samenoise gc``: what nobody asks for is removed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samenoise.cli.shared import Json, stop

__all__ = ["gc"]


def gc(
    root: Annotated[Path, typer.Argument(help="Run directory, such as runs/digits.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what the config of a run directory does not ask for, damaged results and leftovers of killed runs."""
    import json

    from samenoise.runs.gc import sweep
    from samenoise.runs.sentence import printable
    from samenoise.runs.store import Store

    wanted = _wanted(root)
    swept = sweep(Store(root, make=False), wanted, dry_run)
    total = sum(each.bytes for each in swept)
    if as_json:
        typer.echo(json.dumps({"removed": [each._asdict() for each in swept], "bytes": total, "dry_run": dry_run}))
        return
    for each in swept:
        typer.echo(printable(f"{each.bytes:>12}  {each.path}  {each.what}"))
    typer.echo(f"{len(swept)} {'would be' if dry_run else ''} removed, {total / 1e6:.1f} MB".replace("  ", " "))


def _wanted(root: Path) -> set[str]:
    """Hashes of all that the config of a run directory asks for."""
    from samenoise.lab.agenda import Agenda
    from samenoise.lab.presets import parse
    from samenoise.lab.yaml12 import BYTES
    from samenoise.runs.cell import in_order
    from samenoise.runs.read_tree import ReadTree

    try:
        content = ReadTree(root).read("config.yaml", BYTES)
    except FileNotFoundError:
        stop(f"{root} holds no config.yaml, which says what to keep: nothing was removed", 2)
    except ValueError as error:
        stop(f"nothing was removed, because of what should say what to keep: {error}", 2)
    try:
        return {cell.hash for cell in in_order(Agenda(parse(content, f"{root / 'config.yaml'}")).cells)}
    except Exception as error:  # whatever it is: what cannot be planned cannot be kept
        reason = str(error) or type(error).__name__
        stop(f"nothing was removed, because {root / 'config.yaml'} cannot be planned: {reason}", 2)
