"""Inverse problems: operators that measure images, and posterior sampling from what was measured."""

from samenoise.inverse.blur import GaussianBlur, MotionBlur
from samenoise.inverse.ddnm import DDNM
from samenoise.inverse.dps import DPS
from samenoise.inverse.exact import posterior
from samenoise.inverse.masks import BoxMask, RandomMask
from samenoise.inverse.measurement import measure
from samenoise.inverse.operator import LinearOperator, Operator
from samenoise.inverse.pool import AveragePool
from samenoise.inverse.sensing import CompressedSensing

__all__ = [
    "DDNM",
    "DPS",
    "OPERATORS",
    "AveragePool",
    "BoxMask",
    "CompressedSensing",
    "GaussianBlur",
    "LinearOperator",
    "MotionBlur",
    "Operator",
    "RandomMask",
    "measure",
    "posterior",
]

OPERATORS: tuple[type[LinearOperator], ...] = (
    BoxMask,
    RandomMask,
    AveragePool,
    GaussianBlur,
    MotionBlur,
    CompressedSensing,
)
"""Every operator; the law tests run over this list."""
