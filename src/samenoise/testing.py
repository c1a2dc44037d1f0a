"""Assertions for tests: two generators draw the same images; a generator draws what its lock file says.

With pytest, the fixtures of :mod:`samenoise.pytest_plugin` are these, with the grid of a failure in ``tmp_path``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samenoise.comparison.check import Checked
    from samenoise.comparison.result import Comparison

__all__ = ["assert_matches_lock", "assert_same_images"]


def assert_same_images(
    a: Any, b: Any, *, at_least: float = 0.95, noises: int | None = None, folder: str | Path | None = None, **how: Any
) -> Comparison:
    """Assert that two generators draw the same picture from a share ``at_least`` of the noises.

    Args:
        a, b: as :func:`samenoise.comparison.compare` takes them: functions from noise to images, pipelines of
            diffusers, denoisers, names such as ``"./unet,dtype=bfloat16"``.
        at_least: of RP.
        noises: how many; ``None`` is 64, or all of images that exist.
        folder: where ``same-noise.png`` goes on failure; ``None`` writes none.
        how: fields of :class:`samenoise.comparison.compare.How`, such as ``shape=(3, 32, 32)``.

    Raises:
        AssertionError: with the table of scores.
    """
    from samenoise.comparison import compare
    from samenoise.comparison.tables import plain

    found = compare(a, b, noises=noises, **how)
    [pair] = found.pairs
    if (value := pair.value("rp")) < at_least:
        at = _picture(found.strip, folder)
        raise AssertionError(f"RP is {value:.3f}, and at least {at_least:g} was asked for\n\n{plain(found)}{at}")
    return found


def assert_matches_lock(
    generator: Any, lock: str | Path, *, at_least: float = 0.95, folder: str | Path | None = None, **options: Any
) -> Checked:
    """Assert that a generator still draws what a lock file says, for a share ``at_least`` of its noises.

    Args:
        generator: as for :func:`assert_same_images`.
        lock: what ``samenoise lock`` wrote.
        options: of its kind, such as ``steps=10``.

    Raises:
        AssertionError: with the scores, and what has changed since.
    """
    from samenoise.comparison import spec_of
    from samenoise.comparison.check import check
    from samenoise.comparison.lock import read

    spec = spec_of(generator)
    found = check(read(Path(lock)), replace(spec, options={**spec.options, **options}))
    if (value := found.values["rp"]) < at_least:
        words = "\n".join(found.sentences())
        at = _picture(found.strip, folder)
        raise AssertionError(f"RP with {lock} is {value:.3f}, and at least {at_least:g} was asked for\n\n{words}{at}")
    return found


def _picture(strip: Any, folder: str | Path | None) -> str:
    if folder is None:
        return ""
    from samenoise.comparison import picture

    path = Path(folder) / "same-noise.png"
    picture.write(path, strip)
    return f"\n\nthe noises that differ most: {path}"
