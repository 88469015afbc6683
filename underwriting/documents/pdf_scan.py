"""What a PDF could do by itself, found by its names. Pure: no reader is trusted to have understood the file.

A name may be written with #-escapes and may stand in a compressed object stream, so both are undone first. What a scan of the
bytes cannot see (object streams under a predictor or an odd filter) a real reader writes out again, and that is scanned too.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

HEADER = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\s%]")
UNPACKED_LIMIT_BYTES = 400_000_000
OBJECTS_LIMIT_BYTES = 32_000_000
LAYERS_LIMIT = 3
_CHUNK_BYTES = 1 << 20
_PIECE_BYTES = 1 << 12

# Long enough never to occur by chance, so they are looked for in every byte of the file.
_TELLING = (
    b"JavaScript", b"OpenAction", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"SubmitForm", b"ImportData",
    b"GoToE", b"Rendition",
)  # fmt: skip
_SHORT = (b"JS", b"AA", b"XFA")
_ENCRYPTED = b"Encrypt"
_STREAM = re.compile(rb"(?<![A-Za-z])stream\r?\n?")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PAIRS = re.compile(rb"(?:\s|%[^\r\n]*[\r\n])*\d+\s+\d+\s")


class Objection(ValueError):
    """The PDF is refused; `code` is one of documents.refusals."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _names(words: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(rb"/(?:" + b"|".join(words) + rb")(?![A-Za-z0-9_.#-])")


_ANYWHERE, _IN_OBJECTS = _names((*_TELLING, _ENCRYPTED)), _names((*_TELLING, *_SHORT, _ENCRYPTED))


def scan(content: bytes) -> None:
    """Raises Objection for a file that is no whole PDF, is encrypted, could act by itself, or unpacks without end."""
    if not HEADER.match(content) or not content.rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF"):
        raise Objection("damaged")
    _object_to(_ANYWHERE.search(_unescaped(content)))
    _object_to(_IN_OBJECTS.search(_unescaped(_outside_streams(content))))
    unpacked, whole = 0, memoryview(content)
    for start in _stream_starts(content):
        for layer in _layers(whole[start:]):
            unpacked += layer.size
            if unpacked > UNPACKED_LIMIT_BYTES:
                raise Objection("unpacks_too_large")
            _object_to(_IN_OBJECTS.search(_unescaped(layer.objects)))


def scan_rewritten(content: bytes) -> None:
    """The same names in a copy that a reader wrote out again, object by object. Raises Objection."""
    _object_to(_IN_OBJECTS.search(_unescaped(_outside_streams(content))))


def _object_to(found: re.Match[bytes] | None) -> None:
    if found is not None:
        raise Objection("encrypted" if _ENCRYPTED in found.group() else "active_content")


def _unescaped(content: bytes) -> bytes:
    return _ESCAPE.sub(lambda code: bytes((int(code.group(1), 16),)), content) if b"#" in content else content


def _stream_starts(content: bytes) -> Iterator[int]:
    return (found.end() for found in _STREAM.finditer(content))


def _outside_streams(content: bytes) -> bytes:
    """The objects without the bodies of streams; a stream without an end is none."""
    kept, at = [], 0
    for start in _stream_starts(content):
        end = content.find(b"endstream", start)
        if start < at or end < 0:
            continue
        kept.append(content[at:start])
        at = end
    kept.append(content[at:])
    return b"".join(kept)


class _Layer:
    """One unpacking: how much came out, and the text of an object stream (empty for anything else)."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self._parts: list[bytes] = []

    @property
    def objects(self) -> bytes:
        return b"".join(self._parts)

    def add(self, part: bytes) -> None:
        if self.size == 0:
            self.head = part[:_CHUNK_BYTES]
        self.size += len(part)
        if _PAIRS.match(self.head):
            if self.size > OBJECTS_LIMIT_BYTES:
                raise Objection("unpacks_too_large")
            self._parts.append(part)


def _layers(packed: bytes | memoryview) -> Iterator[_Layer]:
    """What a stream unpacks to, and what that unpacks to in turn. Reads to the packing's own end, not to `endstream`."""
    for _ in range(LAYERS_LIMIT):
        layer = _Layer()
        for part in _inflated(packed):
            layer.add(part)
            if layer.size > UNPACKED_LIMIT_BYTES:
                raise Objection("unpacks_too_large")
        if layer.size == 0:
            return
        yield layer
        packed = layer.head
    raise Objection("unpacks_too_large")


def _inflated(packed: bytes | memoryview) -> Iterator[bytes]:
    """Unpack piece by piece, as far as it goes: readers show what came before a fault, and mind no checksum."""
    if len(packed) < 2 or packed[0] & 0x0F != 8 or int.from_bytes(packed[:2], "big") % 31:
        return
    reader = zlib.decompressobj(wbits=-15)
    for at in range(2, len(packed), _PIECE_BYTES):
        piece, before = packed[at : at + _PIECE_BYTES], reader.copy()
        try:
            parts = [*_outcome(reader, piece)]
        except zlib.error:
            yield from _up_to_the_fault(before, piece)
            return
        yield from parts
        if reader.eof:
            return


def _outcome(reader: zlib._Decompress, piece: bytes | memoryview) -> Iterator[bytes]:
    part = reader.decompress(piece, _CHUNK_BYTES)
    while part:
        yield part
        part = reader.decompress(reader.unconsumed_tail, _CHUNK_BYTES)


def _up_to_the_fault(reader: zlib._Decompress, piece: bytes | memoryview) -> Iterator[bytes]:
    try:
        for at in range(len(piece)):
            yield from _outcome(reader, piece[at : at + 1])
    except zlib.error:
        return
