"""How hard a text is to read, by two formulas of the same shape."""

import re
from collections.abc import Callable, Sequence

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

# Two vowels side by side that make one syllable; others make two ("Lei-ne", "The-a-ter").
_GERMAN = re.compile(r"aa|ai|au|äu|ay|ee|ei|eu|ey|ie|oo|ou|[aeiouyäöü]")
_ENGLISH = re.compile(r"[aeiouy]+")
# "make", "while", "moved", "makes"; but "table", "added", "boxes".
_SILENT = re.compile(
    r"(?<=[^\Wlaeiouy])e$|(?<=[aeiouy]l)e[ds]?$"
    r"|(?<=[^\Wtdlaeiouy])ed$|(?<=[^\Wsxzgclaeiouy])(?<![sc]h)es$"
)


def flesch(sentences: int, words: Sequence[str]) -> float:
    """Reading ease of English from 0 (very hard) to 100 (very easy).

    206.835 - 1.015 words per sentence - 84.6 syllables per word: R. Flesch, “A new readability
    yardstick”, Journal of Applied Psychology 32 (1948). Scores below 30 are those of scientific
    journals.
    """
    syllables = sum(map(english_syllables, words))
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def amstad(sentences: int, words: Sequence[str]) -> float:
    """Reading ease of German, on the scale of `flesch`.

    180 - words per sentence - 58.5 syllables per word: T. Amstad, “Wie verständlich sind unsere
    Zeitungen?”, dissertation, Zürich 1978.
    """
    syllables = sum(map(german_syllables, words))
    return 180 - len(words) / sentences - 58.5 * syllables / len(words)


FORMULAS: dict[str, Callable[[int, Sequence[str]], float]] = {"de": amstad, "en": flesch}


def german_syllables(word: str) -> int:
    """At least 1."""
    return len(_GERMAN.findall(word.lower())) or 1


def english_syllables(word: str) -> int:
    """At least 1. Of the words in help centers, 95 % come out as CMU's dictionary has them."""
    word = word.lower()
    return max(len(_ENGLISH.findall(word)) - len(_SILENT.findall(word)), 1)
