"""The sides of a comparison with their images: drawn, looked over, and drawn again for the ceiling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from samenoise.comparison.ceiling import AGAIN, Ceiling, Repeat, elsewhere, repeats, require_deterministic
from samenoise.comparison.health import Broken, Health
from samenoise.comparison.noises import Noises
from samenoise.comparison.side import collect, draw, is_model
from samenoise.comparison.spec import SideSpec
from samenoise.comparison.spool import Spool
from samenoise.features import FeatureMap
from samenoise.outside.base import Model, OutsideError, Pictures

__all__ = ["Drawn", "OnProgress", "ceilings_of", "draw_side", "require_one_shape"]

OnProgress = Callable[[str, int, int], None]
"""Called with what is being drawn, how many images have come, and how many there will be."""


@dataclass
class Drawn:
    """A side and its images."""

    spec: SideSpec
    opened: Model | Pictures
    spool: Spool
    broken: list[Broken]
    repeats: list[Repeat] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Ways of its ceiling that it could not be drawn in, and why."""

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.spec.name


def draw_side(
    spec: SideSpec,
    side: Model | Pictures,
    noises: Noises,
    ceiling: int = 0,
    ceiling_with: Sequence[Mapping[str, Any]] = (),
    on_progress: OnProgress | None = None,
) -> Drawn:
    """Images of a side, and those of the first ``ceiling`` noises again in every way of its ceiling.

    Raises:
        OutsideError: it failed, or its images hold NaN.
    """
    spool, health = Spool(noises.ids, spec.name), Health(spec.name)
    again = noises.ids[:ceiling] if is_model(side) else []
    tried = elsewhere(spec, ceiling_with) if again else []
    total = len(noises.ids) + (1 + len(ceiling_with) + len(tried)) * len(again) + 2 * len(again[:AGAIN])
    done = 0

    def came(count: int) -> None:
        nonlocal done
        done += count
        if on_progress is not None:
            on_progress(spec.name, done, total)

    if is_model(side):
        assert noises.bank is not None  # there is a generator
        draw(
            side,
            noises.bank,
            noises.ids,
            noises.conditions,
            into=spool,
            batch=spec.batch,
            threads=spec.threads,
            health=health,
            progress=came,
        )
    else:
        collect(side, spool, health, came)
    broken = health.broken(spool)
    made: list[Repeat] = []
    missed: list[str] = []
    if is_model(side) and again:
        assert noises.bank is not None
        made, missed = repeats(side, spec, noises.bank, again, noises.conditions, ceiling_with, tried, came)
    return Drawn(spec, side, spool, broken, made, missed)


def require_one_shape(drawn: Sequence[Drawn]) -> None:
    """Refuse pictures of two sizes."""
    first = drawn[0]
    for each in drawn[1:]:
        if each.spool.shape != first.spool.shape:
            a, b = ("x".join(map(str, side.spool.shape)) for side in (first, each))
            raise OutsideError(f"{first.name} has images of {a} and {each.name} of {b}: they cannot be paired")


def ceilings_of(drawn: Drawn, feature: FeatureMap) -> list[Ceiling]:
    """A side against itself, in every way that it was drawn again.

    Raises:
        OutsideError: asked again, it drew other pictures.
    """
    found = []
    for repeat in drawn.repeats:
        ceiling = Ceiling.of(drawn.name, drawn.spool, repeat, feature)
        repeat.spool.close()
        require_deterministic(ceiling)
        found.append(ceiling)
    return found
