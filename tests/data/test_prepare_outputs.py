"""Whatever has the name of the archive that is to be written: a file gives way to it, all else stays as it is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from data_forms import encode, random_pixels, write
from memory import traced
from things import THINGS, Outside, plant, seen

from samenoise.data.prepare import prepare
from samenoise.data.reader import read

GIVES_WAY = ("nothing", "a file", "an empty file", "a file that is nested deep", "a file of a terabyte")
"""What is there no more once the archive is."""
NAMES_A_FILE = ("a link to a file", "a hard link")
"""What is no more, and the file that it named stays."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "pictures", {f"{k}.png": encode(random_pixels(8, 8)) for k in range(3)})


@pytest.mark.parametrize("thing", THINGS)
def test_an_archive_takes_the_place_of_a_file_alone(tmp_path: Path, source: Path, thing: str) -> None:
    outside, out = Outside(tmp_path / "outside"), tmp_path / "out" / "set.zip"
    plant(thing, out, outside)
    if thing in (*GIVES_WAY, *NAMES_A_FILE):
        prepare(source, out, 8, 1)
        assert stat.S_ISREG(out.lstat().st_mode)
        assert len(read(out).images) == 3
    else:
        before = out.lstat()
        with pytest.raises(ValueError, match=r"set\.zip is (a folder|there and is no file)"):
            prepare(source, out, 8, 1)
        assert out.lstat() == before
    assert [path.name for path in out.parent.iterdir()] == ["set.zip"], "and nothing is left beside it"
    assert outside.is_as_it_was()


def test_nothing_is_written_where_nothing_is_left(tmp_path: Path, source: Path) -> None:
    before = seen(tmp_path)
    with pytest.raises(ValueError, match="no picture is left"):
        prepare(source, tmp_path / "set.zip", 8, 1, drop=["*"])
    assert {name: about for name, about in seen(tmp_path).items() if name != "."} == {
        name: about for name, about in before.items() if name != "."
    }


@pytest.mark.parametrize("thing", ["a device", "a named pipe", "a socket", "a link to nothing", "an empty file"])
def test_what_is_no_archive_is_no_source(tmp_path: Path, thing: str) -> None:
    """And is not read to its end, which a device has not."""
    plant(thing, tmp_path / "set.zip", Outside(tmp_path / "outside"))
    with (
        traced() as peak,
        pytest.raises((ValueError, FileNotFoundError), match=r"(neither a folder nor a|there is no)"),
    ):
        prepare(tmp_path / "set.zip", tmp_path / "out.zip", 8)
    assert 0 < peak.bytes < 1e6
