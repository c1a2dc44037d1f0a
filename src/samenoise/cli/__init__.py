"""The command line. Results on stdout, progress and messages on stderr; heavy imports are inside the
verbs, one file each.

Exit codes: 0 done, 1 failed, 2 wrong use or config, 3 a gate does not hold, 130 interrupted.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from samenoise.cli.check import check
from samenoise.cli.compare import compare
from samenoise.cli.doctor import doctor
from samenoise.cli.gc import gc
from samenoise.cli.interrupts import heard_once
from samenoise.cli.lock import lock
from samenoise.cli.ls import ls
from samenoise.cli.noise import noise
from samenoise.cli.plan import plan
from samenoise.cli.prepare import prepare
from samenoise.cli.report import report
from samenoise.cli.run import run
from samenoise.cli.shared import Stopped, stop, tell
from samenoise.cli.train import train
from samenoise.cli.watch import watch

__all__ = ["app", "explain", "main"]

INTERRUPTED = "interrupted; what was finished is kept, run the same command again to go on"


class Verbs(TyperGroup):
    """The verbs, each of which Ctrl-C ends in the same way."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            stop(INTERRUPTED, 130)


app = typer.Typer(
    cls=Verbs,
    help="Do diffusion models draw the same picture from the same noise, and when do they stop copying their data?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (run, plan, compare, lock, check, noise, train, prepare, report, watch, ls, gc, doctor):
    app.command()(verb)


def main() -> None:
    """The entry point: every error a user can cause is one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may be no text
    with heard_once() as heard:
        try:
            app()
        except SystemExit as end:
            if end.code == 130 and not isinstance(end, Stopped):  # it came between two words
                tell(INTERRUPTED)
            raise
        except KeyboardInterrupt:
            stop(INTERRUPTED, 130)
        except Exception as error:
            if heard:  # in the middle of an import, say, which ends in any error
                stop(INTERRUPTED, 130)
            stop(*explain(error))


def explain(error: Exception) -> tuple[str, int]:
    """A sentence and an exit code for an error that a user can meet; anything else goes on as the bug it is."""
    from samenoise.outside.base import OutsideError
    from samenoise.runs.cell import ConfigError
    from samenoise.runs.descriptors import Unreadable
    from samenoise.runs.failures import CellFailed, is_away, is_full
    from samenoise.runs.store import StoreError

    if isinstance(error, OutsideError):
        return str(error), error.code
    if isinstance(error, ConfigError | StoreError):
        return str(error), 2
    if is_full(error):
        return f"no space left on the disk ({error}): free some and run the same command again to go on", 1
    if is_away(error):
        return f"{error}; what is finished is kept: run the same command again to go on", 1
    if isinstance(error, CellFailed | Unreadable):
        return str(error), 1
    if isinstance(error, ModuleNotFoundError) and "pip install" in str(error):  # of an extra
        return str(error), 1
    if isinstance(error, MemoryError):
        return "not enough memory; of a run, what is finished is kept: run it again with fewer --workers", 1
    if isinstance(error, OSError):
        what = "" if error.filename is None else f"{error.filename}: "
        return f"{what}{error.strerror or error}", 1
    raise error
