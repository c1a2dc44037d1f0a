"""Versions of what draws, where it is installed."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

__all__ = ["versions"]

PACKAGES = ("samenoise", "numpy", "torch", "diffusers", "transformers", "onnxruntime", "jax", "peft")


def versions() -> dict[str, str]:
    """Package -> version, and Python's; what is not installed is left out. Nothing is imported."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
