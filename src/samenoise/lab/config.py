"""The config of a run: a preset with its overrides, every default filled in and every value checked.

It has the keys of :class:`~samenoise.lab.common.Common`, three of its own, and under the name of each of its
experiments the settings of that one. The form that a config is checked by is put together from these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError, create_model

from samenoise.cells.specs import Count, ModelSpec
from samenoise.lab.common import Common, unused
from samenoise.lab.rooms import every, names, room
from samenoise.runs.cell import ConfigError, Spec
from samenoise.runs.sentence import said

__all__ = ["Config", "form_of", "unknown"]


SHOWN = 12


def _a_name(name: str) -> str:
    if not re.fullmatch(r"\w(?:[\w .,+=@()-]{0,98}[\w+)])?", name):
        raise ValueError(
            f"a name is up to 100 letters, digits, spaces and any of .,+=@()-_ that begin with a letter or digit, "
            f"such as digits-2; got {said(name)}"
        )
    return name


Name = Annotated[str, AfterValidator(_a_name)]
"""Of a run: its folder in ``runs`` is called so, and can be nowhere else."""


@dataclass(frozen=True)
class Config:
    """A run."""

    name: str
    experiments: tuple[str, ...]
    common: Common
    settings: dict[str, Spec]
    """Of each experiment, by its name."""
    shown: int
    """Noises in the report's same-noise grid."""

    @classmethod
    def of(cls, content: dict[str, Any]) -> Config:
        """From the keys of a preset.

        Raises:
            ConfigError: a key is unknown, or a value cannot be right.
        """
        form = form_of(content)
        try:
            filled = dict(form.model_validate(content))
        except ValidationError as error:
            raise ConfigError(_sentence(error, form)) from None
        common = Common.model_construct(**{key: filled[key] for key in Common.model_fields})
        experiments: tuple[str, ...] = filled["experiments"]
        settings = {name: filled.get(name, room(name).Settings()) for name in experiments}
        config = cls(filled["name"], experiments, common, settings, filled["shown"])
        config._check()
        return config

    def _check(self) -> None:
        if self.shown > self.common.sampling.noises:
            raise ConfigError(f"shown ({self.shown}) is more than sampling.noises ({self.common.sampling.noises})")
        for name, settings in self.settings.items():
            try:
                room(name).check(self.common, settings)
            except ValueError as error:
                raise ConfigError(str(error)) from None
        aside = frozenset.intersection(*(room(name).aside for name in self.settings))
        key = "shown" if "shown" in aside and self.shown != SHOWN else unused(self.common, aside - {"shown"})
        if key is not None:
            raise ConfigError(f"{key} has no effect on {' and '.join(self.settings)}")

    def dump(self) -> dict[str, Any]:
        """As plain values, in the shape of a preset."""
        own = {name: each.model_dump(mode="json") for name, each in self.settings.items()}
        return {
            "name": self.name,
            "experiments": list(self.experiments),
            **self.common.model_dump(mode="json"),
            "shown": self.shown,
            **{name: content for name, content in own.items() if content},
        }


def form_of(content: dict[str, Any]) -> type[Common]:
    """What a preset with these experiments may hold.

    Raises:
        ConfigError: the experiments are unknown, doubled or missing, or cannot be loaded.
    """
    wanted = content.get("experiments")
    if isinstance(wanted, str):
        wanted = [wanted]
    if not isinstance(wanted, list | tuple) or not wanted or len(set(map(str, wanted))) < len(wanted):
        raise ConfigError(f"experiments must be a list of distinct names of {', '.join(names())}; got {said(wanted)}")
    rooms = [room(str(name)) for name in wanted]
    own: dict[str, Any] = {
        "name": (Name, ...),
        "experiments": (tuple[str, ...], ...),
        "shown": (Count, Field(default=SHOWN)),
    }
    for each in rooms:
        if each.name in own or each.name in Common.model_fields:
            raise ConfigError(f"an experiment cannot be called {each.name!r}: that is a key of every preset")
    own |= {each.name: (each.Settings, each.Settings()) for each in rooms if each.Settings.model_fields}
    form: type[Common] = create_model("Preset", __base__=Common, **own)
    return form


def unknown(key: str, name: str, model: type[BaseModel]) -> ConfigError:
    """What to say of the unknown ``name`` in ``key``."""
    for each in every():
        if name in each.renamed and issubclass(model, Common):
            return ConfigError(f"there is no key {key!r} any more: it is {each.name}.{each.renamed[name]} now")
    if issubclass(model, Common) and name in names():
        return ConfigError(f"{key!r} has settings of {name}, which is not among the experiments of this preset")
    close = get_close_matches(name, model.model_fields, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(model.model_fields)}"
    return ConfigError(f"there is no key {key!r}: {name!r} is unknown; {hint}")


def _sentence(error: ValidationError, form: type[BaseModel]) -> str:
    """The first problem, in one sentence."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        *parents, last = [str(part) for part in problem["loc"]]
        model: Any = form
        if parents[:1] == ["models"]:
            model, parents = ModelSpec, parents[2:]
        for name in parents:
            model = model.model_fields[name].annotation
        return str(unknown(key, last, model))
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{key}: {message}" if key else message
    return f"{key}: {message[0].lower()}{message[1:]}, got {said(problem['input'])}"
