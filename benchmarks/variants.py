"""What people do to a model that should leave its pictures as they are, in one table.

    python -m benchmarks.variants [--noises 300] [--folder FOLDER] [--only MODEL ...] [--changes NAME ...] [--keep]

On digits in colour (`benchmarks/tinted.py`): the pipeline against itself, in other precisions, compiled, quantized,
with half the steps, as a student, as ONNX. And one tiny pipeline of every kind of `tests/pipelines_made.py`, with
random weights: the same changes, a student and ONNX where no text is needed, and LoRA merged against unmerged where one
is. `--keep` writes `docs/measured/variants.json`, model by model, which the page on quantized
models is written from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.exported import network, whole
from benchmarks.students import AT_ONCE, UNGUIDED, student
from benchmarks.tinted import distilled, trained
from samenoise.comparison import How, SideSpec, compare_sides
from samenoise.comparison.side import Conditions
from samenoise.comparison.tables import HEADINGS
from samenoise.outside import open_target

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "measured" / "variants.json"
STEPS = 20
CHANGES: dict[str, dict[str, Any]] = {
    "itself": {},
    "channels last": {"channels_last": True},
    "attention written out": {"attention": "eager"},
    "torch.compile": {"compile": True},
    "float64": {"dtype": "float64"},
    "bfloat16": {"dtype": "bfloat16"},
    "linear layers in int8": {"quantize": "int8"},
    "half the steps": {"steps": STEPS // 2},
}
TINY: dict[str, dict[str, Any]] = {
    "itself": {},
    "channels last": {"channels_last": True},
    "plain attention": {"attention": "math"},
    "torch.compile": {"compile": True},
    "float64": {"dtype": "float64"},
    "bfloat16": {"dtype": "bfloat16"},
    "linear layers in int8": {"quantize": "int8"},
    "half the steps": {"steps": 2},
}
TINY_NOISES = 32
MODELS = ("digits", "ddim", "ddpm", "edm", "consistency", "dit", "sd", "sdxl", "sd3", "flux")
"""What was trained, and the kinds of `tests/pipelines_made.py`."""
NETWORKS = ("ddim", "ddpm")
"""Kinds whose network is exported: of pixels, asked on a table of alphas, which the file is drawn on by our solver."""
WHOLE = ("edm", "consistency", "dit")
"""Kinds that are exported with all their steps: their schedulers have no such table, or there is a decoder."""
TAUGHT = ("ddim", "ddpm", "edm", "dit")
"""Kinds that a student is made of."""
STUDENT = "student of 1 step"
ONE_STEP = "consistency"
"""The kind that is drawn in one step, of which there is no half and no student."""


Rows = dict[str, dict[str, Any]]
"""Change -> a line of the table."""


def rows(model: str, base: SideSpec, changed: dict[str, SideSpec], noises: int, ceiling: int = 64, **how: Any) -> Rows:
    """A model against its changes, in one comparison."""
    if not changed:
        return {}
    found = compare_sides([base, *changed.values()], How(noises=noises, ceiling=ceiling, **how))
    own = [c.measured for c in found.ceilings[base.title]]
    made: Rows = {}
    for change, pair in zip(changed, found.pairs, strict=True):
        beyond = found.beyond(pair)
        assert beyond is not None  # both draw
        scores = {each.metric: each for each in pair.rows if each.group is None}
        finite = {name: score.value for name, score in scores.items()}
        made[change] = {
            "model": model,
            "change": change,
            "n": len(found.noises.ids),
            **finite,
            "psnr": finite["psnr"] if finite["psnr"] != float("inf") else None,
            "floor": scores["rp"].floor,
            "rp_ci95": scores["rp"].ci95,
            "beyond": int(beyond.sum()),
            "ceiling_rp": min(float((each.similarity > found.threshold).mean()) for each in own),
            "ceiling_pfd": max(float(each.squared.mean()) for each in own) ** 0.5,
        }
    return made


Wanted = Callable[[str], bool]
"""Whether a change is to be measured, by its name."""


def some(changed: dict[str, SideSpec], wanted: Wanted) -> dict[str, SideSpec]:
    return {change: side for change, side in changed.items() if wanted(change)}


def digits(folder: Path, noises: int, wanted: Wanted) -> Rows:
    """The lines of the model that was trained. An ONNX file has no scheduler: it and its model are drawn by a solver of
    samenoise."""
    place = trained(folder)
    model = str(place)
    changed = {change: SideSpec(model, change, {"steps": STEPS, **options}) for change, options in CHANGES.items()}
    changed["4 steps"] = SideSpec(model, "4 steps", {"steps": 4})
    changed["student of 4 steps"] = SideSpec(str(distilled(folder, place)), "student", {"steps": 4})
    solved = {"steps": STEPS, "solver": "ddim"}
    onnx = {"ONNX": SideSpec(network(place), "onnx", solved)}
    return {
        **rows("digits", SideSpec(model, "base", {"steps": STEPS}), some(changed, wanted), noises),
        **rows("digits", SideSpec(model, "base", solved), some(onnx, wanted), noises),
    }


def tiny(kind: str, folder: Path, wanted: Wanted) -> Rows:
    """The lines of a tiny pipeline of a kind."""
    sys.path.insert(0, str(ROOT / "tests"))
    import pipelines_made as made

    model, told = str(folder / kind), made.told(kind)
    if not Path(model).exists():
        made.made(kind, folder)
    how = {"conditions": None if told is None else Conditions(told), "ceiling": 16}

    def side(name: str, **options: Any) -> SideSpec:
        return SideSpec(model, name, made.options(kind, **options))

    changed = {change: side(change, **options) for change, options in TINY.items()}
    if kind == ONE_STEP:
        del changed["half the steps"]
    if kind in TAUGHT:
        changed["1 step"] = side("1 step", **({} if kind == "edm" else {"solver": "ddim"}), **AT_ONCE)
    if kind in TAUGHT and wanted(STUDENT):
        taught = student(Path(model), made.options(kind), folder / f"student-{kind}", told or ())
        changed[STUDENT] = SideSpec(str(taught), "student", UNGUIDED if kind == "dit" else AT_ONCE)
    if kind in WHOLE and wanted("ONNX"):
        changed["ONNX"] = SideSpec(whole(Path(model), made.options(kind)["steps"], told or ()), "onnx")
    if kind in made.TEXT:
        weights = str(with_lora(model, folder / f"lora-{kind}"))
        changed["LoRA"] = side("LoRA", lora=weights)
    found = rows(kind, side("base"), some(changed, wanted), TINY_NOISES, **how)
    if kind in NETWORKS and wanted("ONNX"):
        solved = {"steps": made.options(kind)["steps"], "solver": "ddim"}
        onnx = {"ONNX": SideSpec(network(Path(model)), "onnx", solved)}
        found |= rows(kind, SideSpec(model, "base", solved), onnx, TINY_NOISES, **how)
    if kind in made.TEXT:
        merged = {"LoRA merged": side("merged", lora=weights, fuse_lora=True)}
        found |= rows(kind, changed["LoRA"], some(merged, wanted), TINY_NOISES, **how)
    return found


def with_lora(model: str, folder: Path) -> Path:
    """Weights of LoRA for the network of a pipeline, saved by diffusers; random, so that they do something."""
    from peft import LoraConfig, get_peft_model_state_dict

    if not folder.exists():
        pipe: Any = open_target(model, {}).pipe
        name = "unet" if hasattr(pipe, "unet") else "transformer"
        denoiser = getattr(pipe, name)
        denoiser.add_adapter(LoraConfig(r=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
        torch.manual_seed(0)
        for part, p in denoiser.named_parameters():
            if "lora_B" in part:
                p.data = 0.3 * torch.randn_like(p)
        layers = get_peft_model_state_dict(denoiser)
        type(pipe).save_lora_weights(folder, **{f"{name}_lora_layers": layers})
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noises", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path("runs/compare"))
    parser.add_argument("--only", nargs="*", choices=MODELS, default=MODELS)
    parser.add_argument("--changes", nargs="*", default=[], help="those alone; of others, what was kept stays")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()

    def wanted(change: str) -> bool:
        return not args.changes or change in args.changes

    for model in args.only:
        if model == "digits":
            found = digits(args.folder, args.noises, wanted)
        else:
            found = tiny(model, args.folder / "tiny", wanted)
        for change, row in found.items():
            values = " ".join(f"{key} {row[key]}" for key in HEADINGS if key in row)
            print(f"{model} {change}: {values} beyond {row['beyond']}", flush=True)
        if args.keep:
            keep(model, found, whole=not args.changes)


def keep(model: str, found: Rows, whole: bool) -> None:
    """The file holds the lines of a model, all that there are or some beside what it held, and of others what it
    held."""
    kept = json.loads(KEPT.read_text())["rows"] if KEPT.exists() else {}
    made = {f"{model} {change}": {**row, "torch": torch.__version__} for change, row in found.items()}
    kept = {name: row for name, row in kept.items() if row["model"] != model or not whole} | made
    lines = {name: row for each in MODELS for name, row in kept.items() if row["model"] == each}
    KEPT.write_text(json.dumps({"rows": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
