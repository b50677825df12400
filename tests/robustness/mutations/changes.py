"""Changes to the bytes, words and lines of a file of any kind, from a seeded generator."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from random import Random

Change = Callable[[Random, bytes, Sequence[bytes]], bytes]
"""Returns a changed content, given a generator, the content, and the contents of all files of the kind."""

_SIGNS = r"""{ } [ ] ( ) , . ; : ' " ! & | = < > + - * / \ # ~ % => <=> == != <= >= // /* */ '' -> +;-"""
_OF_UVL = """[1..*] [0..0] [2..1] cardinality features constraints imports mandatory or alternative domain default sum(
    avg( len( abstract true false constraint Integer String namespace include as"""
_OF_OTHERS = """<and> </and> <var> <not> <!-- --> <![CDATA[ ]]> &lt; &amp; &x; &#0; &#xD800; <?x?> <!DOCTYPE name=
    value='x' p c cnf ind show weight __aux_1 :g :m :r :o [1,1] (_r) selected undefined null None nan inf -inf"""
_STRANGE = (
    "9" * 20,
    "9" * 500,
    "9" * 5_000,
    "x" * 300,
    "ä",
    "\u2028",
    "\ufeff",
    "\0",
    "   ",
    "\t",
    "\t\t\t",
    "\n",
    "\n\n",
    "\r",
)
_WORDS = (*_SIGNS.split(), *_OF_UVL.split(), *_OF_OTHERS.split(), *_STRANGE)
_PIECE = re.compile(rb"\w+|\s+|[^\w\s]")
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
NUMBERS = (
    *("0", "1", "-1", "-0", "2", "00", "+1", "1_0", "1.0", "0.1", "1e9", "1e400", "-1e400", "0x10", "10", "100"),
    *(str(2**31 - 1), str(2**31), str(2**32), str(2**63), str(-(2**63)), str(2**64), "9" * 40, "9" * 4_301),
    *("١", "½", "²", "１", "1,000", "1 000"),  # digits of Unicode that Python may or may not take
)
"""Numbers, and texts that look like some."""

_LONG_LINE = 200_000
"""Characters of a very long line."""


def damaged(rng: Random, data: bytes, others: Sequence[bytes], changes: Sequence[Change]) -> bytes:
    """Return a content with one to four of the changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(changes)(rng, data, others)
    return data


def _cut(rng: Random, data: bytes, longest: int) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.randint(1, longest))


def flip_byte(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replace one byte, by any or by a printable one."""
    at = rng.randint(0, len(data))
    return data[:at] + bytes([rng.choice((rng.randint(0, 255), rng.randint(32, 126)))]) + data[at + 1 :]


def flip_bit(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change one bit."""
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def delete(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Delete some bytes."""
    start, end = _cut(rng, data, rng.choice((1, 3, 40)))
    return data[:start] + data[end:]


def truncate(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Cut the end off, or the start."""
    at = rng.randint(0, len(data))
    return data[:at] if rng.random() < 0.8 else data[at:]


def repeat(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Repeat some bytes, once or often."""
    start, end = _cut(rng, data, 40)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 20)) + data[end:]


def splice(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Insert some bytes of a file of the same kind."""
    other = rng.choice(others)
    start, end = _cut(rng, other, 60)
    at = rng.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def join(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return the start of this file with the end of another, both cut at any place."""
    other = rng.choice(others)
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def insert_word(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Insert a word of any format."""
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(_WORDS).encode() + data[at:]


def change_word(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Delete, repeat, swap or replace one of the words, also by one of another file."""
    words = _PIECE.findall(data)
    if len(words) < 2:
        return data
    at, other = rng.randrange(len(words)), rng.randrange(len(words))
    match rng.randrange(5):
        case 0:
            del words[at]
        case 1:
            words[at] = words[other]
        case 2:
            words[at], words[other] = words[other], words[at]
        case 3:
            words[at] = rng.choice(_PIECE.findall(rng.choice(others)) or [b""])
        case _:
            words[at] = rng.choice(_WORDS).encode()
    return b"".join(words)


def change_number(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replace one of the numbers."""
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    start, end = rng.choice(found).span()
    return data[:start] + rng.choice(NUMBERS).encode() + data[end:]


def change_line(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Delete, repeat, move, indent or replace one line."""
    lines = data.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines.insert(other, lines.pop(at))
        case 3:
            lines[at] = b"\t" + lines[at]
        case 4:
            lines[at] = lines[at].lstrip()
        case _:
            lines[at] = rng.choice(rng.choice(others).split(b"\n"))
    return b"\n".join(lines)


def change_encoding(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change the whole text's encoding or line ends, or insert bytes that are no UTF-8 text."""
    at = rng.randint(0, len(data))
    match rng.randrange(9):
        case 0:
            return codecs.BOM_UTF8 + data
        case 1:
            return data.replace(b"\n", b"\r\n")
        case 2:
            return data.replace(b"\n", b"\r")
        case 3:
            return data.decode("latin-1").encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-7")), "replace")
        case 4:
            return (
                data[:at] + rng.choice((b"\xed\xa0\x80", b"\xc0\x80", b"\xff", b"\xf4\x90\x80\x80", b"\0")) + data[at:]
            )
        case 5:
            return (
                data[:at]
                + rng.choice("\u2028\u2029\x85\u200b\u202e\xa0\x0b\x0c\x1b\x7f\ufffe\U000e0001").encode()
                + data[at:]
            )
        case 6:
            return data + rng.choice((b"", b"\n", b"\n\n\n", b" ", b"\x1a"))
        case 7:
            return data.rstrip()
        case _:
            return data[:at] + rng.choice((b"x", b" ", b"9", b"(", b"[", b"\t", b"-")) * _LONG_LINE + data[at:]


BYTES: tuple[Change, ...] = (flip_byte, flip_bit, delete, truncate, repeat, splice, join)
"""Changes of any file."""

TEXT: tuple[Change, ...] = (
    *(flip_byte, delete, repeat, splice, join, insert_word, change_word, change_word, change_word),
    *(change_line, change_line, change_number, change_number, change_encoding),
)
"""Changes of any text."""
