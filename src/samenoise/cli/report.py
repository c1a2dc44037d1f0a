"""``samenoise report``: the report of a finished run, anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samenoise.cli.shared import Json, stop

if TYPE_CHECKING:
    from samenoise.runs.address import Address

__all__ = ["report"]


def report(
    run_dir: Annotated[
        str, typer.Argument(metavar="RUN", help="Run directory, such as runs/digits or s3://bucket/run.")
    ],
    as_json: Json = False,
) -> None:
    """Write the report of a finished run anew, from its files alone."""
    import json

    from samenoise.runs.address import address, looked_at
    from samenoise.runs.progress import working

    where = address(run_dir)
    if looked_at(where).about("scores.json") is None:
        stop(f"{run_dir} holds no finished run (no scores.json): finish it with `samenoise run ... --out {run_dir}`", 2)
    try:
        with working("writing the report"):
            page = _written(where)
    except ValueError as error:
        stop(str(error), 1)
    typer.echo(json.dumps({"report": str(page)}) if as_json else f"report: {page}")


def _written(where: Address) -> Path:
    from samenoise.lab.run_files import FILES
    from samenoise.report import write_report
    from samenoise.runs.address import open_store

    if isinstance(where, Path):  # as its files are all that it takes, it need be no store
        return write_report(where)
    store = open_store(where, make=False)
    store.catch_up(FILES)
    page = write_report(store.root)
    store.share()
    return page
