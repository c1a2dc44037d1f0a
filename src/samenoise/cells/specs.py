"""The parts of a config: data, process, network, training, sampling."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from samenoise.data.limits import MAX_SIDE
from samenoise.denoiser import PARAMETERISATIONS
from samenoise.networks import NETWORKS
from samenoise.networks.base import MAX_DEPTH, MAX_WIDTH
from samenoise.process import PROCESSES, Process
from samenoise.runs.cell import Spec
from samenoise.solver import DDIM, SOLVERS, Solver
from samenoise.training.objective import WEIGHTINGS
from samenoise.training.recipe import OPTIMIZERS, PRECISIONS, Recipe

__all__ = [
    "DIGITS",
    "PROCEDURES",
    "Count",
    "DataSpec",
    "ModelSpec",
    "NetworkSpec",
    "ProcessSpec",
    "SamplingSpec",
    "Seed",
    "Share",
    "TrainingSpec",
    "Whole",
    "Width",
]

# mypy does not read a Literal over a tuple, which pydantic does: hence each `type: ignore`; names stand in one place.


def _no_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is no number")
    return value


Whole = Annotated[int, BeforeValidator(_no_flag)]
Number = Annotated[float, BeforeValidator(_no_flag), Field(allow_inf_nan=False)]
Count = Annotated[Whole, Field(ge=1)]
Share = Annotated[Number, Field(ge=0, le=1)]
Seed = Annotated[Whole, Field(ge=0, lt=2**63)]
Positive = Annotated[Number, Field(gt=0)]
Width = Annotated[Whole, Field(ge=1, le=MAX_WIDTH)]

PROCEDURES = ("standard", "consistency-training", "consistency-distillation", "progressive-distillation")


DIGITS = 1797
"""Images that scikit-learn ships."""

MAX_STEPS = 100_000

KEYS_OF_SOURCES = {
    "path": ("files", "hub"),
    "split": ("hub",),
    "size": ("files", "hub"),
    "channels": ("files", "hub"),
    "on_bad": ("files", "hub"),
    "get": ("files", "hub"),
    "classes": ("digits", "files", "hub"),
    "components": ("mixture",),
    "reg_covar": ("mixture",),
}
"""Keys of ``data`` that act on images of some sources only."""


class DataSpec(Spec):
    """Where images come from."""

    source: Literal["digits", "mixture", "files", "hub"] = "digits"
    """``digits``: scikit-learn's 1,797 images. ``mixture``: samples of a mixture of Gaussians fitted to them, a known
    true distribution. ``files``: what is at ``path``. ``hub``: the data set called ``path`` of the library
    ``datasets``."""
    held_out: Annotated[Whole, Field(ge=0)] = 297
    """Real images that no model trains on, for the floors of copying scores."""
    components: Annotated[Count, Field(le=DIGITS)] = 10
    """Gaussians of the mixture."""
    reg_covar: Positive = 1e-3
    """Added to the diagonal of its covariances, in units of squared pixels of [-1, 1]."""
    path: str = ""
    """IDX files, CIFAR-10 batches, a zip or a folder of images; or a name for ``datasets``."""
    split: str = "train"
    """Of a data set of ``datasets``."""
    size: Annotated[Count, Field(le=MAX_SIDE)] | None = None
    """Side of the images in pixels; as they are unless given."""
    channels: Annotated[Literal[1, 3] | None, BeforeValidator(_no_flag)] = None
    """1 for grey, 3 for colour; as they are unless given."""
    on_bad: Literal["refuse", "skip"] = "refuse"
    """Stop at an image that cannot be used, or leave it out and say so in the manifest."""
    classes: tuple[Whole, ...] | None = None
    """Labels of the images that are used; all unless given."""
    count: Count | None = None
    """Images of the run, a random choice of those there are: the largest of ``sizes`` and ``held_out`` together unless
    given. Disjoint halves of size N want 2 N and ``held_out``."""
    get: str = ""
    """How to get the data, for the message where they are not there."""

    @property
    def label(self) -> str:
        """What rows and messages call the data."""
        return self.source if self.source in ("digits", "mixture") else self.path

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.source in ("files", "hub") and not self.path:
            raise ValueError(f"source {self.source} needs a path")
        unused = [key for key, sources in KEYS_OF_SOURCES.items() if self.source not in sources and self._given(key)]
        if unused:
            raise ValueError(f"{' and '.join(unused)} {_have(unused)} no effect on images of source {self.source}")
        return self

    def _given(self, key: str) -> bool:
        """Whether it is another than it is anyway."""
        return bool(getattr(self, key) != type(self).model_fields[key].default)


def _have(keys: list[str]) -> str:
    return "have" if len(keys) > 1 else "has"


class ProcessSpec(Spec):
    """A process by name, with the constants that differ from its defaults."""

    name: str = "edm"
    options: dict[str, Number] = Field(default_factory=dict)

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

    name: Literal[*NETWORKS] = "mlp"  # type: ignore[valid-type]
    blocks: Annotated[Count, Field(le=MAX_DEPTH)] | None = None
    """Depth: blocks of an MLP, a DiT or a U-ViT, residual blocks at each level of a U-Net; each has its own default."""
    parameterisation: Literal[*PARAMETERISATIONS] = "edm"  # type: ignore[valid-type]
    sigma_data: Positive | Literal["measured"] = 0.5
    """Of "edm": the standard deviation of pixels. 0.5 is EDM's own, to which its noise levels and learning rates are
    tuned; ``measured`` is that of all images of the run."""

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.parameterisation != "edm" and self.sigma_data != type(self).model_fields["sigma_data"].default:
            raise ValueError(f"sigma_data has no effect on a network that is parameterised as {self.parameterisation}")
        return self


class TrainingSpec(Spec):
    """How a model is trained; no augmentation, no dropout, the same number of updates for every size."""

    updates: Count = 2000
    batch: Count = 128
    lr: Positive = 2e-3
    warmup: Annotated[Whole, Field(ge=0)] = 100
    schedule: Literal["cosine", "constant"] = "cosine"
    ema: Number = 0.1
    """Width of the average of the weights, as a share of the updates done."""
    optimizer: Literal[*OPTIMIZERS] = "adam"  # type: ignore[valid-type]
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    clip: Positive | None = None
    """Largest norm of the gradient."""
    accumulate: Count = 1
    """Parts that a batch is cut into, one after the other."""
    precision: Literal[*PRECISIONS] = "fp32"  # type: ignore[valid-type]
    compile: bool = False
    """``torch.compile`` the network."""
    channels_last: bool = False
    """Memory format of the network."""
    weighting: Literal[*WEIGHTINGS] = "usual"  # type: ignore[valid-type]
    """Of noise levels: see :class:`samenoise.training.objective.Matching`; a student has its own."""
    procedure: Literal[*PROCEDURES] = "standard"  # type: ignore[valid-type]
    """``standard``, or a few-step student: see :mod:`samenoise.training.distill`."""
    teacher_steps: Count = 64
    """Of a student: steps of the teacher's grid, or of the finest one in consistency training."""
    steps: Count = 4
    """Of a student: its own steps."""
    cohort: Count = 5
    """Models of one shape trained together, at most. Part of the config, and so of every hash: which models share a
    cohort never depends on what is cached or free."""

    def recipe(self) -> Recipe:
        """What the loops of :mod:`samenoise.training` take."""
        aside = {"weighting", "procedure", "teacher_steps", "steps", "cohort"}
        return Recipe(**self.model_dump(exclude=aside))

    @property
    def stages(self) -> tuple[int, ...]:
        """Steps of what is trained, one after the other; in progressive distillation half of them each time."""
        if self.procedure != "progressive-distillation":
            return (self.steps,)
        halvings = (self.teacher_steps // self.steps).bit_length()
        return tuple(self.teacher_steps >> k for k in range(1, halvings))

    @property
    def plain(self) -> bool:
        """Whether a cohort can train it."""
        return self.recipe().plain and (self.weighting, self.procedure) == ("usual", "standard")

    @model_validator(mode="after")
    def _halved(self) -> Self:
        self.recipe()  # says what its numbers cannot be
        if self.procedure != "standard" and self.weighting != "usual":
            raise ValueError(
                f"weighting {self.weighting} is of denoising, and {self.procedure} has its own: give that model "
                "weighting usual"
            )
        stages = self.teacher_steps / self.steps
        if self.procedure != "standard" and self.teacher_steps % self.steps:
            raise ValueError(f"a student's steps ({self.steps}) must divide teacher_steps ({self.teacher_steps})")
        if self.procedure == "progressive-distillation" and stages not in [2.0**k for k in range(1, 20)]:
            raise ValueError(
                f"progressive distillation halves the steps: teacher_steps ({self.teacher_steps}) must be steps "
                f"({self.steps}) times 2, 4, 8, ..."
            )
        return self


class ModelSpec(Spec):
    """A model with a name of its own. What a preset leaves out is that of the run."""

    network: NetworkSpec
    width: Width
    process: ProcessSpec
    training: TrainingSpec
    seed: Seed = 0
    """Models that differ in nothing else differ in their seed."""
    teacher: str | None = None
    """Of a student: the model it is made of."""


CEILING_NOISES = 128
"""Noises that ceilings are taken over."""


class SamplingSpec(Spec):
    """How every generator, closed forms included, is sampled."""

    noises: Annotated[Whole, Field(ge=8)] = 512
    bank_seed: Seed = 0
    """Seed of the noise bank. It stays when ``seed`` changes: the bank is the yardstick."""
    solver: str = "heun"
    eta: Share = 0.0
    """Share of the noise that ddim draws anew in every step; 0 is deterministic."""
    fresh_seed: Seed = 1
    """Seed of the noise that is drawn anew, another than ``bank_seed``."""
    steps: Annotated[Whole, Field(ge=2, le=MAX_STEPS)] = 18
    batch: Count = 512
    ceiling_batch: Count = 48
    """Another batch size, at which models are sampled once more: the ceiling of RP is a model against itself."""

    @property
    def again(self) -> SamplingSpec:
        """How it is sampled once more: the first of the same noises. A ceiling below 1 is one of many noises, so a part
        of them shows it, and to draw all would double the cost of sampling."""
        part = min(self.noises, max(CEILING_NOISES, self.ceiling_batch))  # at least one whole batch
        return self.model_copy(update={"noises": part})

    def build(self) -> Solver:
        """The solver."""
        kinds = {solver.name: solver for solver in SOLVERS}
        if self.solver not in kinds:
            raise ValueError(f"there is no solver {self.solver!r}; there are {', '.join(kinds)}")
        if self.eta and self.solver != DDIM.name:
            raise ValueError(f"eta is a setting of ddim; {self.solver} is deterministic")
        return DDIM(self.eta) if self.eta else kinds[self.solver]

    @model_validator(mode="after")
    def _known(self) -> Self:
        self.build()
        if self.batch == self.ceiling_batch:
            raise ValueError("batch and ceiling_batch must differ: the ceiling compares two batch sizes")
        if self.eta and self.bank_seed == self.fresh_seed:
            raise ValueError(
                f"bank_seed and fresh_seed are both {self.bank_seed}: the first noise drawn anew would be the one that "
                "the image starts from; give fresh_seed another value"
            )
        return self
