"""Which noises a comparison is over: their numbers, their bank, and what groups they fall into.

Images that exist say their numbers themselves, and have to agree with one another; a generator takes any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from samenoise.comparison.side import Conditions, is_model
from samenoise.noise import NoiseBank
from samenoise.outside.base import Model, OutsideError, Pictures

__all__ = ["NOISES", "Noises", "agreed"]

NOISES = 64
"""Noises of a comparison of generators, unless said otherwise."""


@dataclass(frozen=True)
class Noises:
    """The noises of a comparison."""

    ids: list[int]
    bank: NoiseBank | None
    """``None`` where all sides are images that exist: then nobody needs it."""
    bank_hash: str | None
    conditions: Conditions | None
    groups: list[str] | None
    """The prompt or class of each, in the order of ``ids``."""

    def places(self) -> dict[str, np.ndarray]:
        """Group -> the places of its noises; empty where there are no groups."""
        names = self.groups or []
        return {name: np.array([k for k, n in enumerate(names) if n == name]) for name in dict.fromkeys(names)}


def agreed(
    sides: Mapping[str, Model | Pictures],
    ids: Sequence[int] | None = None,
    count: int | None = None,
    seed: int = 0,
    shape: tuple[int, ...] | None = None,
    conditions: Conditions | None = None,
) -> Noises:
    """The noises that all sides can be compared over.

    Args:
        sides: name -> what it is.
        ids: numbers of noises; ``None`` is those of the images that exist, or the first ``count``.
        seed: of the bank.
        shape: of the noise; ``None`` is that of the generators.
        conditions: prompts or classes.

    Raises:
        OutsideError: sides differ in noises, bank or the shape of the noise, or there are fewer than two noises.
    """
    pictures = {name: side for name, side in sides.items() if not is_model(side)}
    chosen = _ids(pictures, ids, count)
    if len(chosen) < 2:
        raise OutsideError(f"a comparison needs at least two noises, got {len(chosen)}")
    bank = _bank({name: side for name, side in sides.items() if is_model(side)}, seed, shape)
    known = {name: side.bank for name, side in pictures.items() if side.bank is not None}
    if bank is not None:
        known["the noise of this comparison"] = bank.hash
    for name, hash_of in known.items():
        first = next(iter(known))
        if hash_of != known[first]:
            raise OutsideError(
                f"images of two noise banks cannot be paired: {first} is of {known[first][:16]}, "
                f"{name} of {hash_of[:16]}"
            )
    groups = _groups(pictures, chosen)
    if conditions is not None:
        said = [str(value) for value in conditions.of(chosen)]
        if groups is not None and groups != said:
            raise OutsideError("the images that exist are of other prompts or classes than those that are asked for")
        groups = said
    return Noises(chosen, bank, next(iter(known.values()), None), conditions, groups)


def _ids(pictures: Mapping[str, Pictures], ids: Sequence[int] | None, count: int | None) -> list[int]:
    if not pictures:
        return list(range(count or NOISES)) if ids is None else list(ids)
    (first, side), *others = pictures.items()
    if ids is None:
        for name, other in others:
            if set(other.ids) != set(side.ids):
                raise OutsideError(
                    f"{first} and {name} are not of the same noises: {first} has {len(side.ids)}, {name} has "
                    f"{len(other.ids)}; only in {first}: {_some(set(side.ids) - set(other.ids))}; "
                    f"only in {name}: {_some(set(other.ids) - set(side.ids))}. --ids names those to compare"
                )
        kept = sorted(side.ids)
        if count is not None and count > len(kept):
            raise OutsideError(f"{first} has images of {len(kept)} noises, and {count} are asked for")
        return kept[:count]
    for name, other in pictures.items():
        if missing := set(ids) - set(other.ids):
            raise OutsideError(f"{name} has no image of noise {_some(missing)}")
    return list(ids)


def _some(ids: set[int]) -> str:
    shown = ", ".join(map(str, sorted(ids)[:5]))
    return f"{shown}, ... ({len(ids)} in all)" if len(ids) > 5 else shown or "none"


def _bank(models: Mapping[str, Model], seed: int, shape: tuple[int, ...] | None) -> NoiseBank | None:
    if not models:
        return None
    said = {name: model.shape for name, model in models.items() if model.shape is not None}
    if shape is not None:
        said = {"the shape that is asked for": shape, **said}
    if not said:
        raise OutsideError(
            f"{next(iter(models))} does not say the shape of its noise: give it, such as --shape 3x32x32, "
            "or as the attribute noise_shape of a function"
        )
    first = next(iter(said))
    for name, other in said.items():
        if other != said[first]:
            raise OutsideError(
                f"no noise is common to {first}, which is {_size(said[first])}, and {name}, which takes {_size(other)}"
                if first.startswith("the shape")
                else f"{first} starts from noise of {_size(said[first])} and {name} from {_size(other)}: "
                "they cannot be given the same noise"
            )
    return NoiseBank(seed, said[first])


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _groups(pictures: Mapping[str, Pictures], ids: Sequence[int]) -> list[str] | None:
    """Groups that tables say, which agree wherever two do."""
    found: list[str] | None = None
    owner = ""
    for name, side in pictures.items():
        if side.groups is None:
            continue
        of = dict(zip(side.ids, side.groups, strict=True))
        said = [of[i] for i in ids]
        if found is not None and said != found:
            raise OutsideError(f"{owner} and {name} say other groups for the same noises")
        found, owner = said, name
    return found
