"""Which kind of thing a name means, and which options that kind takes.

file.npy, .safetensors, .parquet, .zip, a folder of images     images that exist
a folder with model_index.json, owner/name                     a diffusers pipeline
a folder with process.json                                     a checkpoint of samenoise
a folder with samples.safetensors                              samples of a run of samenoise
file.onnx                                                      ONNX
file.pkl                                                       a pickle of EDM
package.module:function, file.py:function                      a Python function
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from samenoise.outside.base import Model, OutsideError, Pictures
from samenoise.outside.variants import CHANGES

__all__ = ["KINDS", "Kind", "kind_of", "open_target"]

FUNCTION = re.compile(r"(?P<module>[\w./\\-]+):(?P<name>[A-Za-z_][\w.]*)")
HUB = re.compile(r"[\w.-]+/[\w.-]+")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")


class Kind(NamedTuple):
    """A kind of thing from outside."""

    module: str
    """Where its ``open(target, **options)`` is."""
    options: tuple[str, ...]
    what: str


_TORCH = ("device", "dtype", "steps", "solver")
_PIPELINE = ("scheduler", "guidance_scale", "size", "variant", "revision", "trust_pickle")
KINDS: dict[str, Kind] = {
    "function": Kind("function", (), "a Python function"),
    "onnx": Kind("onnx", ("steps", "solver", "scheduler"), "an ONNX model"),
    "pipeline": Kind(
        "pipelines",
        (*_TORCH, *_PIPELINE, *CHANGES),
        "a diffusers pipeline",
    ),
    "checkpoint": Kind("checkpoint", _TORCH, "a checkpoint of samenoise"),
    "pickle": Kind("edm", (*_TORCH, "trust_pickle"), "a pickle of EDM"),
    "pictures": Kind("pictures", (), "images that exist"),
    "arrays": Kind("arrays", (), "images that exist"),
    "parquet": Kind("parquet", (), "images that exist"),
}
"""Every kind, by the name that ``about`` says."""


def kind_of(target: str) -> str:
    """The kind that a name means.

    Raises:
        OutsideError: nothing of that name can be opened; the message says what was looked for.
    """
    path = Path(target)
    suffix = path.suffix.lower()
    if FUNCTION.fullmatch(target) and not path.exists():
        return "function"
    if path.is_dir():
        return _kind_of_folder(path)
    by_suffix = {".onnx": "onnx", ".pkl": "pickle", ".npy": "arrays", ".safetensors": "arrays", ".zip": "pictures"}
    by_suffix[".parquet"] = "parquet"
    if suffix in by_suffix:
        if not path.is_file():
            raise OutsideError(f"there is no file {target}")
        return by_suffix[suffix]
    if HUB.fullmatch(target) and not path.exists():
        return "pipeline"
    if not path.exists():
        raise OutsideError(f"there is no file or folder {target}, and it is no module:function and no owner/name")
    raise OutsideError(f"{target} is nothing that can be compared: {LOOKED_FOR}")


LOOKED_FOR = (
    "looked for a folder of a diffusers pipeline (model_index.json), of a samenoise checkpoint (process.json) or of "
    "images, a .zip, .parquet, .npy or .safetensors of images, an .onnx, an EDM .pkl, or module:function"
)


def _kind_of_folder(folder: Path) -> str:
    for file, kind in (("model_index.json", "pipeline"), ("process.json", "checkpoint")):
        if (folder / file).is_file():
            return kind
    if (folder / "samples.safetensors").is_file():
        return "arrays"
    if any(folder.glob("*.parquet")):
        return "parquet"
    if any(file.suffix.lower() in SUFFIXES for file in folder.rglob("*")):
        return "pictures"
    raise OutsideError(f"the folder {folder} holds nothing that can be compared: {LOOKED_FOR}")


def open_target(target: str, options: dict[str, Any]) -> Model | Pictures:
    """Open what a name means.

    Args:
        target: as at the head of this file.
        options: of its kind, by the names of ``KINDS``.

    Raises:
        OutsideError: there is no such thing, or it takes no such option.
    """
    name = kind_of(target)
    kind = KINDS[name]
    for key in options:
        if key not in kind.options:
            some = f"takes {', '.join(kind.options)}" if kind.options else "takes no options of its own"
            raise OutsideError(f"{target} is {kind.what}, which has no option {key!r}; it {some}")
    opened: Model | Pictures = import_module(f"samenoise.outside.{kind.module}").open(target, **options)
    return opened
