"""Where experiments are found: in the folder of this package's own, and by the entry points of other packages.

An entry point of the group ``samenoise.experiments`` is called like its experiment and names its object::

    [project.entry-points."samenoise.experiments"]
    rainbow = "rainbow_package:experiment"

Names and presets are found without importing a room, or torch; a room is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from samenoise.lab.experiment import Experiment
from samenoise.runs.cell import ConfigError
from samenoise.runs.code import source_file

__all__ = ["GROUP", "every", "names", "ours", "preset_files", "presets", "room"]

GROUP = "samenoise.experiments"
"""The package of our own experiments, and the group of entry points of all others."""

OBJECT = "experiment"
"""What the object is called in our own."""


@cache
def names() -> dict[str, str]:
    """Experiment -> ``module:object``, our own first.

    Raises:
        ConfigError: two experiments have one name.
    """
    folder = Path(__file__).parent.parent.joinpath(GROUP.rpartition(".")[2])
    ours = sorted(path.name for path in folder.iterdir() if (path / "__init__.py").is_file())
    found = {name: f"{GROUP}.{name}:{OBJECT}" for name in ours}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        if found.get(point.name, point.value) != point.value:
            raise ConfigError(
                f"two experiments are called {point.name!r}: {found[point.name]} and {point.value}; uninstall one"
            )
        found[point.name] = point.value
    return found


@cache
def room(name: str) -> Experiment:
    """The experiment of this name.

    Raises:
        ConfigError: there is none, or it cannot be used; the message names it.
    """
    if name not in names():
        raise ConfigError(f"there is no experiment {name!r}; there are {', '.join(names())}")
    place = names()[name]
    module, _, attribute = place.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except Exception as error:  # whatever the package of somebody else does when it is imported
        raise ConfigError(
            f"the experiment {name!r} ({place}) cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, Experiment):
        raise ConfigError(f"the experiment {name!r} ({place}) is no samenoise Experiment but {type(found).__name__}")
    if found.name != name:
        raise ConfigError(f"the experiment {name!r} ({place}) calls itself {found.name!r}: the two must be the same")
    return found


def every() -> list[Experiment]:
    """All experiments that can be loaded; whoever asks for one of the others by name is told why not."""
    found = []
    for name in names():
        with suppress(ConfigError):
            found.append(room(name))
    return found


def ours() -> list[Experiment]:
    """Those of this package, whatever else is installed."""
    return [room(name) for name, place in names().items() if place.startswith(f"{GROUP}.")]


def preset_files() -> dict[str, Path]:
    """Presets of all rooms by name, found without importing one.

    Raises:
        ConfigError: two presets have one name.
    """
    found: dict[str, Path] = {}
    for file in _files(names().values()):
        if file.stem in found:
            raise ConfigError(f"two presets are called {file.stem!r}: {found[file.stem]} and {file}")
        found[file.stem] = file
    return dict(sorted(found.items()))


def presets() -> dict[str, str]:
    """Names of the presets of all rooms, and the first comment line of each."""
    return {
        name: file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") for name, file in preset_files().items()
    }


def _files(places: Iterable[str]) -> list[Path]:
    sources = [source_file(place.partition(":")[0]) for place in places]
    folders = dict.fromkeys(source.parent / "presets" for source in sources if source is not None)
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.yaml"))]
