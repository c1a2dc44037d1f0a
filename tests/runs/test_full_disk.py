"""A disk without room is no fault of the folder, which another folder would not mend."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import pytest
from number_cell import Number

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


def test_a_folder_that_nobody_may_write_to_is_one_sentence_and_can_be_read(tmp_path: Path) -> None:
    """A real one: whoever runs the tests may write past the permissions of a folder."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("this machine may not mount a disk")
    try:
        Store(place / "run").compute(Number(value=3))
        before = sorted(place.rglob("*"))
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        for folder in ("run", "new"):
            with pytest.raises(StoreError, match=f"^{place}/{folder} cannot be used as a run directory"):
                Store(place / folder)
        assert Store(place / "run", make=False).whole(Number(value=3))
        assert sorted(place.rglob("*")) == before
    finally:
        subprocess.run(["umount", str(place)], check=True)
