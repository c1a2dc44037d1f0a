"""Presets: YAML files beside the experiments or of the user's own, with overrides from the command line."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel

from samenoise.cells.specs import ModelSpec
from samenoise.lab.config import Config, form_of, unknown
from samenoise.lab.rooms import preset_files
from samenoise.runs.cell import ConfigError

__all__ = ["load"]


def load(preset: str, overrides: list[str] | None = None, **flags: Any) -> Config:
    """Read a preset, by name or as the path of a YAML file, and apply ``key=value`` overrides.

    Keys are dotted (``training.updates=500``); values are YAML, and ``a,b,c`` is a list where the key takes one.

    Raises:
        ConfigError: no such preset or key, or a value that cannot be right.
    """
    content = _read(preset)
    pairs = []
    for override in overrides or []:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"an override is key=value, such as training.updates=500; got {override!r}")
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


def _read(preset: str) -> dict[str, Any]:
    path = preset
    if not preset.endswith((".yaml", ".yml")):
        if preset not in preset_files():
            raise ConfigError(
                f"there is no preset {preset!r}; there are {', '.join(preset_files())}, or give the path of a .yaml"
            )
        path = str(preset_files()[preset])
    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise ConfigError(f"cannot read the preset {preset}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{preset} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{preset} is not a preset: it must be a YAML mapping of keys")
    return content


def _assign(form: type[BaseModel], content: dict[str, Any], key: str, text: str) -> None:
    *parents, last = key.split(".")
    model, place = form, content
    if parents == ["models"]:  # a whole model
        content["models"] = {**(content.get("models") or {}), last: _value(key, text)}
        return
    if parents[:1] == ["models"]:
        label = parents[1]
        if label not in (content.get("models") or {}):
            raise ConfigError(
                f"there is no model {label!r} in {key}; there are {', '.join(content.get('models') or {})}"
            )
        if content["models"][label] is None:
            content["models"][label] = {}
        model, place, parents = ModelSpec, content["models"][label], parents[2:]
    for name in parents:
        if name not in model.model_fields:
            raise unknown(key, name, model)
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            raise ConfigError(f"there is no key {key!r}: {name!r} is set as a whole")
        if place.get(name) is None:  # absent, or a key with nothing after it
            place[name] = {}
        if not isinstance(place[name], dict):
            raise ConfigError(f"cannot set {key}: the preset has {place[name]!r} for {name!r}, not keys and values")
        model, place = inner, place[name]
    if last not in model.model_fields:
        raise unknown(key, last, model)
    value = _value(key, text)
    if "tuple" in str(model.model_fields[last].annotation) and not isinstance(value, list):
        value = [_value(key, part) for part in text.split(",")]
    place[last] = value


def _value(key: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"the value of {key} is not YAML: {text!r}") from None
