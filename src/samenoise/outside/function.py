"""A Python function as a generator: ``function(noise) -> images``, or ``function(noise, conditions)``.

The noise is a NumPy array, or a torch tensor where the annotation of the parameter says ``Tensor``. What may come back
is what :func:`samenoise.outside.base.as_images` takes. A function may say the shape of its noise as ``noise_shape``.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from samenoise.outside.base import Condition, OutsideError, as_images
from samenoise.outside.threads import torch_threads

__all__ = ["Function", "open"]


class Function:
    """A function that draws images from noise."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.function, self.name = function, name
        shape = getattr(function, "noise_shape", None)
        self.shape = None if shape is None else tuple(int(n) for n in shape)
        self.takes_tensor, self.takes_conditions = _takes(function)
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        self.about: dict[str, Any] = {
            "kind": "function",
            "function": name,
            "file": os.path.basename(getattr(module, "__file__", None) or ""),
        }

    def draw(
        self, noise: np.ndarray, conditions: Sequence[Condition] | None = None, threads: int | None = None
    ) -> np.ndarray:
        given: Any = noise.copy()  # a function may write into what it is given
        if self.takes_tensor:
            given = importlib.import_module("torch").from_numpy(given)
        arguments = (given, list(conditions or ())) if self.takes_conditions else (given,)
        if conditions is not None and not self.takes_conditions:
            raise OutsideError(
                f"{self.name} takes no second argument, so it cannot be given prompts or classes: "
                "define it as function(noise, conditions)"
            )
        try:
            with torch_threads(threads):
                result = self.function(*arguments)
        except (Exception, SystemExit) as error:  # who leaves has drawn nothing either
            raise OutsideError(f"{self.name} failed: {_said(error)}", 1) from error
        return as_images(result, len(noise), self.name)


def open(target: str) -> Function:
    """The function that ``package.module:function`` or ``path/file.py:function`` names.

    Raises:
        OutsideError: it cannot be imported, or is nothing that can be called.
    """
    place, _, name = target.rpartition(":")
    try:
        found: Any = _module(place)
        for part in name.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise OutsideError(f"{target}: {error}") from None
    except OutsideError:
        raise
    except (Exception, SystemExit) as error:  # whatever the module does when it is imported
        raise OutsideError(f"{target} cannot be imported: {_said(error)}") from error
    if not callable(found):
        raise OutsideError(f"{target} is of the type {type(found).__name__}, which cannot be called as function(noise)")
    return Function(found, target)


def _module(place: str) -> Any:
    if not place.endswith(".py"):
        if "" not in sys.path and os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        return importlib.import_module(place)
    path = Path(place).resolve()
    if not path.is_file():
        raise OutsideError(f"there is no file {place}")
    name = f"samenoise_outside_{path.stem}_{abs(hash(str(path))):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _takes(function: Callable[..., Any]) -> tuple[bool, bool]:
    """Whether the noise is to be a tensor, and whether there is a place for conditions."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of built-ins
        return False, False
    plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in plain if p.default is p.empty]
    return bool(plain) and "Tensor" in str(plain[0].annotation), len(required) > 1 or any(
        p.name == "conditions" for p in plain
    )


def _said(error: BaseException) -> str:
    """An error in one line, with the place in the code that raised it, unless that is ours or Python's own."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    nobodys = last.filename == __file__ or last.filename.startswith("<frozen")
    at = "" if nobodys else f" ({os.path.basename(last.filename)}, line {last.lineno})"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}{': ' + lines[0] if lines else ''}{at}"
