"""The parts of run.sh, each within what is left of the time; what is done and what is not goes into run.json.

    python benchmarks/gpu/run.py [tests] [speed] [fashion] [--out FOLDER] [--run FOLDER] [--data FOLDER] [--limit 510]

Exit code: 0 also where there is no GPU, as run.json then says; 1 where a part failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
SPEED_FILES = ("training.json", "sampling.json", "optimum.json")
SHORTEST = 30.0
"""Seconds: less than this is not worth starting a part for."""
GRACE = 20.0
"""Seconds that an interrupted process has to leave."""
FASHION = ("data.size=28", "widths=24,32", "sizes=16,256,16384", "training.updates=1500", "training.precision=bf16")

Answer = dict[str, object]


def missing() -> str | None:
    """Why nothing can be run here, or ``None``."""
    for package in ("torch", "samenoise", "diffusers", "accelerate"):
        try:
            version(package)
        except PackageNotFoundError:
            return f"{package} is not installed in {sys.executable}"
    import torch

    return None if torch.cuda.is_available() else "torch finds no CUDA device"


def timed(command: list[str], limit: float) -> int | None:
    """Exit code of a command that is interrupted, then killed, when ``limit`` seconds are over: ``None`` then."""
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return None


def tests(out: Path, limit: float, args: argparse.Namespace) -> Answer:
    """tests/gpu; the outcome of each test into tests.json."""
    try:
        version("pytest")
    except PackageNotFoundError:
        return {"state": "skipped", "why": "pytest is not installed"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = timed([sys.executable, "-m", "pytest", "tests/gpu", "-q", f"--junitxml={report}"], limit)
        if not report.exists():
            why = "out of time" if code is None else f"pytest left with {code} and no report"
            return {"state": "failed", "why": why}
        found = outcomes(report)
    write(out / "tests.json", found)
    bad = [one["test"] for one in found if one["outcome"] in ("failure", "error")]
    if bad:
        return {"state": "failed", "why": f"{len(bad)} of {len(found)} tests: {', '.join(map(str, bad[:5]))}"}
    return {"state": "done" if code == 0 else "failed", "why": f"{len(found)} tests, pytest left with {code}"}


def outcomes(report: Path) -> list[dict[str, object]]:
    """Test, outcome, seconds and the first line of what went wrong, from a JUnit file."""
    found: list[dict[str, object]] = []
    for case in ElementTree.parse(report).iter("testcase"):
        wrong = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        one: dict[str, object] = {"test": case.get("name"), "seconds": float(case.get("time", "0"))}
        if wrong is None:
            found.append({**one, "outcome": "passed"})
        else:
            found.append({**one, "outcome": wrong.tag, "message": (wrong.get("message") or "")[:300]})
    return found


def speed(out: Path, limit: float, args: argparse.Namespace) -> Answer:
    """speed.py, which writes a file after each case: what was measured in time is kept."""
    code = timed([sys.executable, "benchmarks/gpu/speed.py", "--out", str(out)], limit)
    if code is None:
        there = [name for name in SPEED_FILES if (out / name).exists()]
        return {"state": "unfinished", "why": f"out of time; measured so far: {', '.join(there) or 'nothing'}"}
    return {"state": "done"} if code == 0 else {"state": "failed", "why": f"speed.py left with {code}"}


def fashion(out: Path, limit: float, args: argparse.Namespace) -> Answer:
    """`samenoise run fashion-regimes`; what is not done in time goes on from its run directory."""
    from samenoise.lab.presets import load

    data = args.data or load("fashion-regimes").common.data.path
    if not Path(data).is_dir():
        return {"state": "skipped", "why": f"no data at {data}: give the folder of the IDX files as DATA"}
    run = Path(args.run).resolve()
    command = [sys.executable, "-m", "samenoise", "run", "fashion-regimes", *FASHION, f"data.path={data}"]
    code = timed([*command, "--device", "cuda", "--workers", "8", "--out", str(run)], limit)
    if code == 0:
        for name in ("scores.json", "manifest.json"):
            shutil.copyfile(run / name, out / f"fashion-{name}")
        figures = sorted(path.name for path in (run / "report" / "figures").iterdir())
        write(out / "fashion-figures.json", figures)
        return {"state": "done"}
    if code is None:
        return {"state": "unfinished", "why": f"out of time; the same command goes on from {args.run}"}
    return {"state": "failed", "why": f"samenoise left with {code}"}


PARTS: dict[str, Callable[[Path, float, argparse.Namespace], Answer]] = {
    "tests": tests,
    "speed": speed,
    "fashion": fashion,
}


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "gpu" / "results")
    parser.add_argument("--run", default="runs/fashion-gpu", help="run directory of fashion")
    parser.add_argument("--data", help="folder of Fashion-MNIST's IDX files")
    parser.add_argument("--limit", type=float, default=510.0, help="seconds for all parts together")
    args = parser.parse_args()
    started, out = time.monotonic(), args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or products of matrices may not repeat their bits
    why, found = missing(), {}
    for name in args.parts or PARTS:
        left = args.limit - GRACE - (time.monotonic() - started)
        if why is not None:
            found[name] = {"state": "skipped", "why": why}
        elif left < SHORTEST:
            found[name] = {"state": "skipped", "why": "no time left: name this part alone"}
        else:
            began = time.monotonic()
            found[name] = {**PARTS[name](out, left, args), "seconds": round(time.monotonic() - began, 1)}
        state = found[name]
        print(f"{name}: {state['state']}" + (f" ({state['why']})" if "why" in state else ""), flush=True)
        write(out / "run.json", {"gpu": why is None, "parts": found})
    return int(any(part["state"] == "failed" for part in found.values()))


if __name__ == "__main__":
    sys.exit(main())
