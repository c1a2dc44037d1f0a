"""Ctrl-C is heard once: what stops is not stopped again halfway, and what hangs can be ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from samenoise.cli import interrupts
from samenoise.cli.interrupts import heard_once

CODE = """
import sys, time
from samenoise.cli import interrupts
interrupts.PATIENCE = float(sys.argv[1])
with interrupts.heard_once():
    try:
        try:
            print("working", flush=True)
            time.sleep(60)
        finally:
            print("stopping", flush=True)
            time.sleep(float(sys.argv[2]))
            print("stopped", flush=True)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
"""


def pressed(times: int, patience: float, stopping: float) -> tuple[int, str, str, float]:
    """A program that takes ``stopping`` seconds to stop, and Ctrl-C every 0.1 seconds while it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(patience), str(stopping)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    began = time.monotonic()
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err, time.monotonic() - began


def test_four_quick_ones_are_one() -> None:
    assert pressed(4, 30, 1.0)[:3] == (130, "stopping\nstopped\n", "")


def test_one_after_a_while_ends_what_hangs() -> None:
    code, out, err, seconds = pressed(9, 0.3, 60)
    assert (code, out) == (130, "stopping\n")
    assert err.strip() == "samenoise: interrupted; finished units are kept"
    assert seconds < 10


def test_what_was_there_is_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    with heard_once() as heard:
        assert signal.getsignal(signal.SIGINT) is not before
    assert (signal.getsignal(signal.SIGINT), heard) == (before, [])


def test_a_job_in_the_background_goes_on_hearing_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.heard_once():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
