"""How two interpreters talk: messages of plain data and arrays over a pipe. Nothing is pickled.

4 bytes     b"sane": whatever else comes is no message
8 bytes     length of the header, little-endian
header      JSON; an array stands in it as {"__array__": number}, a tuple as a list
arrays      their bytes, one after the other, of the types and shapes that the header lists
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

import numpy as np

__all__ = ["NoMessageError", "receive", "send"]

MARK = b"sane"


class NoMessageError(ValueError):
    """Something else came over the pipe."""


def send(pipe: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message."""
    arrays: list[np.ndarray] = []
    body = _packed(message, arrays)
    about = [[array.dtype.str, list(array.shape)] for array in arrays]
    header = json.dumps({"arrays": about, "body": body}).encode()
    pipe.write(MARK + struct.pack("<Q", len(header)) + header)
    for array in arrays:
        pipe.write(np.ascontiguousarray(array).tobytes())
    pipe.flush()


def receive(pipe: BinaryIO) -> dict[str, Any] | None:
    """Read one message; ``None`` where the other side has ended.

    Raises:
        EOFError: it ended in the middle of one.
        NoMessageError: what came is no message.
    """
    start = pipe.read(len(MARK))
    if not start:
        return None
    if start != MARK:
        raise NoMessageError(start.decode(errors="replace"))
    header = json.loads(_exactly(pipe, struct.unpack("<Q", _exactly(pipe, 8))[0]))
    arrays = []
    for name, shape in header["arrays"]:
        dtype = np.dtype(name)
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(_exactly(pipe, count * dtype.itemsize), dtype).reshape(shape))
    found: dict[str, Any] = _unpacked(header["body"], arrays)
    return found


def _exactly(pipe: BinaryIO, count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise EOFError("the other side ended in the middle of a message")
    return data


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"__array__": len(arrays) - 1}
    if isinstance(value, dict):
        return {key: _packed(each, arrays) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_packed(each, arrays) for each in value]
    return value


def _unpacked(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        if "__array__" in value:
            return arrays[value["__array__"]]
        return {key: _unpacked(each, arrays) for key, each in value.items()}
    if isinstance(value, list):
        return [_unpacked(each, arrays) for each in value]
    return value
