"""`samenoise run digits` as a whole: wall time, peak memory of all its processes, and the stages.

    python benchmarks/bench_digits.py [--preset digits] [--json]

Memory is the highest sum over the parent and its workers of their proportional set size (shared pages counted once),
looked at every half second; the largest single resident set is given too. Stages are the seconds that workers spent.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children]
    return found


def memory(pid: int, field: str) -> int:
    """Bytes of one process, 0 when it has gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(field)), 0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", default="digits")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        command = [sys.executable, "-m", "samenoise", "run", args.preset, "--out", out, "--json"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peaks = {"sum": 0, "single": 0}

        def watch() -> None:
            while process.poll() is None:
                everyone = family(process.pid)
                peaks["sum"] = max(peaks["sum"], sum(memory(pid, "Pss:") for pid in everyone))
                peaks["single"] = max(peaks["single"], *(memory(pid, "Rss:") for pid in everyone))
                time.sleep(0.5)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        wall = time.perf_counter() - started
        watcher.join()
        if code:
            raise SystemExit(code)
        manifest = json.loads((Path(out) / "manifest.json").read_text())
    found = {
        "preset": args.preset,
        "machine": manifest["machine"],
        "wall_s": round(wall, 1),
        "peak_all_processes_mb": round(peaks["sum"] / 1e6),
        "peak_single_process_mb": round(peaks["single"] / 1e6),
        "worker_seconds": manifest["worker_seconds"],
    }
    if args.json:
        print(json.dumps(found, indent=1))
        return
    print(f"samenoise run {args.preset}: {wall:.1f} s of wall time on {manifest['machine']['processor']}")
    print(f"peak memory {found['peak_all_processes_mb']} MB over all processes")
    for kind, seconds in manifest["worker_seconds"].items():
        print(f"  {kind:<12} {seconds:8.1f} s of workers")


if __name__ == "__main__":
    main()
