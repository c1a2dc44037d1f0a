"""An update of training against the loop that one would write over diffusers, for the same network.

    python benchmarks/bench_training.py [--network unet] [--shape 1 16 16] [--width 16] [--batch 64] [--json]

Three trainings of one network, from the same weights, in blocks of a few updates that take turns in one process:

    samenoise   the loop of `samenoise run`: draws that are a function of seed and update, fused Adam, its EMA
    diffusers   what diffusers' scripts do: DDPMScheduler.add_noise, noise and timesteps drawn on the device, squared
                error on the noise, torch.optim.Adam, a cosine rate, EMAModel; all as they come
    tuned       the same with Adam fused and EMAModel by foreach: the hardest to beat

The plain loops have the images on the device and index them at random, with no data loader, never wait for the loss and
do not clip: they are without what would only slow them down. The ratio is that of the same round's blocks: below 1,
samenoise is faster.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from samenoise.networks import build
from samenoise.networks.base import DiffusersNetwork
from samenoise.process import VP
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

LR, WARMUP, EMA = 1e-4, 500, 0.999  # EMA of the loops over diffusers
FOREVER = 1_000_000
"""Updates of the schedules: more than are ever timed."""


def machine(device: str) -> dict[str, Any]:
    """What a time was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    processor = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    found = {"processor": processor or platform.processor(), "threads": torch.get_num_threads()}
    found |= {"device": device, "torch": torch.__version__}
    if device.startswith("cuda"):
        found |= {"gpu": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
        found |= {"tf32": torch.backends.cudnn.allow_tf32, "tf32_products": torch.backends.cuda.matmul.allow_tf32}
    return found


def seconds(call: Callable[[], object], device: str) -> float:
    """Of one call, until the device has done all of it."""
    wait = torch.cuda.synchronize if device.startswith("cuda") else (lambda: None)
    wait()
    started = time.perf_counter()
    call()
    wait()
    return time.perf_counter() - started


def side_by_side(calls: dict[str, Callable[[], object]], rounds: int, device: str) -> dict[str, list[float]]:
    """Seconds of each call in each round, after one round to warm up. Who begins changes from round to round."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            taken = seconds(calls[name], device)
            if number:
                times[name].append(taken)
    return times


def ratios(times: Sequence[float], others: Sequence[float]) -> dict[str, float]:
    """Median and range of the ratios of paired times."""
    each = [a / b for a, b in zip(times, others, strict=True)]
    return {"median": statistics.median(each), "min": min(each), "max": max(each)}


def ours(network: DiffusersNetwork, images: Tensor, batch: int, device: str, precision: str) -> Iterator[object]:
    """The loop of this package, an update at a time."""
    recipe = Recipe(updates=FOREVER, batch=batch, lr=LR, warmup=WARMUP, precision=cast(Any, precision))
    return Loop(network, images, 0, Matching(VP(), "eps"), recipe, device).train()


def plain(model: Any, images: Tensor, batch: int, device: str, precision: str, tuned: bool) -> Iterator[object]:
    """The loop over diffusers, an update at a time."""
    from diffusers import DDPMScheduler
    from diffusers.optimization import get_cosine_schedule_with_warmup
    from diffusers.training_utils import EMAModel

    model, images = model.to(device).train(), images.to(device)
    noising = DDPMScheduler(num_train_timesteps=1000)
    optimizer = torch.optim.Adam(model.parameters(), lr=LR, fused=tuned)
    rate = get_cosine_schedule_with_warmup(optimizer, WARMUP, FOREVER)
    average = EMAModel(model.parameters(), decay=EMA, use_ema_warmup=True, foreach=tuned)
    average.to(device)
    kind = torch.device(device).type
    arithmetic = torch.autocast(kind, torch.bfloat16) if precision == "bf16" else nullcontext()
    # A DiT wants a label of every image; its one class stands for "none".
    labels = {"class_labels": torch.ones(batch, dtype=torch.int64, device=device)} if is_dit(model) else {}
    while True:
        x0 = images[torch.randint(len(images), (batch,), device=device)]
        z = torch.randn(x0.shape, device=device)
        t = torch.randint(1000, (batch,), device=device)
        x_t = noising.add_noise(x0, z, t)
        with arithmetic:
            found = model(x_t, t, **labels).sample
        loss = F.mse_loss(found.float(), z)
        loss.backward()
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        average.step(model.parameters())
        yield loss.detach()


def is_dit(model: Any) -> bool:
    return type(model).__name__ == "DiTTransformer2DModel"


def advance(training: Iterator[object], updates: int) -> None:
    """Some updates further."""
    for _ in islice(training, updates):
        pass


def measure(
    network: str,
    shape: tuple[int, ...],
    width: int,
    batch: int,
    updates: int,
    rounds: int,
    device: str,
    precision: str,
) -> dict[str, Any]:
    """Seconds an update of the three trainings, and their ratios.

    Args:
        updates: of one block.
        rounds: blocks of each.
    """
    made = cast(DiffusersNetwork, build(network, shape, width))
    images = torch.rand(1024, *shape) * 2 - 1
    trainings: dict[str, Iterator[object]] = {}
    for name, tuned in (("diffusers", False), ("tuned", True)):
        model = type(made.model).from_config(made.model.config)
        model.load_state_dict(made.model.state_dict())
        trainings[name] = plain(model, images, batch, device, precision, tuned)
    trainings = {"samenoise": ours(made, images, batch, device, precision), **trainings}
    calls = {name: lambda training=training: advance(training, updates) for name, training in trainings.items()}
    times = side_by_side(calls, rounds, device)
    return {
        "network": network,
        "shape": list(shape),
        "width": width,
        "parameters": made.parameters_count,
        "batch": batch,
        "precision": precision,
        "updates_a_block": updates,
        "rounds": rounds,
        "seconds_an_update": {name: statistics.median(taken) / updates for name, taken in times.items()},
        "ratio_to_diffusers": ratios(times["samenoise"], times["diffusers"]),
        "ratio_to_tuned": ratios(times["samenoise"], times["tuned"]),
        "machine": machine(device),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=("unet", "dit"), default="unet")
    parser.add_argument("--shape", type=int, nargs=3, default=[1, 16, 16], metavar=("C", "H", "W"))
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--updates", type=int, default=5, help="of one block")
    parser.add_argument("--rounds", type=int, default=12, help="blocks of each")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = measure(
        args.network,
        tuple(args.shape),
        args.width,
        args.batch,
        args.updates,
        args.rounds,
        args.device,
        args.precision,
    )
    if args.json:
        print(json.dumps(found, indent=1))
        return
    c, h, w = args.shape
    print(f"{args.network} of width {args.width}, {c} x {h} x {w}, batch {args.batch}, {args.precision}, {args.device}")
    for name, taken in found["seconds_an_update"].items():
        print(f"  {name:<10} {taken * 1e3:9.1f} ms an update")
    for other in ("diffusers", "tuned"):
        r = found[f"ratio_to_{other}"]
        print(f"samenoise takes {r['median']:.2f} times as long as {other} ({r['min']:.2f} to {r['max']:.2f})")


if __name__ == "__main__":
    main()
