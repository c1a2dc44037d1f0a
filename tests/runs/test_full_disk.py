"""A disk without room is no fault of the folder, which another folder would not mend."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from samenoise.cli import explain
from samenoise.runs.store import Store, StoreError
from samenoise.runs.tree import Tree


@pytest.mark.parametrize(
    ("number", "error", "says"),
    [
        (errno.ENOSPC, OSError, "no space left on the disk"),
        (errno.EROFS, StoreError, "cannot be used as a run directory (full): choose another folder with --out"),
    ],
)
def test_a_store_that_cannot_be_begun_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception], says: str
) -> None:
    def refused(*args: object) -> None:
        words = "No space left on device" if number == errno.ENOSPC else "full"
        raise OSError(number, words)

    monkeypatch.setattr(Tree, "write", refused)
    with pytest.raises(error) as caught:
        Store(tmp_path)
    assert says in explain(caught.value)[0]
