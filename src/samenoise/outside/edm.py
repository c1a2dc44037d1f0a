"""Pickles of EDM (Karras et al. 2206.00364): ``{"ema": network}`` with ``network(x, sigma, class_labels) -> x0``.

A pickle is a program. It is opened only where ``trust_pickle`` is said; the published ones need NVIDIA's packages
``torch_utils`` and ``dnnlib`` to be importable.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samenoise.outside.base import OutsideError
from samenoise.outside.checkpoint import Drawn, solver_named
from samenoise.outside.placing import moved

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["open"]


def open(
    target: str,
    *,
    trust_pickle: bool = False,
    device: str = "cpu",
    dtype: str = "float32",
    steps: int = 18,
    solver: str | None = None,
) -> Drawn:
    """The network of a pickle, drawn by Heun on EDM's grid unless said otherwise.

    Raises:
        OutsideError: no trust was said, or it is no such pickle.
    """
    if not trust_pickle:
        raise OutsideError(
            f"{target} is a pickle: to open it is to run whatever code it holds, with your rights. If you trust who "
            "made it, say --trust-pickle"
        )
    import torch

    from samenoise.denoiser import Denoiser
    from samenoise.process import EDM

    try:
        with Path(target).open("rb") as file:
            network = pickle.load(file)["ema"]
        network = network.eval()
        shape = (int(network.img_channels), int(network.img_resolution), int(network.img_resolution))
    except Exception as error:  # a pickle may raise anything
        raise OutsideError(
            f"{target} is no pickle of EDM that can be opened here: {type(error).__name__}: {error}", 1
        ) from error
    moved(network, target, device)

    class Opened(Denoiser):
        """The network, which is a denoiser already."""

        def __init__(self) -> None:
            self.process, self.shape = EDM(), shape

        def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
            sigma = t.to(x_t.device, x_t.dtype).expand(len(x_t))
            labels = None
            if cond is not None:
                labels = torch.nn.functional.one_hot(cond, int(network.label_dim)).to(x_t.dtype)
            out: Tensor = network(x_t, sigma, labels).to(x_t.dtype)
            return out

    named = None if solver is None else solver_named(solver)
    about: dict[str, Any] = {"kind": "pickle", "network": type(network).__name__}
    return Drawn(Opened(), solver=named, steps=steps, device=device, dtype=dtype, about=about)
