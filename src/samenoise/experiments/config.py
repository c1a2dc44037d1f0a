"""The config of a run: a preset with its overrides, every default filled in and every value checked."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from samenoise.denoiser import NO_IMAGE
from samenoise.experiments.specs import (
    Count,
    DataSpec,
    ModelSpec,
    NetworkSpec,
    ProcessSpec,
    SamplingSpec,
    Seed,
    SolversSpec,
    TrainingSpec,
)
from samenoise.runs.cell import Spec

__all__ = ["EXPERIMENTS", "Config", "ConfigError", "load", "presets"]

EXPERIMENTS = ("regimes", "splits", "teacher", "matrix", "solvers", "dynamics")
NAMED = ("matrix", "solvers")
"""Experiments on the models that ``models`` names; the others train every width at every size."""
DIGITS = 1797
"""Images that scikit-learn ships."""
FIRST_LOOK = 64


class ConfigError(ValueError):
    """A config that cannot be run; the message names the key and what would be right."""


class Config(Spec):
    """A run. Sizes are numbers of training images; widths are those of the network's hidden layers."""

    name: str
    experiments: tuple[Literal[*EXPERIMENTS], ...]  # type: ignore[valid-type]
    seed: Seed = 0
    """Of the order of the data, the initial weights and the training noise; not of the noise bank."""
    device: str = "cpu"
    data: DataSpec = DataSpec()
    process: ProcessSpec = ProcessSpec()
    network: NetworkSpec = NetworkSpec()
    widths: tuple[Count, ...] = (128, 256)
    sizes: tuple[Count, ...]
    splits_width: Count | None = None
    """Width of the networks trained on disjoint halves, at every size that fits twice; the narrowest unless given."""
    training: TrainingSpec = TrainingSpec()
    models: dict[str, ModelSpec] = Field(default_factory=dict)
    """Of ``matrix`` and ``solvers``, by the names they have in the rows."""
    solvers: SolversSpec = SolversSpec()
    checkpoints: Annotated[int, Field(ge=1, le=16)] = 2
    """Of ``dynamics``: looks at the networks for every doubling of the number of updates."""
    sampling: SamplingSpec = SamplingSpec()
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Of the feature ``pixel``: the cosine above which two images are the same."""
    shown: Count = 12
    """Noises in the report's same-noise grid."""

    @model_validator(mode="before")
    @classmethod
    def _fill_models(cls, content: Any) -> Any:
        """What a model leaves out is that of the run: ``process`` and ``network`` whole, ``training`` key by key."""
        if not isinstance(content, dict) or not isinstance(content.get("models"), dict):
            return content
        widths = content.get("widths")
        width = widths[-1] if isinstance(widths, (list, tuple)) and widths else cls.model_fields["widths"].default[-1]
        usual = {key: content.get(key, {}) for key in ("process", "network")}
        filled = {}
        for label, model in content["models"].items():
            own = _mapping(f"models.{label}", model.model_dump() if isinstance(model, ModelSpec) else model)
            training = {
                **_mapping("training", content.get("training")),
                **_mapping(f"models.{label}.training", own.get("training")),
            }
            filled[str(label)] = {"width": width, **usual, **own, "training": training}
        return {**content, "models": filled}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, values in (("sizes", self.sizes), ("widths", self.widths)):
            if not values or list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be distinct and in ascending order, got {list(values)}")
        if not self.experiments or len(set(self.experiments)) < len(self.experiments):
            raise ValueError(f"experiments must be distinct, got {list(self.experiments)}")
        if min(self.sizes) < 2:
            raise ValueError("sizes start at 2: the nearest-neighbour ratio needs two training images")
        if self.splits_width is not None and self.splits_width not in self.widths:
            raise ValueError(f"splits_width is {self.splits_width}; it must be one of widths {list(self.widths)}")
        known_truth = {"teacher", "dynamics"} & set(self.experiments)
        if bool(known_truth) != (self.data.source == "mixture"):
            raise ValueError("teacher and dynamics need data.source=mixture, and the other experiments real data")
        if "dynamics" in self.experiments and self.training.schedule != "constant":
            raise ValueError("dynamics needs training.schedule=constant: a look must not depend on where training ends")
        if self.shown > self.sampling.noises:
            raise ValueError(f"shown ({self.shown}) is more than sampling.noises ({self.sampling.noises})")
        if self.data.held_out == 0 and set(self.experiments) - set(NAMED):
            raise ValueError("data.held_out is 0: copying is judged beside real images that no model has seen")
        self._enough_images()
        self._possible_models()
        eps_at_start("network", self.network, self.process)
        return self

    def _enough_images(self) -> None:
        largest, count = max(self.sizes), self.count
        if largest + self.data.held_out > count:
            there = f"the {count} digits there are" if self.data.source == "digits" else f"data.count ({count})"
            raise ValueError(
                f"the largest of sizes ({largest}) and data.held_out ({self.data.held_out}) "
                f"are together more than {there}"
            )
        if self.data.source == "digits" and self.data.classes is None and count > DIGITS:
            raise ValueError(f"data.count is {count}; there are {DIGITS} digits")

    def _possible_models(self) -> None:
        if bool(set(self.experiments) & set(NAMED)) != bool(self.models):
            raise ValueError("matrix and solvers need models, and the other experiments have none")
        if set(self.experiments) & set(NAMED) and (len(self.experiments) > 1 or len(self.sizes) > 1):
            raise ValueError("matrix and solvers are run alone, at one size")
        if self.models and len(self.models) < 2:
            raise ValueError("models must be at least two: what is measured is their agreement")
        for label, model in self.models.items():
            student = model.training.procedure.endswith("distillation")
            if student != (model.teacher is not None):
                raise ValueError(f"models.{label}: a distillation, and nothing else, needs a teacher")
            if model.teacher is not None:
                teacher = self.models.get(model.teacher)
                if teacher is None or teacher.training.procedure != "standard":
                    raise ValueError(
                        f"models.{label}: its teacher {model.teacher!r} must be a model trained as standard"
                    )
                if (teacher.network, teacher.width, teacher.process) != (model.network, model.width, model.process):
                    raise ValueError(
                        f"models.{label} starts from the weights of {model.teacher}: network, width and process must "
                        "be the same"
                    )
            eps_at_start(f"models.{label}", model.network, model.process)

    @property
    def count(self) -> int:
        """Images of the data set: all digits, or as many samples or images as are asked for."""
        if self.data.count is not None:
            return self.data.count
        whole = self.data.source == "digits" and self.data.classes is None
        return DIGITS if whole else max(self.sizes) + self.data.held_out

    @property
    def split_sizes(self) -> tuple[int, ...]:
        """The sizes that fit twice into the data."""
        return tuple(n for n in self.sizes if 2 * n <= self.count)

    @property
    def looks(self) -> tuple[int, ...]:
        """Updates after which ``dynamics`` looks at the networks: log-spaced from 64 on, and the last."""
        per, last = self.checkpoints, self.training.updates
        doublings = max(0.0, math.log2(last / FIRST_LOOK))
        spaced = [round(FIRST_LOOK * 2 ** (k / per)) for k in range(math.ceil(doublings * per))]
        return tuple(sorted({n for n in spaced if n < last} | {last}))


def _mapping(key: str, value: Any) -> dict[str, Any]:
    """The keys that a preset gives under ``key``; it may give none."""
    if not isinstance(value, dict | None):
        raise ValueError(f"{key} must be a mapping of keys, got {value!r}")
    return value or {}


def eps_at_start(key: str, network: NetworkSpec, process: ProcessSpec) -> None:
    """Refuse a noise-predicting network where sampling starts without any trace of the image."""
    built = process.build()
    if network.parameterisation == "eps" and built.at(built.T)[0] < NO_IMAGE:
        raise ValueError(f"{key}: eps says nothing of the image at the start of {built.name}: take v, x0, flow or edm")


def presets() -> dict[str, str]:
    """Names of the presets that ship with the package, and the first comment line of each."""
    found = {}
    for file in sorted(
        files("samenoise.experiments").joinpath("presets").iterdir(), key=lambda f: f.name.split(".")[0]
    ):
        if file.name.endswith(".yaml"):
            found[file.name.removesuffix(".yaml")] = file.read_text().splitlines()[0].lstrip("# ")
    return found


def load(preset: str, overrides: list[str] | None = None, **flags: Any) -> Config:
    """Read a preset, by name or as the path of a YAML file, and apply ``key=value`` overrides.

    Keys are dotted (``training.updates=500``); values are YAML, and ``a,b,c`` is a list where the key takes one.

    Raises:
        ConfigError: no such preset or key, or a value that cannot be right.
    """
    content = _read(preset)
    for override in overrides or []:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"an override is key=value, such as training.updates=500; got {override!r}")
        _assign(content, key, text)
    content.update({key: value for key, value in flags.items() if value is not None})
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(_sentence(error)) from None


def _read(preset: str) -> dict[str, Any]:
    if preset.endswith((".yaml", ".yml")):
        try:
            with open(preset, encoding="utf-8") as file:
                content = yaml.safe_load(file)
        except OSError as error:
            raise ConfigError(f"cannot read the preset {preset}: {error.strerror}") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{preset} is not YAML: {str(error).splitlines()[0]}") from None
        if not isinstance(content, dict):
            raise ConfigError(f"{preset} is not a preset: it must be a YAML mapping of keys")
        return content
    if preset not in presets():
        raise ConfigError(
            f"there is no preset {preset!r}; there are {', '.join(presets())}, or give the path of a .yaml"
        )
    text = files("samenoise.experiments").joinpath("presets", f"{preset}.yaml").read_text()
    content = yaml.safe_load(text)
    assert isinstance(content, dict)
    return content


def _assign(content: dict[str, Any], key: str, text: str) -> None:
    *parents, last = key.split(".")
    model: type[BaseModel] = Config
    place = content
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
            raise ConfigError(_unknown(key, name, model))
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            raise ConfigError(f"there is no key {key!r}: {name!r} is set as a whole")
        if place.get(name) is None:  # absent, or a key with nothing after it
            place[name] = {}
        if not isinstance(place[name], dict):
            raise ConfigError(f"cannot set {key}: the preset has {place[name]!r} for {name!r}, not keys and values")
        model, place = inner, place[name]
    if last not in model.model_fields:
        raise ConfigError(_unknown(key, last, model))
    value = _value(key, text)
    if "tuple" in str(model.model_fields[last].annotation) and not isinstance(value, list):
        value = [_value(key, part) for part in text.split(",")]
    place[last] = value


def _value(key: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"the value of {key} is not YAML: {text!r}") from None


def _unknown(key: str, name: str, model: type[BaseModel]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, model.model_fields, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(model.model_fields)}"
    return f"there is no key {key!r}: {name!r} is unknown; {hint}"


def _sentence(error: ValidationError) -> str:
    """The first problem, in one sentence."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        *parents, last = [str(part) for part in problem["loc"]]
        model: type[BaseModel] = Config
        if parents[:1] == ["models"]:
            model, parents = ModelSpec, parents[2:]
        for name in parents:
            model = model.model_fields[name].annotation  # type: ignore[assignment]
        return _unknown(key, last, model)
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{key}: {message}" if key else message
    return f"{key}: {message[0].lower()}{message[1:]}, got {problem['input']!r}"
