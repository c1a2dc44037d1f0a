"""What people do to a model that should leave its pictures as they are, in one table.

    python -m benchmarks.variants [--noises 300] [--folder runs/compare] [--only NAME ...] [--keep]

On digits in colour (`benchmarks/tinted.py`): the pipeline against itself, in other precisions, compiled, quantized,
with half the steps, as a student, as ONNX. And one tiny pipeline of every kind of `tests/pipelines_made.py`, with random
weights: the same changes, and LoRA merged against unmerged. `--keep` writes `docs/measured/variants.json` row by row,
which the page on quantized models is written from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.tinted import distilled, trained
from samenoise.comparison import How, SideSpec, compare_sides
from samenoise.comparison.side import Conditions
from samenoise.comparison.tables import HEADINGS

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
ONE_STEP = "consistency"
"""The kind that is drawn in one step, of which there is no half."""


def row(model: str, change: str, a: SideSpec, b: SideSpec, noises: int, ceiling: int = 64, **how: Any) -> dict[str, Any]:
    """One line of the table."""
    found = compare_sides([a, b], How(noises=noises, ceiling=ceiling, **how))
    [pair] = found.pairs
    beyond = found.beyond(pair)
    assert beyond is not None  # both draw
    scores = {each.metric: each for each in pair.rows if each.group is None}
    finite = {name: score.value for name, score in scores.items()}
    own = [c.measured for c in found.ceilings[a.title]]
    return {
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


def digits_rows(folder: Path, noises: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """The lines of the model that was trained."""
    model = str(trained(folder))

    def base() -> SideSpec:
        return SideSpec(model, "base", {"steps": STEPS})

    def changed(change: str, options: dict[str, Any]) -> dict[str, Any]:
        return row("digits", change, base(), SideSpec(model, "changed", {"steps": STEPS, **options}), noises)

    def student() -> dict[str, Any]:
        side = SideSpec(str(distilled(folder, Path(model))), "student", {"steps": 4})
        return row("digits", "student of 4 steps", base(), side, noises)

    def onnx() -> dict[str, Any]:
        """Both are drawn by a solver of samenoise, as a file of ONNX has no scheduler."""
        how = {"steps": STEPS, "solver": "ddim"}
        sides = SideSpec(model, "base", how), SideSpec(exported(Path(model)), "onnx", how)
        return row("digits", "ONNX", *sides, noises)

    rows = {change: (lambda c=change, o=options: changed(c, o)) for change, options in CHANGES.items()}
    return {**rows, "4 steps": lambda: changed("4 steps", {"steps": 4}), "student": student, "ONNX": onnx}


def exported(model: Path) -> str:
    """The U-Net as an ONNX file beside the pipeline's scheduler, by torch's own exporter."""
    from diffusers import UNet2DModel

    path = model / "onnx" / "model.onnx"
    if not path.exists():
        path.parent.mkdir()
        unet = UNet2DModel.from_pretrained(model / "unet", use_safetensors=True).eval()

        class Plain(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.unet = unet

            def forward(self, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
                out: torch.Tensor = self.unet(sample, timestep, return_dict=False)[0]
                return out

        torch.onnx.export(
            Plain().eval(),
            (torch.zeros(2, 3, 8, 8), torch.zeros(2, dtype=torch.int64)),
            str(path),
            input_names=["sample", "timestep"],
            dynamic_shapes={"sample": {0: torch.export.Dim("n")}, "timestep": {0: torch.export.Dim("n")}},
            dynamo=True,
        )
    return str(path)


def tiny_rows(folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """One tiny pipeline of every kind, and LoRA."""
    sys.path.insert(0, str(ROOT / "tests"))
    import pipelines_made as made

    def place(kind: str) -> str:
        path = folder / "tiny" / kind
        return str(path if path.exists() else made.made(kind, folder / "tiny"))

    def one(kind: str, change: str, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
        told = made.told(kind)
        conditions = None if told is None else Conditions(told)
        sides = [SideSpec(place(kind), name, made.options(kind, **o)) for name, o in (("base", a), ("changed", b))]
        return row(kind, change, sides[0], sides[1], TINY_NOISES, 16, conditions=conditions)

    def lora(kind: str) -> dict[str, Any]:
        weights = str(with_lora(place(kind), folder / "tiny" / f"lora-{kind}"))
        return one(kind, "LoRA merged", {"lora": weights}, {"lora": weights, "fuse_lora": True})

    def no_lora(kind: str) -> dict[str, Any]:
        return one(kind, "LoRA", {}, {"lora": str(with_lora(place(kind), folder / "tiny" / f"lora-{kind}"))})

    rows: dict[str, Callable[[], dict[str, Any]]] = {}
    for kind in made.KINDS:
        for change, options in TINY.items():
            if (kind, change) != (ONE_STEP, "half the steps"):
                rows[f"{kind} {change}"] = lambda k=kind, c=change, o=options: one(k, c, {}, o)
        if kind in made.TEXT:
            rows[f"{kind} LoRA merged"] = lambda k=kind: lora(k)
            rows[f"{kind} LoRA"] = lambda k=kind: no_lora(k)
    return rows


def with_lora(model: str, folder: Path) -> Path:
    """Weights of LoRA for the network of a pipeline, saved by diffusers; random, so that they do something."""
    from diffusers import DiffusionPipeline
    from peft import LoraConfig, get_peft_model_state_dict

    if not folder.exists():
        pipe = DiffusionPipeline.from_pretrained(model, use_safetensors=True)
        name = "unet" if hasattr(pipe, "unet") else "transformer"
        network = getattr(pipe, name)
        network.add_adapter(LoraConfig(r=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
        torch.manual_seed(0)
        for part, p in network.named_parameters():
            if "lora_B" in part:
                p.data = 0.3 * torch.randn_like(p)
        layers = get_peft_model_state_dict(network)
        type(pipe).save_lora_weights(folder, **{f"{name}_lora_layers": layers})
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noises", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path("runs/compare"))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    todo = {**digits_rows(args.folder, args.noises), **tiny_rows(args.folder)}
    for name, make in todo.items():
        if args.only is None or name in args.only:
            found = make()
            values = " ".join(f"{key} {found[key]}" for key in HEADINGS if key in found)
            print(f"{name}: {values} beyond {found['beyond']}", flush=True)
            if args.keep:
                keep(name, found, list(todo))


def keep(name: str, row: dict[str, Any], order: list[str]) -> None:
    """The file holds the row, and of others what it held."""
    kept = json.loads(KEPT.read_text())["rows"] if KEPT.exists() else {}
    kept = {**kept, name: {**row, "torch": torch.__version__}}
    rows = {each: kept[each] for each in order if each in kept}
    KEPT.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
