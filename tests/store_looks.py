"""How tests look at a store, and how they harm it."""

from __future__ import annotations

from pathlib import Path

from samenoise.runs.store import Store


def stamps(place: Path) -> dict[str, tuple[int, int]]:
    return {
        p.relative_to(place).as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns) for p in [place, *place.rglob("*")]
    }


def harm(file: Path) -> None:
    """Flip the last bit, size and all the rest as before."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))


def aside(store: Store) -> list[str]:
    return sorted(p.name for p in (store.root / ".damaged").glob("*"))
