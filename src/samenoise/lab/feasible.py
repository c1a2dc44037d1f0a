"""Whether the data of a config are enough for it, before anything is computed."""

from __future__ import annotations

from pathlib import Path

from samenoise.data import digits, of_classes
from samenoise.data.files import placed
from samenoise.data.peek import peek
from samenoise.lab.config import Config
from samenoise.lab.rooms import room
from samenoise.runs.address import Address
from samenoise.runs.cell import ConfigError

__all__ = ["left_out", "refuse"]


def refuse(config: Config, root: Address) -> None:
    """Raise where a run in the folder ``root`` would end at it or at its data, as far as that can be told without
    decoding an image.

    Raises:
        ConfigError: it is no folder; there are too few images, or images of several sizes and no size to make them.
    """
    if isinstance(root, Path) and root.exists() and not root.is_dir():
        raise ConfigError(f"{root} is no folder, as a run directory is: choose another folder with --out")
    common, spec = config.common, config.common.data
    if spec.source == "digits" and spec.classes is not None:
        there, sizes = len(of_classes(digits(), spec.classes)), frozenset({(8, 8)})
    elif spec.source == "files" and placed(spec.path).exists():
        try:
            there, sizes = peek(spec.path)
        except ValueError as error:
            raise ConfigError(str(error)) from error
    else:
        return
    if there < common.count:
        raise ConfigError(
            f"{spec.label} has {there} images, the run needs {common.count}: the largest of sizes and data.held_out "
            "together, or data.count"
        )
    if spec.size is None and len(sizes) > 1:
        some = " and ".join(f"{width} x {height}" for height, width in sorted(sizes)[:2])
        raise ConfigError(f"{spec.path}: images differ in size, {some} pixels among them; give data.size")


def left_out(config: Config) -> list[str]:
    """What the experiments of a config leave out of it, in sentences."""
    return [said for name, own in config.settings.items() for said in room(name).left_out(config.common, own)]
