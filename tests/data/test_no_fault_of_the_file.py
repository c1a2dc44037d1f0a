"""Only what is wrong with a file makes it bad: not that there is no memory, and not what the system says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from data_forms import encode, random_pixels, write
from PIL import Image, ImageOps

from samenoise.data import folder, prepare, read

KINDS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}

STARVED = """
import json, resource, sys
from samenoise.data import read
said = {}
for kind in sys.argv[1:]:
    read(kind + "/small", size=8)    # what is imported at first use is there
    for megabytes in (2, 8, 20, 50, 120, 3000):
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 10**6, resource.RLIM_INFINITY))
        try:
            result = read(kind, size=8, on_bad="skip")
            said[f"{kind} {megabytes}"] = [len(result.images), [bad.reason for bad in result.skipped]]
        except MemoryError:
            said[f"{kind} {megabytes}"] = "no memory"
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(json.dumps(said))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux says how much a process has")
def test_a_good_image_is_never_skipped_for_lack_of_memory(tmp_path: Path) -> None:
    """libjpeg and libwebp say that the data are broken when they get no memory."""
    for suffix, kind in KINDS.items():
        buffer, tiny = io.BytesIO(), io.BytesIO()
        options = {"progressive": True} if kind == "JPEG" else {}
        Image.new("RGB", (3000, 3000), "red").save(buffer, kind, **options)
        Image.new("RGB", (8, 8), "red").save(tiny, kind, **options)
        small = {f"small/a.{suffix}": tiny.getvalue()}
        write(tmp_path / suffix, {"a.png": encode(random_pixels(8, 8, 3)), f"b.{suffix}": buffer.getvalue(), **small})
    done = subprocess.run(
        [sys.executable, "-c", STARVED, *KINDS], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    said = json.loads(done.stdout)
    assert all(answer in ("no memory", [3, []]) for answer in said.values()), said
    assert all(said[f"{suffix} 3000"] == [3, []] for suffix in KINDS)
    assert all("no memory" in [said[f"{suffix} {most}"] for most in (2, 8, 20)] for suffix in KINDS)


def test_an_error_of_the_system_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.png": encode(random_pixels(2, 2)), "b.png": encode(random_pixels(2, 2))})

    def read_file(path: Path, most: int) -> bytes:
        raise OSError(24, "Too many open files", str(path))

    monkeypatch.setattr(folder, "read_file", read_file)
    with pytest.raises(ValueError, match=r"'a\.png' cannot be read: Too many open files"):
        read(tmp_path, on_bad="skip")


def test_memory_that_is_short_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in", {"a.png": encode(random_pixels(2, 2)), "b.png": encode(random_pixels(2, 2))})

    def starved(*_: object, **__: object) -> None:
        raise MemoryError

    for module, name in ((ImageOps, "exif_transpose"), (folder, "read_file")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, starved)
            with pytest.raises(MemoryError):
                read(tmp_path / "in", on_bad="skip")
            with pytest.raises(MemoryError):
                prepare.prepare(tmp_path / "in", tmp_path / "x.zip", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
