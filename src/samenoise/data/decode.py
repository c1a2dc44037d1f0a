"""One image file to pixels: orientation, colour, crop and size, and a reason where a file is no such image.

Pixels are arrays of shape ``(c, h, w)`` with values 0..255, ``c`` 1 (grey) or 3 (RGB): uint8, or float32 where the file
has 16 bits of grey. All of them become ``value / 127.5 - 1`` in an image set.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from samenoise.checks import one_of, whole
from samenoise.data.limits import MAX_BYTES, MAX_PIXELS, MAX_SIDE

__all__ = ["SUFFIXES", "BadImageError", "ImageFile", "decode", "fit", "is_image_name", "require_fit"]

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")

DECODING = 32
"""Bytes that no decoder needs more of for a pixel."""

GREY = ("1", "L", "LA", "La")


class BadImageError(ValueError):
    """A file that is not one whole, still image of bounded size; the message is the reason."""


@dataclass(frozen=True)
class ImageFile:
    """A file or archive member that may be an image: its name, length in bytes, label (-1: none), and its bytes."""

    name: str
    length: int
    label: int
    load: Callable[[], bytes]

    def pixels(self, size: int | None, channels: int | None) -> np.ndarray:
        """The image as :func:`decode` gives it.

        Raises:
            BadImageError: something is wrong with the file, with the reason.
            ValueError: the file cannot be had, which says nothing of what is in it.
            MemoryError: the same.
        """
        if self.length == 0:
            raise BadImageError("is empty")
        if self.length > MAX_BYTES:
            raise BadImageError(f"has more than {MAX_BYTES:,} bytes")
        try:
            data = self.load()
        except (BadImageError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:  # what the system says: no permission, say
                raise ValueError(f"{self.name!r} cannot be read: {error.strerror}") from error
            # In an archive a wrong checksum, a password or another method.
            raise BadImageError(f"cannot be read: {error}") from error
        return decode(data, size, channels)


def is_image_name(name: str) -> bool:
    """Whether a path, relative and with slashes, names an image by its suffix, and nothing hidden."""
    hidden = any(part == "__MACOSX" or (part.startswith(".") and part.strip(".")) for part in name.split("/"))
    return name.lower().endswith(SUFFIXES) and not hidden


def decode(data: bytes, size: int | None = None, channels: int | None = None) -> np.ndarray:
    """Pixels ``(c, h, w)`` of a PNG, JPEG, BMP, GIF or WEBP file, upright as its EXIF orientation says.

    What is transparent shows white. CMYK becomes RGB by the plain formula, colour profiles are not applied. 16 bits of
    grey keep their precision, 16 bits of colour are read as 8.

    Args:
        data: the bytes of the file.
        size: crop the largest centred square and resize it to this side; ``None`` keeps the image as it is.
        channels: 1 or 3; ``None`` keeps grey grey and colour colour.

    Raises:
        BadImageError: broken, truncated, animated, too many pixels, or no image of these formats.
        MemoryError: there is not the memory to decode it, or to tell whether that is why it could not be.
        TypeError, ValueError: ``size`` or ``channels`` can be no such thing.
    """
    require_fit(size, channels)
    pixels = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the reason below says it, or the image is fine
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                pixels = image.width * image.height
                if pixels > MAX_PIXELS:
                    raise Image.DecompressionBombError
                if getattr(image, "is_animated", False):
                    raise BadImageError("has more than one frame")
                ImageOps.exif_transpose(image, in_place=True)
                return fit(_flat(image), size, channels)
    except (BadImageError, MemoryError):
        raise
    except Image.DecompressionBombError:  # Pillow's own, for what is larger still, comes before the size is known
        raise BadImageError(f"has more than {MAX_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        raise BadImageError(f"is not a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image") from None
    except Exception as error:  # on damaged bytes decoders raise nearly anything
        _require_memory(pixels)
        raise BadImageError(f"cannot be decoded: {error}") from error


def require_fit(size: int | None, channels: int | None) -> None:
    """Raise unless images can have this side and so many channels."""
    if size is not None:
        whole(size, "the size of an image", 1, MAX_SIDE + 1)
    if channels is not None:
        one_of(whole(channels, "the number of channels"), "the number of channels of an image", (1, 3))


def _require_memory(pixels: int) -> None:
    """Raise a ``MemoryError`` unless an image of so many pixels could be decoded: some decoders that get no memory
    (libjpeg's, libwebp's) call the file broken."""
    np.empty(DECODING * pixels, np.uint8)


def _flat(image: Image.Image) -> Image.Image:
    """The same picture in mode L, RGB or, for 16 bits of grey, F (0..255); transparency composited on white."""
    transparent = image.info.get("transparency")
    if image.mode.startswith("I"):
        words = np.array(image, dtype=np.float32)
        if transparent is not None:
            words[words == transparent] = 65535
        return Image.fromarray(words / np.float32(257))
    flat = image
    if transparent is not None or image.mode[-1] in "Aa":
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    if image.mode in GREY:
        return flat.convert("L")
    flat = flat.convert("RGB")
    if image.mode in ("P", "PA"):  # a grey GIF is a palette of greys
        red, green, blue = flat.split()
        if red.tobytes() == green.tobytes() == blue.tobytes():
            return red
    return flat


def fit(image: Image.Image, size: int | None, channels: int | None) -> np.ndarray:
    """Pixels ``(c, h, w)`` of an image of mode L, RGB or F: centre crop to a square, Lanczos resize to ``size``.

    Lanczos as Pillow has it: reducing widens the filter, so it averages; an image of that size already is unchanged.
    Colour becomes grey by the luma weights of ITU-R BT.601, grey becomes colour by repetition.
    """
    if channels == 1 and image.mode == "RGB":
        image = image.convert("L")
    if size is not None:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
        if side != size:
            image = image.resize((size, size), Image.Resampling.LANCZOS)
    pixels = np.array(image)
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if image.mode == "F":
        pixels = pixels.clip(0, 255)  # Lanczos overshoots at edges
    return np.repeat(pixels, 3, axis=0) if channels == 3 and len(pixels) == 1 else pixels
