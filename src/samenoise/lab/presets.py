"""Presets: YAML files beside the experiments or of the user's own, with overrides from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from samenoise.cells.specs import ModelSpec
from samenoise.lab import yaml12
from samenoise.lab.config import Config, form_of, unknown
from samenoise.lab.rooms import preset_files
from samenoise.runs.cell import ConfigError
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.files import read_file
from samenoise.runs.sentence import said

__all__ = ["load", "parse"]


def load(preset: str, overrides: list[str] | None = None, **flags: Any) -> Config:
    """Read a preset, by name or as the path of a YAML file, and apply ``key=value`` overrides.

    Keys are dotted (``training.updates=500``); values are YAML, and ``a,b,c`` is a list where the key takes one.

    Raises:
        ConfigError: no such preset or key, or a value that cannot be right.
    """
    return parse(_read(preset), preset, overrides, **flags)


def parse(data: bytes, name: str, overrides: list[str] | None = None, **flags: Any) -> Config:
    """:func:`load`, of the text of a preset; ``name`` is what messages call it.

    Raises:
        ConfigError: as for :func:`load`.
    """
    try:
        content = yaml12.load(data)
    except ValueError as error:
        raise ConfigError(f"{name} {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{name} is not a preset: it must be a YAML mapping of keys")
    pairs = []
    for override in overrides or []:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"an override is key=value, such as training.updates=500; got {said(override)}")
        pairs.append((key, text))
    for key, text in pairs:
        if key == "experiments":  # before all others: it says which keys there are
            content[key] = _value(key, text) if text.startswith("[") else text.split(",")
    form = form_of(content)
    for key, text in pairs:
        if key != "experiments":
            _assign(form, content, key, text)
    content.update({key: value for key, value in flags.items() if value is not None})
    return Config.of(content)


def _read(preset: str) -> bytes:
    path = preset
    if not preset.endswith((".yaml", ".yml")):
        if preset not in preset_files():
            raise ConfigError(
                f"there is no preset {said(preset)}; there are {', '.join(preset_files())}, or give the path of a .yaml"
            )
        path = str(preset_files()[preset])
    try:
        return read_file(Path(path), yaml12.BYTES)
    except Unreadable as error:
        raise ConfigError(f"cannot read the preset: {error}") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise ConfigError(f"cannot read the preset {preset}: {getattr(error, 'strerror', None) or error}") from None


def _assign(form: type[BaseModel], content: dict[str, Any], key: str, text: str) -> None:
    *parents, last = key.split(".")
    model, place = form, content
    if parents[:1] == ["models"]:
        models = _inside(content, "models", key)
        if len(parents) == 1:  # a whole model
            models[last] = _value(key, text)
            return
        if parents[1] not in models:
            raise ConfigError(f"there is no model {parents[1]!r} in {key}; there are {', '.join(map(str, models))}")
        model, place, parents = ModelSpec, _inside(models, parents[1], key), parents[2:]
    for name in parents:
        if name not in model.model_fields:
            raise unknown(key, name, model)
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            raise ConfigError(f"there is no key {key!r}: {name!r} is set as a whole")
        model, place = inner, _inside(place, name, key)
    if last not in model.model_fields:
        raise unknown(key, last, model)
    value = _value(key, text)
    if "tuple" in str(model.model_fields[last].annotation) and not isinstance(value, list):
        value = [_value(key, part) for part in text.split(",")]
    place[last] = value


def _inside(place: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    """The keys under ``name``, to be changed; there may be none yet."""
    if place.get(name) is None:
        place[name] = {}
    inside = place[name]
    if not isinstance(inside, dict):
        raise ConfigError(f"cannot set {key}: the preset has {said(inside)} for {name!r}, not keys and values")
    return inside


def _value(key: str, text: str) -> Any:
    try:
        return yaml12.load(text.encode(errors="surrogateescape"))
    except ValueError as error:
        raise ConfigError(f"the value of {key} {error}") from None
