"""``samenoise report``: the report of a finished run, anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samenoise.cli.shared import Json, stop

__all__ = ["report"]


def report(
    run_dir: Annotated[Path, typer.Argument(help="Run directory, such as runs/digits.")],
    as_json: Json = False,
) -> None:
    """Write the report of a finished run anew, from its files alone."""
    import json
    import os

    from samenoise.report import write_report
    from samenoise.runs.progress import working

    if not os.path.lexists(run_dir / "scores.json"):
        stop(f"{run_dir} holds no finished run (no scores.json): finish it with `samenoise run ... --out {run_dir}`", 2)
    try:
        with working("writing the report"):
            page = write_report(run_dir)
    except ValueError as error:
        stop(str(error), 1)
    typer.echo(json.dumps({"report": str(page)}) if as_json else f"report: {page}")
