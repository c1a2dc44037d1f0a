"""The command line in this process: what it says and how it ends, without the seconds that an interpreter and torch
take to start."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from pathlib import Path

import pytest

from samenoise.cli import main


def samenoise(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``samenoise ARGS`` in a folder, as :func:`subprocess.run` would return it."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr("sys.argv", ["samenoise", *args])
        patch.chdir(cwd or os.curdir)
        with pytest.raises(SystemExit) as end:
            main()
    return subprocess.CompletedProcess(args, int(end.value.code or 0), out.getvalue(), err.getvalue())
