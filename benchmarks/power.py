"""Who notices? Changes of growing size are planted into a model, and several ways of testing are asked.

    python -m benchmarks.power [--replicates 4] [--folder runs/compare] [--keep]

The model is the pipeline of `benchmarks/tinted.py`; every changed one draws the same 300 noises in 20 steps of DDIM.

    nine pixels, cosine     distance of the 3 x 3 last pixels of the last channel, uncentred, is 1e-3 or more
    nine pixels, largest    one of them differs by 1e-2 or more, of values in [0, 1]
    image, cosine           distance of whole images, uncentred, is 1e-3 or more
    PSNR < 35 dB, SSIM < 0.95
    samenoise at n          a noise is beyond the ceiling; another picture; RP not within the ceiling less 0.05

The first five look at one image, as such tests do, so that their rate is the share of the 300 noises at which they
notice; samenoise looks at n of them, and its rate is over 200 choices of n noises. Over changes with chance in them
(noise on the weights), rates are means over replicates. `--keep` writes `docs/measured/power.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.tinted import trained
from samenoise.comparison.result import ROUNDING, TIMES
from samenoise.features import Pixel
from samenoise.metrics import cosine
from samenoise.metrics.noninferiority import noninferior
from samenoise.noise import NoiseBank
from samenoise.outside.pipelines import Pipeline, open

KEPT = Path(__file__).parents[1] / "docs" / "measured" / "power.json"
NOISES, STEPS, BATCH, CHOICES = 300, 20, 60, 200
SIZES = (16, 64, 300)
MARGIN = 0.05
THRESHOLD = Pixel.THRESHOLD

Change = Callable[[Pipeline, int], None]
"""Changes a pipeline in place; the number is that of the replicate."""


def noisy(pipe: Pipeline, replicate: int, size: float) -> None:
    """Normal noise on every tensor of weights, of ``size`` times its own standard deviation."""
    generator = torch.Generator().manual_seed(replicate)
    with torch.no_grad():
        for p in pipe.network.parameters():
            p += size * p.std(correction=0) * torch.randn(p.shape, generator=generator)


def rounded(pipe: Pipeline, replicate: int, bits: int) -> None:
    """The largest layer, rounded to so many bits; other replicates take the next largest."""
    layers = [p for p in pipe.network.parameters() if p.ndim > 1]
    p = sorted(layers, key=lambda p: -p.numel())[replicate]
    with torch.no_grad():
        scale = p.abs().max() / (2 ** (bits - 1) - 1)
        p.copy_((p / scale).round() * scale)


def constant(pipe: Pipeline, replicate: int, beta_end: float) -> None:
    """Another last beta; 0.02 is right."""
    pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config, beta_end=beta_end)


def swapped(pipe: Pipeline, replicate: int) -> None:
    """Red and blue change places in the network's answer."""
    pipe.network.register_forward_hook(lambda module, args, out: out.__class__(out.sample[:, [2, 1, 0]]))


def shifted(pipe: Pipeline, replicate: int, by: int) -> None:
    """The network is told a later time."""

    def later(module: Any, args: Any, kwargs: Any) -> Any:
        return (args[0], (args[1] + by).clamp(max=999), *args[2:]), kwargs

    pipe.network.register_forward_pre_hook(later, with_kwargs=True)


def nothing(pipe: Pipeline, replicate: int) -> None:
    """No change; what differs is how it is drawn."""


CHANGES: list[tuple[str, str, Change, dict[str, Any]]] = [
    ("nothing", "another batch size", nothing, {"batch": 23}),
    ("nothing", "channels last", nothing, {"channels_last": True}),
    ("nothing", "attention written out", nothing, {"attention": "eager"}),
    *(("noise on all weights", f"{s:g} of their deviation", partial(noisy, size=s), {}) for s in (1e-4, 1e-3, 1e-2)),
    *(("noise on all weights", f"{s:g} of their deviation", partial(noisy, size=s), {}) for s in (0.03, 0.1)),
    *(("one layer rounded", f"int{bits}", partial(rounded, bits=bits), {}) for bits in (8, 6, 4)),
    *(("beta_end of the scheduler", f"{b:g}", partial(constant, beta_end=b), {}) for b in (0.02002, 0.0202, 0.021)),
    *(("time step", f"{by} later", partial(shifted, by=by), {}) for by in (1, 5, 25)),
    ("red and blue", "swapped", swapped, {}),
]
BY_CHANCE = ("noise on all weights", "one layer rounded")


def draw(folder: Path, change: Change, replicate: int, batch: int = BATCH, **options: Any) -> Tensor:
    """Images of all noises by a changed pipeline, shape ``(300, 3, 8, 8)``."""
    pipe = open(str(trained(folder)), steps=STEPS, **options)
    change(pipe, replicate)
    bank = NoiseBank(0, (3, 8, 8))
    parts = [pipe.draw(bank[k : min(k + batch, NOISES)].numpy()) for k in range(0, NOISES, batch)]
    return torch.from_numpy(np.concatenate(parts))


def one_image(a: Tensor, b: Tensor) -> dict[str, float]:
    """How often the tests of one image notice."""
    from torchmetrics.functional.image import structural_similarity_index_measure as ssim

    x, y = ((side.clamp(-1, 1) + 1) / 2 for side in (a, b))
    slices = [side[:, -1, -3:, -3:].flatten(1) for side in (x, y)]
    whole = [side.flatten(1) for side in (x, y)]
    similarity = ssim(y, x, gaussian_kernel=False, kernel_size=7, data_range=1.0, reduction="none")
    assert isinstance(similarity, Tensor)
    error = (x - y).flatten(1).double().square().mean(1)
    noticed = {
        "nine pixels, cosine": uncentred(*slices) >= 1e-3,
        "nine pixels, largest": (slices[0] - slices[1]).abs().amax(1) >= 1e-2,
        "image, cosine": uncentred(*whole) >= 1e-3,
        "PSNR < 35": error > 10**-3.5,
        "SSIM < 0.95": similarity < 0.95,
    }
    return {name: float(flags.double().mean()) for name, flags in noticed.items()}


def uncentred(a: Tensor, b: Tensor) -> Tensor:
    """diffusers' cosine distance."""
    return 1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-12)


def many_images(a: Tensor, b: Tensor, itself: list[Tensor]) -> dict[str, float]:
    """How often samenoise notices, over choices of noises."""
    pixel = Pixel(a.mean(0))

    def apart(x: Tensor, y: Tensor) -> tuple[np.ndarray, np.ndarray]:
        squared = (x - y).flatten(1).double().square().sum(1).numpy()
        return squared, cosine(pixel.embed(x), pixel.embed(y)).numpy() > THRESHOLD

    squared, same = apart(a, b)
    own = [apart(a, again) for again in itself]
    ceiling, own_same = np.max([s for s, _ in own], axis=0), np.all([f for _, f in own], axis=0)
    rounding = ROUNDING**2 * a[0].numel()
    rng = np.random.default_rng(0)
    rates = {}
    for n in SIZES:
        chosen = [rng.permutation(NOISES)[:n] for _ in range(1 if n == NOISES else CHOICES)]
        beyond = [(squared[c] > max(TIMES**2 * ceiling[c].max(), rounding)).any() for c in chosen]
        another = [not same[c].all() for c in chosen]
        known: dict[tuple[int, int], bool] = {}
        outside = []
        for c in chosen:
            key = int((own_same[c] & ~same[c]).sum()), int((same[c] & ~own_same[c]).sum())
            if key not in known:
                known[key] = not noninferior(own_same[c], same[c], MARGIN).holds
            outside.append(known[key])
        rates |= {f"beyond, {n}": float(np.mean(beyond)), f"another picture, {n}": float(np.mean(another))}
        rates[f"not within ceiling, {n}"] = float(np.mean(outside))
    return rates


def table(folder: Path, replicates: int) -> list[dict[str, Any]]:
    """A row for each change."""
    base = draw(folder, nothing, 0)
    itself = [draw(folder, nothing, 0, batch=31), draw(folder, nothing, 0, batch=75)]
    rows = []
    for kind, size, change, how in CHANGES:
        found = []
        for replicate in range(replicates if kind in BY_CHANCE else 1):
            changed = draw(folder, change, replicate, **how)
            distance = float((base - changed).flatten(1).double().square().sum(1).mean().sqrt())
            found.append({"pfd": distance, **one_image(base, changed), **many_images(base, changed, itself)})
        rows.append({"change": kind, "size": size, **{k: float(np.mean([f[k] for f in found])) for k in found[0]}})
        print(json.dumps(rows[-1]), flush=True)
    # Two different pictures, as two trainings or a wrong seed would give: who takes them for the same?
    other = torch.roll(base, 1, 0)
    rows.append(
        {"change": "another noise", "size": "all", **one_image(base, other), **many_images(base, other, itself)}
    )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=4)
    parser.add_argument("--folder", type=Path, default=Path("runs/compare"))
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rows = table(args.folder, args.replicates)
    if args.keep:
        KEPT.write_text(json.dumps({"noises": NOISES, "steps": STEPS, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
