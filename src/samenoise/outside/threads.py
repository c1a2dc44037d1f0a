"""Threads of torch for a while, where torch is in use at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["own_threads", "torch_threads", "use_threads"]


@contextmanager
def torch_threads(count: int | None) -> Iterator[None]:
    """Inside, torch uses ``count`` threads of the CPU; ``None``, or no torch, leaves all as it is."""
    torch = sys.modules.get("torch")
    if count is None or torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def own_threads() -> int | None:
    """Threads that torch uses in this process; ``None`` where it is not in use."""
    torch = sys.modules.get("torch")
    count: int | None = None if torch is None else torch.get_num_threads()
    return count


def use_threads(count: int | None) -> None:
    """Let torch use ``count`` threads of the CPU from now on; ``None``, or no torch, leaves all as it is."""
    if count is not None and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
