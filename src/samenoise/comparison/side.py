"""Opens the sides of a comparison, and draws what is not drawn yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from samenoise.comparison.health import Health
from samenoise.comparison.spec import SideSpec
from samenoise.comparison.spool import Spool
from samenoise.noise import Bank
from samenoise.outside.base import Condition, Model, OutsideError, Pictures

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["Conditions", "Progress", "collect", "draw", "is_model", "opened", "opening"]

Progress = Callable[[int], None]
"""Called with the number of images that have come."""


class Conditions:
    """Prompts or classes: noise ``i`` has number ``i mod k`` of them.

    So every noise is drawn once, and every prompt gets as many noises as any other, give or take one.
    """

    def __init__(self, values: Sequence[Condition]) -> None:
        if not values:
            raise OutsideError("there are no prompts or classes to draw")
        self.values = list(values)

    def of(self, ids: Sequence[int]) -> list[Condition]:
        """Those of some noises."""
        return [self.values[i % len(self.values)] for i in ids]


def opened(spec: SideSpec) -> Model | Pictures:
    """What a side is.

    Args:
        spec: its target is a name, or in Python an object: a model or pictures as :mod:`samenoise.outside.base` has
            them, a :class:`~samenoise.denoiser.Denoiser`, a diffusers pipeline, an array of images (image ``k`` is of
            noise ``k``), or a function from noise to images.

    Raises:
        OutsideError: it cannot be opened.
    """
    target = spec.target
    if isinstance(target, str):
        if spec.python is not None:
            from samenoise.outside.other import Other

            return Other(spec.python, target, dict(spec.options))
        from samenoise.outside.choose import open_target

        return open_target(target, dict(spec.options))
    if hasattr(target, "about") and (hasattr(target, "draw") or hasattr(target, "ids")):
        return cast("Model | Pictures", target)
    if hasattr(target, "components") and hasattr(target, "scheduler"):
        from samenoise.outside.pipelines import Pipeline

        return Pipeline(target, **spec.options)
    return _of_object(target, spec)


def _of_object(target: Any, spec: SideSpec) -> Model | Pictures:
    from samenoise.denoiser import Denoiser
    from samenoise.outside.arrays import Array
    from samenoise.outside.checkpoint import Drawn
    from samenoise.outside.function import Function

    if isinstance(target, Denoiser):
        return Drawn(target, **spec.options)
    if hasattr(target, "ndim"):
        images = np.asarray(target)
        return Array(images, None, None, spec.title)
    if callable(target):
        return Function(target, spec.title)
    raise OutsideError(f"a {type(target).__name__} is nothing that can be compared")


@contextmanager
def opening(spec: SideSpec) -> Iterator[Model | Pictures]:
    """What a side is, as :func:`opened`; another interpreter ends with the block."""
    from samenoise.outside.other import Other

    side = opened(spec)
    try:
        yield side
    finally:
        if isinstance(side, Other):
            side.close()


def is_model(opened: Model | Pictures) -> TypeIs[Model]:
    """Whether it draws, and so can be asked again."""
    return hasattr(opened, "draw")


def draw(
    model: Model,
    bank: Bank,
    ids: Sequence[int],
    conditions: Conditions | None,
    *,
    into: Spool,
    batch: int,
    threads: int | None = None,
    health: Health | None = None,
    progress: Progress | None = None,
) -> None:
    """Images of noises ``ids``, ``batch`` at a time, into a spool.

    Raises:
        OutsideError: the generator failed, or drew what is no image.
    """
    for start in range(0, len(ids), batch):
        some = list(ids[start : start + batch])
        given = None if conditions is None else conditions.of(some)
        images = model.draw(bank[some].numpy(), given, threads)
        _keep(some, images, into, health, progress)


def collect(pictures: Pictures, into: Spool, health: Health, progress: Progress | None = None) -> None:
    """Images that exist, those of the ids of the spool, into it."""
    wanted = set(into.ids)
    for ids, images in pictures:
        kept = [k for k, i in enumerate(ids) if i in wanted]
        if kept:
            _keep([ids[k] for k in kept], images[kept], into, health, progress)


def _keep(
    ids: Sequence[int], images: np.ndarray, into: Spool, health: Health | None, progress: Progress | None
) -> None:
    if health is not None:
        health.look(ids, images)
    into.write(ids, images)
    if progress is not None:
        progress(len(ids))
