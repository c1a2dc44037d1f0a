"""What DPS takes over plain sampling, and beyond its bound: one backward pass a step, and no call of the network more.

    python benchmarks/bench_posterior.py [--network unet] [--shape 1 16 16] [--width 16] [--batch 64] [--solver ddim]

One batch is drawn, from the noise bank to the images. "bound" is the network alone: as many calls with batches of the
same shape as the solver makes, of which one in each step is differentiated with regard to the images. The three take
turns in one process, and ratios are those of the same round.
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

import torch
from bench_training import machine, ratios, side_by_side
from torch import Tensor

from samenoise.denoiser import NetworkDenoiser
from samenoise.inverse import DPS, AveragePool
from samenoise.networks import NETWORKS, build
from samenoise.noise import NoiseBank
from samenoise.process import EDM
from samenoise.solver import SOLVERS, Solver, generate


def measure(
    network: str, shape: tuple[int, ...], width: int, batch: int, solver: str, steps: int, rounds: int, device: str
) -> dict[str, Any]:
    """Seconds of a batch with and without a measurement, and of the bound."""
    made = build(network, shape, width).to(device).eval()
    denoiser, bank = NetworkDenoiser(made, EDM(), shape), NoiseBank(0, shape)
    plain = {each.name: each for each in SOLVERS}[solver]
    operator = AveragePool(shape)
    guided = DPS(plain, operator, torch.zeros(1, *operator.measured), zeta=1.0)
    x, c_noise = bank[:batch].to(device), torch.zeros(batch, device=device)

    def draw(how: Solver) -> int:
        drawn = generate(denoiser, bank, range(batch), solver=how, steps=steps, batch_size=batch, device=device)
        return next(drawn).nfe

    calls = draw(plain)
    if draw(guided) != calls:
        raise AssertionError("a measurement must not take calls of its own")

    def bound() -> None:
        for _ in range(steps):
            given = x.clone().requires_grad_()
            loss: Tensor = made(given, c_noise).square().sum()
            torch.autograd.grad(loss, given)
        with torch.no_grad():
            for _ in range(calls - steps):
                made(x, c_noise)

    run = {"dps": lambda: draw(guided), "plain": lambda: draw(plain), "bound": bound}
    times = side_by_side(run, rounds, device)
    return {
        "network": network,
        "shape": list(shape),
        "width": width,
        "parameters": made.parameters_count,
        "batch": batch,
        "solver": solver,
        "steps": steps,
        "nfe": calls,
        "backward": steps,
        "rounds": rounds,
        "seconds_a_batch": {name: statistics.median(taken) for name, taken in times.items()},
        "ratio_to_plain": ratios(times["dps"], times["plain"]),
        "ratio_to_bound": ratios(times["dps"], times["bound"]),
        "machine": machine(device),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(NETWORKS), default="unet")
    parser.add_argument("--shape", type=int, nargs=3, default=[1, 16, 16], metavar=("C", "H", "W"))
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--solver", choices=[each.name for each in SOLVERS], default="ddim")
    parser.add_argument("--steps", type=int, default=18)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = measure(
        args.network, tuple(args.shape), args.width, args.batch, args.solver, args.steps, args.rounds, args.device
    )
    if args.json:
        print(json.dumps(found, indent=1))
        return
    c, h, w = args.shape
    print(
        f"{args.network} of width {args.width}, {c} x {h} x {w}, batch {args.batch}, {args.solver}, {args.steps} steps"
    )
    print(
        f"  {found['nfe']} calls of the network with a measurement and without, and {found['backward']} backward passes"
    )
    for name, taken in found["seconds_a_batch"].items():
        print(f"  {name:<6}{taken * 1e3:9.1f} ms")
    for other in ("plain", "bound"):
        ratio = found[f"ratio_to_{other}"]
        print(f"dps over {other}: {ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})")


if __name__ == "__main__":
    main()
