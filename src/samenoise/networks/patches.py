"""How the transformers cut images into tokens, and tokens into heads."""

from __future__ import annotations

__all__ = ["head_size", "patch_size"]

MOST_TOKENS = 256


def patch_size(height: int, width: int) -> int:
    """Side of the patches: the smallest of 2 px and more that cuts the image into 256 tokens at most."""
    for side in range(2, min(height, width)):
        if height % side == width % side == 0 and (height // side) * (width // side) <= MOST_TOKENS:
            return side
    raise ValueError(f"no patches of 2 px or more cut an image of {height} x {width} px into 4 to {MOST_TOKENS} tokens")


def head_size(width: int) -> int:
    """Features of one head."""
    if width < 16 or width % 16:
        raise ValueError(f"the width of a transformer is a multiple of 16, got {width}")
    return 16 if width % 32 else 32
