"""The common part of every config: data, models, how they are trained, sampled and compared."""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from samenoise.cells.specs import (
    DIGITS,
    Count,
    DataSpec,
    ModelSpec,
    NetworkSpec,
    ProcessSpec,
    SamplingSpec,
    Seed,
    TrainingSpec,
    Whole,
    Width,
)
from samenoise.denoiser import NO_IMAGE
from samenoise.lab.features import FEATURES
from samenoise.runs.cell import Spec

__all__ = ["Common", "known_truth", "no_models", "real_data", "several_models", "unused", "with_held_out"]


class Common(Spec):
    """What all experiments share, and every score depends on. Sizes are numbers of training images; widths are those
    of the network's hidden layers."""

    seed: Seed = 0
    """Of the order of the data, the initial weights and the training noise; not of the noise bank."""
    device: str = "cpu"
    data: DataSpec = DataSpec()
    process: ProcessSpec = ProcessSpec()
    network: NetworkSpec = NetworkSpec()
    widths: tuple[Width, ...] = (128, 256)
    sizes: tuple[Count, ...]
    training: TrainingSpec = TrainingSpec()
    replicates: Annotated[Whole, Field(ge=1, le=64)] = 1
    """Trainings of every model, with other initial weights and other training noise on the same images."""
    models: dict[str, ModelSpec] = Field(default_factory=dict)
    """Models with names of their own, which they have in the rows; trained on the largest of the sizes."""
    sampling: SamplingSpec = SamplingSpec()
    feature: Literal[*FEATURES] = "pixel"  # type: ignore[valid-type]
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Of the feature: the cosine above which two images are the same."""

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
        if min(self.sizes) < 2:
            raise ValueError("sizes start at 2: the nearest-neighbour ratio needs two training images")
        self._enough_images()
        for label, model in self.models.items():
            self._possible_model(label, model)
        eps_at_start("network", self.network, self.process)
        self._all_used()
        return self

    def _all_used(self) -> None:
        """Refuse what decides nothing: somebody expects it to."""
        models = list(self.models.values())
        trained = [model.training for model in models] or [self.training]
        for label, model in self.models.items():
            student = model.training.procedure != "standard"
            for key in ("teacher_steps", "steps"):
                if not student and getattr(model.training, key) != getattr(self.training, key):
                    raise ValueError(f"models.{label}.training.{key} has no effect: that model is no student")
        for key, field in TrainingSpec.model_fields.items():
            value = getattr(self.training, key)
            whose = [each for each in trained if each.procedure != "standard" or key not in ("teacher_steps", "steps")]
            if value != field.default and all(getattr(each, key) != value for each in whose):
                why = "every model has its own" if whose else "no model is a student"
                raise ValueError(f"training.{key} has no effect: {why}")
        if not models:
            return
        if self.network != NetworkSpec() and all(model.network != self.network for model in models):
            raise ValueError("network has no effect: every model has its own")
        if self.widths != type(self).model_fields["widths"].default and (
            len(self.widths) > 1 or all(model.width != self.widths[0] for model in models)
        ):
            raise ValueError(
                f"widths {list(self.widths)} have no effect where models have names: give one width, of those models "
                "that give none"
            )

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

    def _possible_model(self, label: str, model: ModelSpec) -> None:
        student = model.training.procedure.endswith("distillation")
        if student != (model.teacher is not None):
            raise ValueError(f"models.{label}: a distillation, and nothing else, needs a teacher")
        if model.teacher is not None:
            teacher = self.models.get(model.teacher)
            if teacher is None or teacher.training.procedure != "standard":
                raise ValueError(f"models.{label}: its teacher {model.teacher!r} must be a model trained as standard")
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


# What a room asks of the common config, in its own name.


def real_data(common: Common, experiment: str) -> None:
    """Raise a ``ValueError`` unless the data are real images."""
    if common.data.source == "mixture":
        raise ValueError(f"{experiment} needs real data, not data.source=mixture")


def known_truth(common: Common, experiment: str) -> None:
    """Raise a ``ValueError`` unless the true distribution is known."""
    if common.data.source != "mixture":
        raise ValueError(f"{experiment} needs a known truth: data.source=mixture")


def with_held_out(common: Common, experiment: str) -> None:
    """Raise a ``ValueError`` unless there are real images that no model has seen."""
    if common.data.held_out == 0:
        raise ValueError(f"data.held_out is 0: {experiment} judges copying beside real images that no model has seen")


def no_models(common: Common, experiment: str) -> None:
    """Raise a ``ValueError`` where models have names, which this experiment would leave aside."""
    if common.models:
        raise ValueError(f"{experiment} trains every width at every size: models have no effect on it")


def several_models(common: Common, experiment: str) -> None:
    """Raise a ``ValueError`` unless there are at least two named models and one size."""
    if len(common.models) < 2:
        raise ValueError(f"{experiment} needs models, at least two: what is measured is their agreement")
    if len(common.sizes) > 1:
        raise ValueError(f"{experiment} is run at one size, got sizes {list(common.sizes)}")


def unused(common: Common, aside: Set[str]) -> str | None:
    """Which key of the common config decides nothing, where all experiments leave the keys ``aside`` alone."""
    for key in sorted(aside):
        value: Any = common
        usual: Any = Common.model_construct()
        for name in key.split("."):
            value, usual = getattr(value, name), getattr(usual, name)
        if value != usual and not (key == "sampling.fresh_seed" and common.sampling.eta):
            return key
    return None


def eps_at_start(key: str, network: NetworkSpec, process: ProcessSpec) -> None:
    """Refuse a noise-predicting network where sampling starts without any trace of the image."""
    built = process.build()
    if network.parameterisation == "eps" and built.at(built.T)[0] < NO_IMAGE:
        raise ValueError(f"{key}: eps says nothing of the image at the start of {built.name}: take v, x0, flow or edm")


def _mapping(key: str, value: Any) -> dict[str, Any]:
    """The keys that a preset gives under ``key``; it may give none."""
    if not isinstance(value, dict | None):
        raise ValueError(f"{key} must be a mapping of keys, got {value!r}")
    return value or {}
