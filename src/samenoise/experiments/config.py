"""The config of a run: a preset with its overrides, every default filled in and every value checked."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from samenoise.denoiser import PARAMETERISATIONS
from samenoise.process import PROCESSES, Process
from samenoise.runs.cell import Spec
from samenoise.solver import SOLVERS, Solver

__all__ = ["Config", "ConfigError", "DataSpec", "load", "presets"]

Count = Annotated[int, Field(ge=1)]
DIGITS = 1797
"""Images that scikit-learn ships."""

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class ConfigError(ValueError):
    """A config that cannot be run; the message names the key and what would be right."""


class DataSpec(Spec):
    """Where images come from."""

    source: Literal["digits", "mixture"] = "digits"
    """``digits``: scikit-learn's 1,797 images. ``mixture``: samples of a mixture of Gaussians fitted to them, a known
    true distribution."""
    held_out: Count = 297
    """Real images that no model trains on, for the floors of copying scores."""
    components: Count = 10
    """Gaussians of the mixture."""
    reg_covar: Annotated[float, Field(gt=0)] = 1e-3
    """Added to the diagonal of its covariances, in units of squared pixels of [-1, 1]."""


class ProcessSpec(Spec):
    """A process by name, with the constants that differ from its defaults."""

    name: str = "edm"
    options: dict[str, float] = Field(default_factory=dict)

    def build(self) -> Process:
        """The process."""
        kinds = {kind.name: kind for kind in PROCESSES}
        if self.name not in kinds:
            raise ValueError(f"there is no process {self.name!r}; there are {', '.join(kinds)}")
        try:
            return kinds[self.name](**self.options)
        except TypeError:
            known = ", ".join(str(key) for key in kinds[self.name]().describe() if key != "name") or "none"
            raise ValueError(f"process {self.name!r} has the options {known}; got {', '.join(self.options)}") from None

    @model_validator(mode="after")
    def _known(self) -> Self:
        self.build()
        return self


class NetworkSpec(Spec):
    """The network, but for its width."""

    name: Literal["mlp"] = "mlp"
    blocks: Count = 3
    parameterisation: Literal[*PARAMETERISATIONS] = "edm"  # type: ignore[valid-type]
    sigma_data: Annotated[float, Field(gt=0)] = 0.5


class TrainingSpec(Spec):
    """How every model of the run is trained; no augmentation, no dropout, the same number of updates for every size."""

    updates: Count = 2000
    batch: Count = 128
    lr: Annotated[float, Field(gt=0)] = 2e-3
    warmup: Annotated[int, Field(ge=0)] = 100
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999
    cohort: Count = 5
    """Models of one shape trained together, at most. Part of the config, and so of every hash: which models share a
    cohort never depends on what is cached or free."""


class SamplingSpec(Spec):
    """How every generator, closed forms included, is sampled."""

    noises: Annotated[int, Field(ge=8)] = 512
    bank_seed: Seed = 0
    """Seed of the noise bank. It stays when ``seed`` changes: the bank is the yardstick."""
    solver: str = "heun"
    steps: Annotated[int, Field(ge=2)] = 18
    batch: Count = 512
    ceiling_batch: Count = 48
    """Another batch size, at which every model is sampled once more: the ceiling of RP is a model against itself."""

    def build(self) -> Solver:
        """The solver."""
        kinds = {solver.name: solver for solver in SOLVERS}
        if self.solver not in kinds:
            raise ValueError(f"there is no solver {self.solver!r}; there are {', '.join(kinds)}")
        return kinds[self.solver]

    @model_validator(mode="after")
    def _known(self) -> Self:
        self.build()
        if self.batch == self.ceiling_batch:
            raise ValueError("batch and ceiling_batch must differ: the ceiling compares two batch sizes")
        return self


class Config(Spec):
    """A run. Sizes are numbers of training images; widths are those of the network's hidden layers."""

    name: str
    experiments: tuple[Literal["regimes", "splits", "teacher"], ...]
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
    sampling: SamplingSpec = SamplingSpec()
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Of the feature ``pixel``: the cosine above which two images are the same."""
    shown: Count = 12
    """Noises in the report's same-noise grid."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, values in (("sizes", self.sizes), ("widths", self.widths), ("experiments", self.experiments)):
            if not values or list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be distinct and in ascending order, got {list(values)}")
        if min(self.sizes) < 2:
            raise ValueError("sizes start at 2: the nearest-neighbour ratio needs two training images")
        if self.splits_width is not None and self.splits_width not in self.widths:
            raise ValueError(f"splits_width is {self.splits_width}; it must be one of widths {list(self.widths)}")
        if ("teacher" in self.experiments) != (self.data.source == "mixture"):
            raise ValueError("the experiment teacher needs data.source=mixture, and the others need real data")
        if self.shown > self.sampling.noises:
            raise ValueError(f"shown ({self.shown}) is more than sampling.noises ({self.sampling.noises})")
        if self.data.source == "digits" and max(self.sizes) + self.data.held_out > DIGITS:
            raise ValueError(
                f"the largest of sizes ({max(self.sizes)}) and data.held_out ({self.data.held_out}) "
                f"are together more than the {DIGITS} digits there are"
            )
        process = self.process.build()
        if self.network.parameterisation == "eps" and process.at(process.T)[0] == 0:
            raise ValueError(f"eps says nothing of the image at the start of {process.name}: take v, x0, flow or edm")
        return self

    @property
    def count(self) -> int:
        """Images of the data set: the digits there are, or as many samples as are asked for."""
        return DIGITS if self.data.source == "digits" else max(self.sizes) + self.data.held_out

    @property
    def split_sizes(self) -> tuple[int, ...]:
        """The sizes that fit twice into the data."""
        return tuple(n for n in self.sizes if 2 * n <= self.count)


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
    for name in parents:
        inner = model.model_fields[name].annotation if name in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            raise ConfigError(_unknown(key, name, model))
        model, place = inner, place.setdefault(name, {})
    if last not in model.model_fields:
        raise ConfigError(_unknown(key, last, model))
    try:
        value = yaml.safe_load(text)
        takes_list = "tuple" in str(model.model_fields[last].annotation)
        if takes_list and not isinstance(value, list):
            value = [yaml.safe_load(part) for part in text.split(",")]
    except yaml.YAMLError:
        raise ConfigError(f"the value of {key} is not YAML: {text!r}") from None
    place[last] = value


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
        for name in parents:
            model = model.model_fields[name].annotation  # type: ignore[assignment]
        return _unknown(key, last, model)
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{key}: {message}" if key else message
    return f"{key}: {message[0].lower()}{message[1:]}, got {problem['input']!r}"
