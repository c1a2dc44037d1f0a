"""Generators from outside: what other people made, opened as it is.

    Model        draws images from noise: a diffusers pipeline, a Python function, an ONNX file, a checkpoint
    Pictures     images that exist already, each with the number of its noise

A file for each kind. None imports the framework of another, and what runs in another interpreter
(:mod:`samenoise.outside.other`) needs no more than NumPy and its own framework there.
"""

from samenoise.outside.base import Model, OutsideError, Pictures
from samenoise.outside.choose import open_target

__all__ = ["Model", "OutsideError", "Pictures", "open_target"]
