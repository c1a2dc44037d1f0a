"""The pytest plugin: fixtures ``assert_same_images`` and ``assert_matches_lock``.

    def test_quantized(assert_same_images):
        assert_same_images("./unet", "./unet,quantize=int8", at_least=0.95, noises=64)

On failure the message is the table of scores, and the grid of the noises that differ most is ``same-noise.png`` in the
test's ``tmp_path``. The path of a lock file is taken from the folder of the test. Nothing heavy is imported before an
assertion is called.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

__all__ = ["assert_matches_lock", "assert_same_images"]


@pytest.fixture
def assert_same_images(tmp_path: Path) -> Callable[..., Any]:
    """:func:`samenoise.testing.assert_same_images`, with its picture in ``tmp_path``."""

    def assertion(a: Any, b: Any, **how: Any) -> Any:
        from samenoise.testing import assert_same_images as check

        __tracebackhide__ = True
        return check(a, b, **{"folder": tmp_path, **how})

    return assertion


@pytest.fixture
def assert_matches_lock(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    """:func:`samenoise.testing.assert_matches_lock`, with its picture in ``tmp_path``."""

    def assertion(generator: Any, lock: str | Path, **how: Any) -> Any:
        from samenoise.testing import assert_matches_lock as check

        __tracebackhide__ = True
        return check(generator, request.path.parent / lock, **{"folder": tmp_path, **how})

    return assertion
