"""Two real environments: this diffusers, and an older one in a virtual environment that is made here.

    python -m benchmarks.environments [--diffusers 0.32.2] [--folder runs/compare] [--keep]

The older environment has its own diffusers and transformers, and sees all other packages of this one, torch among them.
It saves the tiny pipelines of `tests/pipelines_made.py` (what the newer one saves, the older cannot always read); both
draw them, side by side over a pipe, and some by `samenoise lock` there and `samenoise check` here. `--keep` writes
`docs/measured/environments.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from sysconfig import get_paths
from typing import Any

from samenoise.comparison import How, SideSpec, compare_sides
from samenoise.comparison.side import Conditions
from samenoise.outside import OutsideError

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "measured" / "environments.json"
OLDER = "0.32.2"
OF_ITS_TIME = ("transformers==4.48.3", "huggingface-hub==0.28.1", "tokenizers==0.21.0", "peft==0.14.0")
"""What that version of diffusers was made for."""
NOISES = 32
LOCKED = ("ddim", "sd", "flux")
"""Kinds that are locked there and checked here."""


def environment(folder: Path, *requirements: str) -> Path:
    """The interpreter of a virtual environment with some packages of its own, made unless it is there."""
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        # What is not installed there is found here: pip's own --system-site-packages means another interpreter's.
        inside = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        places = [get_paths()["purelib"], str(ROOT / "src")]
        (Path(inside) / "beside.pth").write_text("\n".join(places) + "\n")
        install = [python, "-m", "pip", "install", "--quiet", "--no-deps", *requirements]
        subprocess.run(install, check=True)
        (folder / "made").touch()
    return python


def saved(python: Path, folder: Path) -> Path:
    """Where the older environment has saved a pipeline of every kind."""
    place = folder / "tiny-older"
    made = "import pipelines_made as made; [made.made(kind, Path(sys.argv[2])) for kind in made.KINDS]"
    if not (place / "made").exists():
        code = f"import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); {made}"
        subprocess.run([python, "-c", code, ROOT / "tests", place], check=True)
        (place / "made").touch()
    return place


def compared(place: str, kind: str, python: Path) -> dict[str, Any]:
    """One pipeline here and there."""
    import pipelines_made as made

    told, options = made.told(kind), made.options(kind)
    there, here = SideSpec(place, "there", options, python=str(python)), SideSpec(place, "here", options)
    conditions = None if told is None else Conditions(told)
    try:
        found = compare_sides([there, here], How(noises=NOISES, ceiling=16, conditions=conditions, where=True))
    except OutsideError as error:
        return {"kind": kind, "error": str(error)}
    [pair], [where] = found.pairs, found.where
    beyond = found.beyond(pair)
    assert beyond is not None  # both draw
    scores = {row.metric: row.value for row in pair.rows if row.group is None}
    scores["psnr"] = scores["psnr"] if scores["psnr"] != float("inf") else None
    return {"kind": kind, **scores, "beyond": int(beyond.sum()), "first": where.first}


def locked(place: str, kind: str, python: Path, folder: Path) -> dict[str, Any]:
    """A lock made there, checked here, by the command line."""
    import pipelines_made as made

    lock, prompts = folder / f"{kind}.lock", folder / "prompts.txt"
    prompts.write_text("\n".join(made.PROMPTS) + "\n")
    target = ",".join([place, *(f"{key}={value}" for key, value in made.options(kind).items())])
    told = {"dit": ["--classes", "1-3"]} | {each: ["--prompts", str(prompts)] for each in made.TEXT}
    run(str(python), "lock", target, str(lock), "--noises", str(NOISES), *told.get(kind, []))
    checked = json.loads(run(sys.executable, "check", str(lock), "--json", "--fail-if", "rp < 0"))
    return {"kind": kind, "bytes": lock.stat().st_size, **checked}


def run(python: str, *args: str) -> str:
    """`samenoise` by an interpreter; its stdout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [python, "-m", "samenoise", *args], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise SystemExit(f"samenoise {' '.join(args)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--diffusers", default=OLDER)
    parser.add_argument("--folder", type=Path, default=Path("runs/compare"))
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    import pipelines_made as made

    args.folder.mkdir(parents=True, exist_ok=True)
    place = (args.folder / f"diffusers-{args.diffusers}").absolute()
    python = environment(place, f"diffusers=={args.diffusers}", *OF_ITS_TIME)
    models = saved(python, args.folder.absolute())
    rows, locks = [], []
    for kind in made.KINDS:
        rows.append(compared(str(models / kind), kind, python))
        print(json.dumps(rows[-1]), flush=True)
    for kind in LOCKED:
        locks.append(locked(str(models / kind), kind, python, args.folder))
        print(json.dumps(locks[-1]), flush=True)
    if args.keep:
        kept = {"here": version("diffusers"), "there": args.diffusers, "rows": rows, "locks": locks}
        KEPT.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
