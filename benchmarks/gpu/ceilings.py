"""What a model scores against itself on another device: ceilings.json.

    python benchmarks/gpu/ceilings.py --out FOLDER [--card cuda]

One tiny pipeline of every kind of `tests/pipelines_made.py`, on the CPU: drawn again at another batch size and, as
`samenoise compare` does by itself where there is a card, on the card. Then a pipeline that is on the card, drawn again
on the CPU, and a lock that was made on the CPU, checked on the card. The file is written anew after each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import pipelines_made as made

from samenoise.comparison import How, SideSpec, compare_sides
from samenoise.comparison.check import check
from samenoise.comparison.lock import make
from samenoise.comparison.result import ceiling_content
from samenoise.comparison.side import Conditions
from samenoise.outside import OutsideError

NOISES = 32
CHANGED = "bfloat16"


def asked(kind: str, **more: Any) -> How:
    told = made.told(kind)
    return How(noises=NOISES, conditions=None if told is None else Conditions(told), **more)


def compared(model: str, kind: str, how: How, **more: Any) -> dict[str, Any]:
    """A pipeline beside itself in another precision: both against themselves, and how many are beyond that."""
    a, b = (SideSpec(model, name, made.options(kind, **more, **own)) for name, own in SIDES.items())
    found = compare_sides([a, b], how)
    [pair] = found.pairs
    beyond = found.beyond(pair)
    assert beyond is not None  # both draw
    itself = [ceiling_content(each, found.threshold) for side in found.ceilings.values() for each in side]
    return {"itself": itself, "missed": list(found.missed), "beyond": int(beyond.sum()), "rp": pair.value("rp")}


SIDES: dict[str, dict[str, Any]] = {"float32": {}, CHANGED: {"dtype": CHANGED}}


def locked(model: str, kind: str, card: str) -> dict[str, Any]:
    """A lock of the CPU, checked on the card."""
    lock = make(SideSpec(model, "cpu", made.options(kind)), "", asked(kind))
    found = check(lock, SideSpec(model, "card", made.options(kind, device=card)))
    values = {**found.content(), "itself": list(lock.itself)}
    del values["worst_first"]
    return values


def refused(model: str, kind: str, card: str) -> dict[str, Any]:
    """What is of the CPU alone, asked of the card, in one sentence."""
    wrong = made.options(kind, device=card, quantize="int8")
    try:
        compare_sides([SideSpec(model), SideSpec(model, options=wrong)], asked(kind))
    except OutsideError as error:
        return {"says": str(error)}
    return {"says": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--card", default="cuda")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = {kind: str(made.made(kind, Path(folder))) for kind in made.KINDS}
        work: dict[str, Callable[[], dict[str, Any]]] = {}
        for kind in made.KINDS:
            work[f"{kind} on the CPU"] = lambda kind=kind: compared(models[kind], kind, asked(kind))
        for kind in ("ddim", "sd", "flux"):
            how = asked(kind, ceiling=16, ceiling_with=[{"device": "cpu"}])
            work[f"{kind} on the card"] = lambda kind=kind, how=how: compared(models[kind], kind, how, device=args.card)
            work[f"{kind} locked"] = lambda kind=kind: locked(models[kind], kind, args.card)
        work["int8"] = lambda: refused(models["ddim"], "ddim", args.card)
        rows: dict[str, Any] = {}
        for name, measure in work.items():
            began = time.monotonic()
            try:
                rows[name] = measure()
            except (RuntimeError, ValueError) as error:  # the other rows are still of use
                rows[name] = {"error": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
            rows[name]["seconds"] = round(time.monotonic() - began, 2)
            device = torch.cuda.get_device_name() if torch.cuda.is_available() else None
            content = {"torch": torch.__version__, "device": device, "rows": rows}
            (args.out / "ceilings.json").write_text(json.dumps(content, indent=1) + "\n")
            print(f"{name}: {rows[name].get('error', 'measured')} ({rows[name]['seconds']} s)", file=sys.stderr)


if __name__ == "__main__":
    main()
