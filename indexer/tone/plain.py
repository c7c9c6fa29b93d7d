"""Plain language: what makes a text long, nested or hard, whatever its words say."""

import re
from collections.abc import Iterator, Sequence

from indexer.tone.marks import Mark
from indexer.tone.phrases import Limits
from indexer.tone.prose import Block
from indexer.tone.readability import FORMULAS, WORD
from kb.text import sentences

_FEW_WORDS = 100  # of an article, below which no formula says how hard it is
_BREAK = re.compile(r"(?: {2}|\\)\n|<br */?>", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d]")
# Those that belong to a word, as in “file(s)” or “(Sub-)Unternehmen”, interrupt nobody.
_BRACKET = re.compile(r"\w\([^()]*\)|\([^()]*\)(?=\w)|\(\)|[()]")
_FORMULA = re.compile(r"[=×÷]|\s[x/+]\s")
# Names of norms, and of things that are written in capitals, have numbers or capitals beside them.
_ABBREVIATION = re.compile(
    r"(?<![\w./&:-])(?<![A-ZÄÖÜ] )[A-ZÄÖÜ]{3,6}(?!\.?\w|[/&:-]|\s+(?:\d|[A-ZÄÖÜ]{2}))"
)
# What can be spoken is rather a name or a word in capitals: LASER, ENDE.
_SPOKEN = re.compile(r"[^AEIOUÄÖÜ]{0,2}(?:[AEIOUÄÖÜ]{1,2}[^AEIOUÄÖÜ]{1,2})+[AEIOUÄÖÜ]?")


def long(block: Block, limits: Limits, locale: str) -> Iterator[Mark]:
    """Sentences and paragraphs with too many words; numbers do not count."""
    if not block.is_running:
        return
    parts = [(start, _count(text)) for start, text in _sentences(block, locale)]
    for start, words in parts:
        if words > limits.sentence:
            message = (
                f"This sentence has {words} words; beyond {limits.sentence} readers lose the "
                "thread. Make two of it, or a list."
            )
            yield Mark(block, start, "long-sentence", message)
    total = sum(words for _, words in parts)
    if total > limits.paragraph:
        message = (
            f"This paragraph has {total} words and no break: on a phone that is a wall of text. "
            "Part it where a new thought begins, or make a list."
        )
        yield Mark(block, parts[0][0], "long-paragraph", message)


def _count(sentence: str) -> int:
    return sum(bool(_LETTER.search(word)) for word in sentence.split())


def _sentences(block: Block, locale: str) -> Iterator[tuple[int, str]]:
    """Each sentence with its offset; where the editor broke the line, a sentence ends, too."""
    first = 0
    for end in (*(match.end() for match in _BREAK.finditer(block.written)), len(block.text)):
        for sentence in sentences(block.text[first:end], locale):
            first = block.text.find(sentence, first)
            yield first, sentence
            first += len(sentence)
        first = end


def brackets(block: Block) -> Iterator[Mark]:
    """The first bracket within each bracket."""
    if _FORMULA.search(block.text):
        return
    depth, is_told = 0, False
    for match in _BRACKET.finditer(block.text):
        if match[0] == "(":
            depth += 1
            if depth > 1 and not is_told:
                is_told = True
                message = (
                    "Brackets within brackets interrupt readers twice; make a sentence of what "
                    "they say."
                )
                yield Mark(block, match.start(), "nested-brackets", message)
        elif match[0] == ")":
            depth = max(depth - 1, 0)
            is_told = is_told and depth > 0


def hard(blocks: Sequence[Block], limits: Limits, locale: str) -> Iterator[Mark]:
    """An article that is clearly hard to read as a whole."""
    formula = FORMULAS.get(locale.split("-")[0])
    parts = [
        (block, start, [word for word in WORD.findall(text) if _LETTER.match(word)])
        for block in blocks
        if block.is_running
        for start, text in _sentences(block, locale)
    ]
    words = [word for _, _, some in parts for word in some]
    if formula is None or len(words) < _FEW_WORDS:
        return
    ease = formula(sum(1 for _, _, some in parts if some), words)
    if ease < limits.ease:
        block, start, _ = parts[0]
        message = (
            f"The article reads like a scientific text (reading ease {ease:.0f}; aim at 50 or "
            "more). Write shorter sentences and everyday words."
        )
        yield Mark(block, start, "hard-to-read", message, of_article=True)


def abbreviations(blocks: Sequence[Block], known: frozenset[str]) -> Iterator[Mark]:
    """The first use of each abbreviation that the article explains nowhere."""
    whole = "\n".join(block.text for block in blocks)
    told = set(known)
    for block in blocks:
        for match in _ABBREVIATION.finditer(block.text):
            name = match[0]
            in_link = any(first <= match.start() < last for first, last in block.links)
            if name in told or in_link or not block.is_running or _SPOKEN.fullmatch(name):
                continue
            told.add(name)
            if not _is_explained(name, whole):
                message = (
                    f"“{name}” is not explained, and not every customer knows it; write once "
                    f"what it stands for, as in “… ({name})”."
                )
                yield Mark(block, match.start(), "unexplained-abbreviation", message)


def _is_explained(name: str, text: str) -> bool:
    """Whether it stands in brackets, or before some, or before the words that explain."""
    ways = rf"\([^()]*\b{name}\b[^()]*\)|\b{name}\s*(?:\(|stands|means|steht)"
    return re.search(ways, text) is not None
