"""samenoise: do diffusion models draw the same picture from the same noise, and when do they stop copying their data?

The names below are the ones to start with; each is loaded from its module at first use, so that importing samenoise
is instant. What lives where, from the ground up: ``noise``, ``fresh``, ``process``, ``denoiser``, ``solver`` (the map
from noise to image), ``oracle`` (closed forms), ``data``, ``networks``, ``training``, ``features``, ``metrics``,
``runs`` (the cell, the store, who computes), ``cells`` (data sets and trainings), ``generators`` (what can be sampled),
``lab`` (what all experiments are made of), ``report`` (how a run is read), ``experiments`` (a room each).
"""

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from samenoise.denoiser import Denoiser, Guided, NetworkDenoiser
    from samenoise.drawing import draw
    from samenoise.features import Features, Pixel
    from samenoise.fresh import FreshNoise
    from samenoise.metrics import gl, mae_score, memorized, nn_ratio, pfd, rp, rp_floor
    from samenoise.networks.checkpoint import from_pretrained, push_to_hub, save_pretrained
    from samenoise.noise import NoiseBank, TorchNoiseBank
    from samenoise.oracle import Empirical, Gaussian, Mixture
    from samenoise.process import EDM, VE, VP, CosineVP, Flow, Process, SubVP
    from samenoise.report.side_by_side import compare
    from samenoise.solver import DDIM, DPMSolverPP2M, Heun, Solver, generate

_HOMES = {
    "denoiser": ("Denoiser", "Guided", "NetworkDenoiser"),
    "drawing": ("draw",),
    "features": ("Features", "Pixel"),
    "fresh": ("FreshNoise",),
    "metrics": ("gl", "mae_score", "memorized", "nn_ratio", "pfd", "rp", "rp_floor"),
    "networks.checkpoint": ("from_pretrained", "push_to_hub", "save_pretrained"),
    "noise": ("NoiseBank", "TorchNoiseBank"),
    "oracle": ("Empirical", "Gaussian", "Mixture"),
    "process": ("CosineVP", "EDM", "Flow", "Process", "SubVP", "VE", "VP"),
    "report.side_by_side": ("compare",),
    "solver": ("DDIM", "DPMSolverPP2M", "Heun", "Solver", "generate"),
}
_HOME_OF = {name: f"samenoise.{home}" for home, names in _HOMES.items() for name in names}

__all__ = [
    "DDIM",
    "EDM",
    "VE",
    "VP",
    "CosineVP",
    "DPMSolverPP2M",
    "Denoiser",
    "Empirical",
    "Features",
    "Flow",
    "FreshNoise",
    "Gaussian",
    "Guided",
    "Heun",
    "Mixture",
    "NetworkDenoiser",
    "NoiseBank",
    "Pixel",
    "Process",
    "Solver",
    "SubVP",
    "TorchNoiseBank",
    "compare",
    "draw",
    "from_pretrained",
    "generate",
    "gl",
    "mae_score",
    "memorized",
    "nn_ratio",
    "pfd",
    "push_to_hub",
    "rp",
    "rp_floor",
    "save_pretrained",
]


def __getattr__(name: str) -> _typing.Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'samenoise' has no attribute {name!r}")
    return getattr(_importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
