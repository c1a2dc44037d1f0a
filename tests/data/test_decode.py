"""One image file: every mode of pixels against arithmetic of its own, every kind of bad file by its reason."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from samenoise.data import decode as module
from samenoise.data.decode import MAX_PIXELS, BadImageError, ImageFile, decode, is_image_name

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def encode(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: bytes) -> bytes:
    """A PNG written by hand, for what Pillow does not write."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})])
def test_lossless_formats_give_back_the_pixels(kind: str, options: dict[str, Any]) -> None:
    np.testing.assert_array_equal(decode(encode(COLOUR, kind, **options)), COLOUR.transpose(2, 0, 1))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_grey_stays_grey(kind: str) -> None:
    np.testing.assert_array_equal(decode(encode(GREY, kind)), GREY[None])


def test_jpeg_is_near_its_pixels() -> None:
    smooth = np.add.outer(np.arange(32), 2 * np.arange(40)).astype(np.uint8)
    error = decode(encode(smooth, "JPEG", quality=95)).astype(float) - smooth
    assert abs(error).max() <= 4


def test_one_bit_is_black_and_white() -> None:
    np.testing.assert_array_equal(decode(encode(Image.fromarray(GREY > 99))), np.where(GREY > 99, 255, 0)[None])


def test_a_palette_becomes_its_colours() -> None:
    colours = RNG.integers(0, 256, (256, 3), dtype=np.uint8)
    image = Image.fromarray(GREY, "L").copy()
    image.putpalette(colours.ravel().tolist())
    assert image.mode == "P"
    np.testing.assert_array_equal(decode(encode(image)), colours[GREY].transpose(2, 0, 1))


def on_white(values: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return 255 - (255.0 - values) * (alpha / 255.0)


def test_alpha_shows_white() -> None:
    alpha = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
    alpha[0, :2] = 0, 255
    found = decode(encode(np.dstack([COLOUR, alpha])))
    np.testing.assert_allclose(found, on_white(COLOUR.transpose(2, 0, 1), alpha), atol=1)
    assert (found[:, 0, 0] == 255).all()
    assert (found[:, 0, 1] == COLOUR[0, 1]).all()
    grey = decode(encode(np.dstack([GREY, alpha])))
    assert grey.shape == (1, 5, 7)
    np.testing.assert_allclose(grey, on_white(GREY, alpha)[None], atol=1)


def test_a_transparent_palette_entry_shows_white() -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8), "L").copy()
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    shown = [[[255, 0, 0]], [[255, 200, 0]], [[255, 0, 200]]]
    np.testing.assert_array_equal(decode(encode(image, transparency=0)), shown)
    np.testing.assert_array_equal(decode(encode(image, "GIF", transparency=0)), shown)


def test_a_transparent_grey_value_shows_white() -> None:
    np.testing.assert_array_equal(decode(encode(np.array([[7, 8]], np.uint8), transparency=7)), [[[255, 8]]])
    rows = b"\0" + struct.pack(">2H", 0x1234, 0x1235)
    found = decode(png(2, 1, 16, 0, rows, chunk(b"tRNS", struct.pack(">H", 0x1234))))
    np.testing.assert_allclose(found * 257, [[[65535, 0x1235]]], rtol=1e-6)


def test_sixteen_bits_of_grey_keep_their_precision() -> None:
    words = np.array([[0, 1, 255, 256, 257, 32767, 65534, 65535]], dtype=np.uint16)
    found = decode(encode(words))
    assert found.dtype == np.float32
    assert found[0, 0, 0] == 0
    assert found[0, 0, -1] == 255
    np.testing.assert_array_equal(np.rint(found * 257), words[None])


def test_sixteen_bits_stay_within_range_when_resized() -> None:
    edge = np.repeat(np.array([[0, 65535]], dtype=np.uint16), 16, axis=1).repeat(32, axis=0)
    found = decode(encode(edge), size=20, channels=3)
    assert found.shape == (3, 20, 20)
    assert 0 <= found.min() < 1
    assert 254 < found.max() <= 255


def test_sixteen_bits_of_colour_are_read_as_eight() -> None:
    rows = b"\0" + struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)
    np.testing.assert_array_equal(decode(png(1, 1, 16, 2, rows)).ravel(), [0x12, 0x56, 0x9A])


@pytest.mark.parametrize("cmyk", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 64), (40, 90, 10, 120)])
def test_cmyk_shows_its_colour(cmyk: tuple[int, ...]) -> None:
    found = decode(encode(Image.new("CMYK", (16, 16), cmyk), "JPEG", quality=95))
    *inks, black = (1 - ink / 255 for ink in cmyk)
    for channel, ink in zip(found, inks, strict=True):
        np.testing.assert_allclose(channel, 255 * ink * black, atol=4)


# The visual image from the stored one, by the definition of the EXIF tag: where its row 0 and column 0 belong.
UPRIGHT = {
    1: lambda s: s,
    2: lambda s: s[:, ::-1],
    3: lambda s: s[::-1, ::-1],
    4: lambda s: s[::-1],
    5: lambda s: s.T,
    6: lambda s: np.rot90(s, -1),
    7: lambda s: s[::-1, ::-1].T,
    8: lambda s: np.rot90(s),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_undone(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    expected = UPRIGHT[orientation](GREY)[None]
    np.testing.assert_array_equal(decode(encode(GREY, exif=exif)), expected)
    blocks = GREY.repeat(8, axis=0).repeat(8, axis=1)  # one value for each block of the JPEG
    found = decode(encode(blocks, "JPEG", quality=100, exif=exif))[:, 4::8, 4::8]
    np.testing.assert_allclose(found.astype(int), expected.astype(int), atol=2)


@pytest.mark.parametrize(("width", "height"), [(9, 4), (4, 9), (8, 4), (5, 5)])
def test_the_centred_square_is_cropped(width: int, height: int) -> None:
    pixels = RNG.integers(0, 256, (height, width), dtype=np.uint8)
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    expected = pixels[top : top + side, left : left + side][None]
    np.testing.assert_array_equal(decode(encode(pixels), size=side), expected)


def test_reducing_averages() -> None:
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    inner = decode(encode(checks), size=16)[0, 2:-2, 2:-2].astype(float)
    np.testing.assert_allclose(inner, 127.5, atol=1)
    ramp = np.arange(0, 256, 4, dtype=np.uint8)[None].repeat(64, axis=0)
    means = ramp.reshape(64, 16, 4).mean(axis=2)[:16]
    np.testing.assert_allclose(decode(encode(ramp), size=16)[0, :, 2:-2], means[:, 2:-2], atol=1)


def test_channels() -> None:
    np.testing.assert_array_equal(decode(encode(GREY), channels=3), GREY[None].repeat(3, axis=0))
    luma = COLOUR @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(decode(encode(COLOUR), channels=1), luma[None], atol=0.51)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_a_truncated_file_is_bad(kind: str, share: float) -> None:
    whole = encode(RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8), kind)
    assert decode(whole).shape == (3, 40, 40)
    with pytest.raises(BadImageError, match=r"truncated|Truncated|is not a PNG|cannot be decoded: could not"):
        decode(whole[: int(share * len(whole))])


def test_a_damaged_file_is_bad() -> None:
    data = bytearray(encode(COLOUR))
    data[-20] ^= 255
    with pytest.raises(BadImageError, match="cannot be decoded: "):
        decode(bytes(data))


def test_other_formats_are_bad() -> None:
    for data in (b"not an image", encode(COLOUR, "TIFF"), encode(COLOUR, "PPM")):
        with pytest.raises(BadImageError, match=r"^is not a PNG, JPEG, BMP, GIF or WEBP image$"):
            decode(data)


@pytest.mark.parametrize(("width", "height"), [(2**13, 2**13 + 1), (12_000, 9_000), (100_000, 100_000)])
def test_a_huge_image_is_bad_by_its_header(width: int, height: int) -> None:
    """There is nothing to decode behind the header: only who looks at it first can say this."""
    with pytest.raises(BadImageError, match=f"^has more than {MAX_PIXELS:,} pixels$"):
        decode(png(width, height, 8, 0, b""))


def test_the_largest_image_is_decoded() -> None:
    with pytest.raises(BadImageError, match="truncated"):
        decode(png(2**13, 2**13, 1, 0, b""))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_bad(kind: str) -> None:
    frames = [Image.fromarray(np.roll(COLOUR, k, axis=0)) for k in range(3)]
    with pytest.raises(BadImageError, match=r"^has more than one frame$"):
        decode(encode(frames[0], kind, save_all=True, append_images=frames[1:]))


def test_an_empty_or_too_long_file_is_bad_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> bytes:
        raise AssertionError("was read")

    with pytest.raises(BadImageError, match=r"^is empty$"):
        ImageFile("a.png", 0, -1, load).pixels(None, None)
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with pytest.raises(BadImageError, match=r"^has more than 1,000 bytes$"):
        ImageFile("a.png", 1001, -1, load).pixels(None, None)


@pytest.mark.parametrize("name", ["a.png", "a/b.JPEG", "../../x.webp", "a.b/c.gif", "./a.bmp"])
def test_image_names(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["a.txt", "png", "._a.png", ".trash/a.png", "a/.b/c.png", "__MACOSX/a.png"])
def test_names_that_are_no_images(name: str) -> None:
    assert not is_image_name(name)


FILES = [
    encode(COLOUR),
    encode(COLOUR, "JPEG"),
    encode(COLOUR, "BMP"),
    encode(COLOUR, "WEBP"),
    encode(GREY, "GIF"),
]


@given(st.sampled_from(FILES), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_bytes_give_pixels_or_a_reason(data: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        pixels = decode(bytes(damaged), size=8, channels=3)
    except BadImageError:
        return
    assert pixels.shape == (3, 8, 8)


def test_options_that_no_image_can_have() -> None:
    """2 channels would be taken for "as they are"."""
    for options in ({"channels": 2}, {"size": 0}, {"size": 2**14}):
        with pytest.raises(ValueError, match="got"):
            decode(FILES[0], **options)
    for options in ({"channels": True}, {"size": 4.5}):
        with pytest.raises(TypeError, match="whole number"):
            decode(FILES[0], **options)  # type: ignore[arg-type]
