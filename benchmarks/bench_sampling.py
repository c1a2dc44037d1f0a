"""What `generate` takes beyond the network: Heun of 18 steps against the bare calls of the same network.

    python benchmarks/bench_sampling.py [--network unet] [--shape 1 16 16] [--width 16] [--batch 64] [--json]

One batch is drawn, from the noise bank to the images. "bare" is the network alone, under no_grad, as often and with
batches of the same shape. They take turns in one process; the overhead is that of the same round.
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

import torch
from bench_training import machine, ratios, side_by_side

from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import NETWORKS, build
from samenoise.noise import NoiseBank
from samenoise.process import EDM
from samenoise.solver import Heun, generate

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def measure(
    network: str, shape: tuple[int, ...], width: int, batch: int, steps: int, rounds: int, device: str, precision: str
) -> dict[str, Any]:
    """Seconds of a batch of images and of the calls in it, and the overhead."""
    dtype = DTYPES[precision]
    made = build(network, shape, width).to(device, dtype).eval()
    denoiser, bank = NetworkDenoiser(made, EDM(), shape), NoiseBank(0, shape)
    x, c_noise = bank[:batch].to(device, dtype), torch.zeros(batch, device=device, dtype=dtype)

    def draw() -> int:
        how = {"steps": steps, "solver": Heun(), "batch_size": batch, "device": device, "dtype": dtype}
        (drawn,) = generate(denoiser, bank, range(batch), **how)
        return drawn.nfe

    calls = draw()

    @torch.no_grad()
    def bare() -> None:
        for _ in range(calls):
            made(x, c_noise)

    times = side_by_side({"generate": draw, "bare": bare}, rounds, device)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    overhead = {key: 100 * (value - 1) for key, value in ratios(times["generate"], times["bare"]).items()}
    return {
        "network": network,
        "shape": list(shape),
        "width": width,
        "parameters": made.parameters_count,
        "batch": batch,
        "precision": precision,
        "steps": steps,
        "nfe": calls,
        "rounds": rounds,
        "seconds_a_batch": middle,
        "images_a_second": batch / middle["generate"],
        "overhead_percent": overhead,
        "machine": machine(device),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(NETWORKS), default="unet")
    parser.add_argument("--shape", type=int, nargs=3, default=[1, 16, 16], metavar=("C", "H", "W"))
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=18)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=list(DTYPES), default="fp32")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = measure(
        args.network, tuple(args.shape), args.width, args.batch, args.steps, args.rounds, args.device, args.precision
    )
    if args.json:
        print(json.dumps(found, indent=1))
        return
    c, h, w = args.shape
    taken, over = found["seconds_a_batch"], found["overhead_percent"]
    print(f"{args.network} of width {args.width}, {c} x {h} x {w}, batch {args.batch}, {args.precision}, {args.device}")
    print(f"  generate  {taken['generate'] * 1e3:9.1f} ms for {found['nfe']} calls of the network")
    print(f"  bare      {taken['bare'] * 1e3:9.1f} ms")
    print(f"overhead {over['median']:.1f} % ({over['min']:.1f} to {over['max']:.1f})")
    print(f"{found['images_a_second']:.1f} images a second")


if __name__ == "__main__":
    main()
