"""Arguments of public functions, one of them odd: it is refused in a sentence, or it is one that the function knows,
and then what comes back is the same twice and no NaN."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fuzz.guard import called, problems, refused
from fuzz.harm import Odd, odd
from hypothesis import strategies as st
from torch import Tensor

import samenoise as sn
from samenoise import networks
from samenoise.data import held_out, subset
from samenoise.metrics import calibrated_threshold, nn_distance, threshold_curve

__all__ = ["CALLS", "Case", "cases", "check", "ready"]

RNG = np.random.default_rng(0)
A, B = (torch.from_numpy(RNG.standard_normal((12, 6))).float() for _ in range(2))
IMAGES, REAL = (torch.from_numpy(RNG.uniform(-1, 1, (12, 1, 4, 4))).float() for _ in range(2))
BANK = sn.NoiseBank(0, (1, 4, 4))
EXACT = sn.Empirical(REAL, sn.EDM())


def is_count(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_seed(value: Any) -> bool:
    return is_count(0)(value) and value < 2**63


def is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_number_or_none(value: Any) -> bool:
    return value is None or is_number(value)


def is_one_of(*known: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in known


def is_ids(value: Any) -> bool:
    return isinstance(value, list) and all(is_seed(each) for each in value)


def is_numbers(value: Any) -> bool:
    return is_ids(value) or is_seed(value)


def is_path(value: Any) -> bool:
    return isinstance(value, str | Path)


@dataclass(frozen=True)
class Call:
    """A function with arguments that are right, and what each that is tried can be."""

    function: Callable[..., Any]
    right: dict[str, Any]
    can_be: dict[str, Callable[[Any], bool]]


def drawn(**options: Any) -> Tensor:
    batches = list(sn.generate(EXACT, BANK, options.pop("ids"), **options))
    return torch.cat([batch.images for batch in batches])


CHUNK = {"chunk": is_count(1)}
THRESHOLD = {"threshold": is_number_or_none}
CALLS = {
    "NoiseBank": Call(
        lambda seed, i: sn.NoiseBank(seed, (1, 2, 2))[i], {"seed": 1, "i": 3}, {"seed": is_seed, "i": is_numbers}
    ),
    "NoiseBank of several": Call(lambda ids: BANK[ids], {"ids": [1, 2]}, {"ids": is_numbers}),
    "TorchNoiseBank": Call(
        lambda seed, i: sn.TorchNoiseBank(seed, (1, 2, 2))[i], {"seed": 1, "i": 3}, {"seed": is_seed, "i": is_numbers}
    ),
    "FreshNoise": Call(lambda seed: sn.FreshNoise(seed, (1, 2, 2)).hash, {"seed": 1}, {"seed": is_seed}),
    "generate": Call(
        drawn,
        {"ids": [0, 1, 2], "steps": 2, "batch_size": 2},
        {"ids": is_ids, "steps": is_count(1), "batch_size": is_count(1)},
    ),
    "subset": Call(
        subset,
        {"count": 20, "n": 4, "part": "a", "seed": 0},
        {"count": is_count(1), "n": is_count(1), "part": is_one_of("a", "b"), "seed": is_seed},
    ),
    "held_out": Call(
        held_out,
        {"count": 20, "largest": 4, "n": 3, "seed": 0},
        {"count": is_count(1), "largest": is_count(0), "n": is_count(0), "seed": is_seed},
    ),
    "rp": Call(sn.rp, {"a": A, "b": B, "threshold": 0.5}, THRESHOLD),
    "rp_floor": Call(sn.rp_floor, {"a": A, "b": B, "threshold": 0.5, "chunk": 5}, THRESHOLD | CHUNK),
    "memorized": Call(sn.memorized, {"a": A, "train": B, "threshold": 0.5, "chunk": 5}, THRESHOLD | CHUNK),
    "gl": Call(sn.gl, {"a": A, "train": B, "threshold": 0.5, "chunk": 5}, THRESHOLD | CHUNK),
    "nn_ratio": Call(
        sn.nn_ratio, {"images": IMAGES, "train": REAL, "ratio": 0.3, "chunk": 5}, {"ratio": is_number} | CHUNK
    ),
    "nn_distance": Call(nn_distance, {"images": IMAGES, "real": REAL, "chunk": 5}, CHUNK),
    "mae_score": Call(
        sn.mae_score, {"a_images": IMAGES, "b_images": REAL, "threshold": 15.0}, {"threshold": is_number}
    ),
    "pfd": Call(sn.pfd, {"a": A, "b": B}, {}),
    "threshold_curve": Call(threshold_curve, {"similarities": A[:, 0]}, {}),
    "calibrated_threshold": Call(calibrated_threshold, {"null": A[:, 0], "rate": 0.1}, {"rate": is_number}),
    "EDM": Call(
        lambda steps, **options: sn.EDM(**options).grid(steps),
        {"sigma_min": 0.01, "sigma_max": 20.0, "rho": 5.0, "steps": 4},
        {"sigma_min": is_number, "sigma_max": is_number, "rho": is_number, "steps": is_count(1)},
    ),
    "VP": Call(
        lambda steps, **options: sn.VP(**options).grid(steps),
        {"beta_min": 0.1, "beta_max": 20.0, "t_min": 1e-4, "steps": 4},
        {"beta_min": is_number, "beta_max": is_number, "t_min": is_number, "steps": is_count(1)},
    ),
    "VE": Call(
        lambda steps, **options: sn.VE(**options).grid(steps),
        {"sigma_min": 0.01, "sigma_max": 20.0, "steps": 4},
        {"sigma_min": is_number, "sigma_max": is_number, "steps": is_count(1)},
    ),
    "DDIM": Call(lambda eta: sn.DDIM(eta).eta, {"eta": 0.5}, {"eta": is_number}),
    "networks.build": Call(
        lambda **options: networks.build(shape=(1, 4, 4), **options).parameters_count,
        {"name": "mlp", "width": 8, "depth": 1, "seed": 0},
        {
            "name": is_one_of(*networks.NETWORKS),
            "width": is_count(1),
            "depth": lambda value: value is None or is_count(1)(value),
            "seed": is_seed,
        },
    ),
    "Empirical": Call(
        lambda chunk: sn.Empirical(REAL, sn.EDM(), None, chunk)(BANK[[0]], torch.tensor(1.0)), {"chunk": 3}, CHUNK
    ),
    "Guided": Call(
        lambda guidance_scale: sn.Guided(EXACT, guidance_scale).guidance_scale,
        {"guidance_scale": 1.0},
        {"guidance_scale": is_number},
    ),
    "from_pretrained": Call(sn.from_pretrained, {"folder_or_repo_id": "/nowhere"}, {"folder_or_repo_id": is_path}),
}
TENSORS: dict[str, Callable[[Tensor], Any]] = {
    "with NaN": lambda value: value.index_fill(0, torch.tensor([0]), torch.nan),
    "with infinity": lambda value: value.index_fill(0, torch.tensor([0]), torch.inf),
    "huge": lambda value: value * 1e25,
    "tiny": lambda value: value * 1e-40,
    "zero": torch.zeros_like,
    "empty": lambda value: value[:0],
    "of one": lambda value: value[:1],
    "of no dimension": lambda value: value.flatten()[0],
    "flat": torch.flatten,
    "deep": lambda value: value[None],
    "shorter": lambda value: value[:-1],
    "narrower": lambda value: value[..., :-1],
    "of integers": lambda value: value.long(),
    "of truths": lambda value: value > 0,
    "complex": lambda value: value.to(torch.complex64),
    "in half precision": lambda value: value.half(),
    "in double precision": lambda value: value.double(),
    "that learns": lambda value: value.clone().requires_grad_(),
    "not in order": lambda value: value.flip(0).transpose(0, -1).contiguous().transpose(0, -1),
    "a list": lambda value: value.tolist(),
    "an array": lambda value: value.numpy(),
}
KNOWN = ("tiny", "zero", "in double precision", "that learns", "not in order")
"""What a function may take; of all others it says what is wrong, or gives a number."""


@dataclass(frozen=True)
class Case:
    """A call, and which argument is what instead."""

    name: str
    argument: int
    odd: Odd | str


cases = st.builds(
    Case,
    st.sampled_from(sorted(CALLS)),
    st.integers(0, 9),
    odd.filter(lambda each: each.deep < 100) | st.sampled_from(sorted(TENSORS)),
)


@contextmanager
def ready(folder: Path) -> Iterator[None]:
    """Every call with what is right; the Hugging Face hub is asked nothing."""
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = True
    for name, call in CALLS.items():
        if name != "from_pretrained":
            call.function(**call.right)
    yield


def check(case: Case, it: None, folder: Path) -> list[str]:
    """What is wrong with how the function took it."""
    call = CALLS[case.name]
    tensors = [name for name, value in call.right.items() if isinstance(value, Tensor)]
    if isinstance(case.odd, str):
        if not tensors:
            return []
        argument = tensors[case.argument % len(tensors)]
        value: Any = TENSORS[case.odd](call.right[argument])
        allowed = True
    else:
        if not call.can_be:
            return []
        argument = sorted(call.can_be)[case.argument % len(call.can_be)]
        value = case.odd.value
        allowed = call.can_be[argument](value)
        if allowed and isinstance(value, int) and value > 10**4:
            return []  # it may well be computed, which takes as long as it takes

    def tried() -> None:
        found = call.function(**{**call.right, argument: value})
        print(summary(found))

    done = called(refused(tried, ValueError, TypeError, IndexError, FileNotFoundError))
    found = problems(done, (0, 2))
    if done.code == 0 and not allowed:
        found.append("it was taken")
    if done.code == 0 and "nan" in done.out:
        found.append(f"it gave {done.out[:200]}")
    if done.code == 0 and called(refused(tried, ValueError)).out != done.out:
        found.append("it gave something else the second time")
    said = case.odd if isinstance(case.odd, str) else repr(value)[:60]
    return [f"{case.name}({argument}={said}): {each}" for each in found]


def summary(found: Any) -> str:
    """A result in a line: numbers of small ones, a hash of large ones."""
    if isinstance(found, Tensor):
        numbers = found.detach().double().flatten() if found.dtype.is_floating_point else found.flatten()
        nan = " nan" if found.dtype.is_floating_point and bool(numbers.isnan().any()) else ""
        return f"{tuple(found.shape)} {numbers.double().sum().item() if not nan else ''}{nan}"
    if dataclasses.is_dataclass(found):
        return " ".join(summary(getattr(found, each.name)) for each in dataclasses.fields(found))
    if isinstance(found, tuple | list):
        return " ".join(summary(each) for each in found)
    return repr(found)
