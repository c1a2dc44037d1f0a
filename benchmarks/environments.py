"""Real environments beside this one, in virtual environments that are made here.

    python -m benchmarks.environments [--only NAME ...] [--folder runs/compare] [--keep]

`diffusers` is an older diffusers with the transformers of its time, `torch` another torch (several GB); each sees all
other packages of this environment. The older diffusers saves the tiny pipelines of `tests/pipelines_made.py` (what the
newer one saves, the older cannot always read). Both sides draw them, side by side over a pipe; some are locked by
`samenoise lock` there and checked by `samenoise check` here. `--keep` writes `docs/measured/environments.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from sysconfig import get_paths
from typing import Any

from samenoise.comparison import How, SideSpec, compare_sides
from samenoise.comparison.side import Conditions
from samenoise.outside import OutsideError
from samenoise.outside.versions import versions

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "measured" / "environments.json"
ENVIRONMENTS = {
    "diffusers": (
        *("diffusers==0.32.2", "transformers==4.48.3", "huggingface-hub==0.28.1", "tokenizers==0.21.0"),
        *("peft==0.14.0", "--no-deps"),
    ),
    "torch": ("torch==2.14.1",),
}
"""Name -> what is installed there."""
SAVES = "diffusers"
NOISES = 32
LOCKED = ("ddim", "sd", "flux")
"""Kinds that are locked there and checked here."""


def environment(folder: Path, *requirements: str) -> Path:
    """The interpreter of a virtual environment with some packages of its own, made unless it is there."""
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
        # What is not installed there is found here: pip's own --system-site-packages means another interpreter's.
        find = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
        inside = subprocess.run([python, "-c", find], capture_output=True, text=True, check=True).stdout.strip()
        places = [get_paths()["purelib"], str(ROOT / "src")]
        (Path(inside) / "beside.pth").write_text("\n".join(places) + "\n")
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
    run(str(python), "lock", target, str(lock), "--force", "--noises", str(NOISES), *told.get(kind, []))
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


def versions_of(python: Path) -> dict[str, str]:
    """What is installed there."""
    code = "import json; from samenoise.outside.versions import versions; print(json.dumps(versions()))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def differ(there: dict[str, str], here: dict[str, str]) -> dict[str, list[str | None]]:
    """Packages of two versions."""
    return {key: [there.get(key), here.get(key)] for key in here if there.get(key) != here[key]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=ENVIRONMENTS, default=list(ENVIRONMENTS))
    parser.add_argument("--folder", type=Path, default=Path("runs/compare"))
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    import pipelines_made as made

    folder = args.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    pythons = {name: environment(folder / f"environment-{name}", *ENVIRONMENTS[name]) for name in {SAVES, *args.only}}
    models = saved(pythons[SAVES], folder)
    found = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for name in args.only:
        python = pythons[name]
        rows, locks = [], []
        for kind in made.KINDS:
            rows.append(compared(str(models / kind), kind, python))
            print(name, json.dumps(rows[-1]), flush=True)
        for kind in LOCKED:
            locks.append(locked(str(models / kind), kind, python, folder))
            print(name, json.dumps(locks[-1]), flush=True)
        found[name] = {"versions": differ(versions_of(python), versions()), "rows": rows, "locks": locks}
    if args.keep:
        KEPT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
