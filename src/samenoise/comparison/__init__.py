"""Is this still the same model? Generators and images from anywhere, compared at the same noises.

    compare    RP, rp_auc, MAE score, PFD, PSNR, bit-equal pictures; each beside its floor and a measured ceiling
    lock       a small file that says what a generator draws from which noise
    check      whether it still does

>>> import torch
>>> found = compare(torch.rand(4, 1, 2, 2) * 2 - 1, torch.zeros(4, 1, 2, 2), names=["noise", "grey"])
>>> found.pairs[0].value("bit_equal")
0.0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from samenoise.comparison.compare import How, compare_sides
from samenoise.comparison.result import Comparison
from samenoise.comparison.spec import SideSpec, parse

__all__ = ["Comparison", "How", "SideSpec", "compare", "compare_sides", "parse", "spec_of"]


def compare(*sides: Any, names: Sequence[str] = (), **how: Any) -> Comparison:
    """Compare generators and images at the same noises.

    Args:
        sides: two or more; the first is what the others are held against. Each is a :class:`SideSpec`, or what
            ``samenoise compare`` takes (``"./unet,dtype=bfloat16"``), or an object: a function from noise to images, a
            diffusers pipeline, a :class:`~samenoise.denoiser.Denoiser`, or an array of images, of which image ``k`` is
            of noise ``k``.
        names: what tables call them.
        how: fields of :class:`~samenoise.comparison.compare.How`, such as ``noises=300``.

    Raises:
        OutsideError: a side cannot be opened, sides cannot be compared, or a generator failed.
    """
    specs = [spec_of(side, names[k] if k < len(names) else "") for k, side in enumerate(sides)]
    return compare_sides(specs, How(**how))


def spec_of(side: Any, name: str = "") -> SideSpec:
    """A side as it is written, or an object, as a :class:`SideSpec`."""
    if isinstance(side, SideSpec):
        return side
    if isinstance(side, str):
        spec = parse(side)
        return replace(spec, name=name or spec.name)
    return SideSpec(side, name)
