"""A model in another interpreter: two versions of torch or diffusers, or JAX, beside each other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from samenoise.outside import frames
from samenoise.outside.base import Condition, OutsideError
from samenoise.outside.threads import own_threads

__all__ = ["Other"]

WORKER = Path(__file__).with_name("worker.py")


class Other:
    """A model that another Python opens and draws. Where no number of threads is asked for, it uses as many as torch
    does here: beside a model of this process it differs by its versions, and not by the order of sums.

    Args:
        python: path of the interpreter. It needs NumPy, and what the model itself needs; samenoise it does not need.
        target, options: as for :func:`samenoise.outside.choose.open_target`.

    Raises:
        OutsideError: there is no such interpreter, it lacks NumPy, or it cannot open the model.
    """

    def __init__(self, python: str, target: str, options: dict[str, Any]) -> None:
        self.python, self.target = python, target
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - stderr of the process, as long as it lives
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
        try:
            self._process = subprocess.Popen(
                [python, "-u", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=environment,
            )
        except OSError as error:
            raise OutsideError(f"there is no interpreter {python}: {error.strerror}") from None
        opened = self._ask(do="open", target=target, options=options, threads=own_threads())
        self.shape: tuple[int, ...] | None = None if opened["shape"] is None else tuple(opened["shape"])
        self.about: dict[str, Any] = {**opened["about"], "interpreter": python}
        if opened["stages"]:
            self.record = self._record
            self.replay = self._replay

    def draw(
        self, noise: np.ndarray, conditions: Sequence[Condition] | None = None, threads: int | None = None
    ) -> np.ndarray:
        given = None if conditions is None else list(conditions)
        images: np.ndarray = self._ask(do="draw", noise=noise, conditions=given, threads=threads)["answer"]
        return images

    def _record(self, noise: np.ndarray, conditions: Sequence[Condition] | None = None) -> Any:
        given = None if conditions is None else list(conditions)
        return self._ask(do="record", noise=noise, conditions=given)["answer"]

    def _replay(self, calls: Sequence[dict[str, Any]], threads: int | None = None) -> Any:
        return self._ask(do="replay", calls=list(calls), threads=threads)["answer"]

    def _ask(self, **message: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            frames.send(self._process.stdin, message)  # type: ignore[arg-type]
            answer = frames.receive(self._process.stdout)  # type: ignore[arg-type]
        except frames.NoMessageError:
            self._process.kill()
            raise OutsideError(f"{self.python} is no Python: it did not answer as one", 1) from None
        except (BrokenPipeError, EOFError):
            answer = None
        if answer is None:
            raise OutsideError(self._last_words(message["do"]), 1)
        if "error" in answer:
            raise OutsideError(f"in {self.python}: {answer['error']}", answer["code"])
        return answer

    def _last_words(self, doing: str) -> str:
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "it said nothing"
        if "No module named 'numpy'" in last:
            return f"the interpreter {self.python} has no NumPy, which it needs: install it there"
        ended = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        doing = {"open": f"opening {self.target}", "draw": f"{self.target} drew"}.get(doing, doing)
        return f"the interpreter {self.python} ended {ended} while {doing}: {last}"

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()
        self._said.close()

    def __del__(self) -> None:
        if not sys.is_finalizing() and hasattr(self, "_process"):
            self.close()
