"""Time and memory of `samenoise compare` over two folders of PNGs.

    python -m benchmarks.folders [--images 1000 3000 10000] [--keep]

Pictures are 3 x 32 x 32, random blocks, of which the other folder has noisy copies. The command runs in a process of
its own, with one thread; what is told is its processor time and the largest memory that it ever had. `--keep` writes
`docs/measured/folders.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

KEPT = Path(__file__).parents[1] / "docs" / "measured" / "folders.json"
MEASURED = """
import json, resource, sys
from samenoise.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]), file=sys.stderr)
"""


def folders(place: Path, images: int) -> list[str]:
    """Two folders, and their paths."""
    rng = np.random.default_rng(0)
    for name in "ab":
        (place / name).mkdir()
    for k in range(images):
        picture = np.kron(rng.integers(0, 256, (8, 8, 3)), np.ones((4, 4, 1)))
        for name, noise in (("a", 0), ("b", 12)):
            noisy = picture + noise * rng.normal(size=picture.shape)
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place / name / f"{k:06}.png", compress_level=1)
    return [str(place / name) for name in "ab"]


def measure(images: int) -> dict[str, float]:
    """Seconds of the processor, and megabytes."""
    with tempfile.TemporaryDirectory() as place:
        sides = folders(Path(place), images)
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", MEASURED, "compare", *sides, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        seconds, megabytes = json.loads(done.stderr.strip().splitlines()[-1])
        assert len(json.loads(done.stdout)["noise"]["ids"]) == images
    return {"images": images, "seconds": round(seconds, 1), "peak_mb": round(megabytes)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 3000, 10000])
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rows = []
    for images in args.images:
        rows.append(measure(images))
        print(json.dumps(rows[-1]), flush=True)
    if args.keep:
        KEPT.write_text(json.dumps({"shape": [3, 32, 32], "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
