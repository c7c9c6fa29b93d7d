"""Text that is addressed to machines: prompts hidden in articles for whatever reads them.

An article may hold such text, by mistake, as a joke or as an attack, and stays readable and
searchable. But nothing of it is given as an answer: programs that read answers would obey it.
`search` withholds by this module, `indexer` warns by the same one.

Rules, and no model: editors can see why, and the same text is judged alike everywhere. They know
German and English, and do not know riddles that a reader could not solve in passing, such as
letters replaced by digits. Nor do they know lies that are told to everybody.
"""

import base64
import re
import unicodedata
from collections.abc import Sequence

from kb.documents import Block, BlockKind, Passage
from kb.instruction_rules import (
    BLOB,
    DECODE,
    DROPPED,
    LABELLED,
    MARK_HEADING,
    MARKED,
    MARKS,
    OPEN_END,
    TO_MACHINES,
    TRIGGERS,
)
from kb.text import visible

# What the quick way of `_plain` may meet; everything else takes the thorough one.
_UNUSUAL = re.compile("[^\x00-\x7fäöüß–—„“”‚‘’…€»«°§·•→×]")
_ACCENTS = re.compile("[\u0300-\u036f]")
# Letters of other scripts that look like Latin ones, in lower case.
_LOOKALIKES = str.maketrans(
    "авеіјкмнорсѕтухһԁԛԝɡıαβεηικνορτυχ",
    "abeijkmhopcstyxhdqwgiabenikvoptux",
)
# Copies of ASCII that take no room on screen; a machine reads them all the same.
_TAGS = {0xE0000 + code: code for code in range(0x20, 0x7F)}
_NO_LETTERS = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))
# "I g n o r e": shorter runs are enumerations such as "a, b, c".
_SPACED_OUT = re.compile(r"\b[a-z0-9](?: [a-z0-9]\b){5,}")
_LONG = 16  # characters of a word from which on it may be part of a blob


def addresses_machines(text: str) -> bool:
    """Whether a text holds orders to a language model, or the marks of a prompt."""
    plain = _plain(text)
    if any(mark in plain for mark in MARKS) and MARKED.search(plain):
        return True
    words = plain.encode("ascii", "replace").translate(_NO_LETTERS).decode().split()
    if _speaks_to_machines(plain, words):
        return True
    return len(max(words, key=len, default="")) >= _LONG and _hides_orders(text, plain)


def _speaks_to_machines(plain: str, words: Sequence[str]) -> bool:
    text = " ".join(words)
    if _SPACED_OUT.search(text):
        text = _SPACED_OUT.sub(lambda run: run[0].replace(" ", ""), text)
    elif TRIGGERS.isdisjoint(words):
        return False
    return bool(DROPPED.search(text) or TO_MACHINES.search(text) or LABELLED.search(plain))


def _plain(text: str) -> str:
    """In lower case, without accents, nor what cannot be seen."""
    if text.isascii():
        return text.lower()
    text = text.casefold()
    if not _UNUSUAL.search(text):
        return text.replace("ä", "a").replace("ö", "o").replace("ü", "u")
    text = visible(unicodedata.normalize("NFKC", text.translate(_TAGS))).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return text.translate(_LOOKALIKES)


def _hides_orders(text: str, plain: str) -> bool:
    """Base64 that gives orders, or that the reader is told to decode."""
    hidden = [found for blob in BLOB.findall(text) if (found := _decoded(blob))]
    return any(DECODE.search(plain) or addresses_machines(text) for text in hidden)


def _decoded(blob: str) -> str:
    """The words that a blob stands for; "" for addresses, long names, keys and pictures."""
    bare = blob.rstrip("=")
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_").decode()
    except ValueError:
        return ""
    return text if text.isprintable() and " " in text.strip() else ""


def withheld_blocks(context: str, blocks: Sequence[Block]) -> frozenset[Block]:
    """Those of a passage's blocks of which no answer may be made.

    `context` is the passage's place, "title › heading": all that stands below an order belongs to
    it. Elsewhere a paragraph, item or row is withheld whole, a numbered list too, and so is what an
    order that ends in a colon announces.
    """
    if any(map(opens_prompt, context.split(" › "))):
        return frozenset(blocks)
    found: set[Block] = set()
    lists: set[int] = set()  # groups that are withheld whole
    is_announced = False
    for block in blocks:
        if is_announced and block.group:
            lists.add(block.group)
        is_order = addresses_machines(block.text)
        if is_order and block.kind is BlockKind.STEP:
            lists.add(block.group)
        if is_announced or is_order:
            found.add(block)
            is_announced = bool(OPEN_END.search(_plain(block.text)))
    found.update(block for block in blocks if block.group in lists)
    return frozenset(found)


def trusted_text(passage: Passage) -> str:
    """The text of a passage without what is addressed to machines; nearly always all of it.

    By this a passage is near to a question: were the order read along, the sentence beside it
    would be given for an answer to what only the order says.
    """
    withheld = withheld_blocks(passage.context, passage.blocks)
    return "\n".join(block.text for block in passage.blocks if block not in withheld)


def opens_prompt(heading: str) -> bool:
    """Whether a heading is an order, or nothing but the mark that a prompt begins with."""
    return addresses_machines(heading) or bool(MARK_HEADING.fullmatch(_plain(heading).strip()))
