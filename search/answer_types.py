"""What kind of answer a question expects: a number, or how something is done.

Questions say so in few words, which are the same everywhere (Li and Roth 2002, "Learning question
classifiers"). Only German and English are known; other languages expect nothing.
"""

import re
from enum import StrEnum
from functools import lru_cache


class Expected(StrEnum):
    NUMBER = "number"  # how much, how long, when
    STEPS = "steps"  # how to
    ANYTHING = "anything"


_NUMBER = re.compile(
    r"""
    \bwie\s*(?:viele?|lang|lange|hoch|weit|teuer|schwer|oft|gro(?:ß|ss)|schnell|alt|spät|früh)\b
    | \b(?:bis|ab|seit)?\s*wann\b | \bwieviele?\b | \b(?:kosten|kostet|preis|gebühr|frist|höhe)\b
    | \bin\s+welchem\s+jahr\b | \bprozent\b
    | \bhow\s+(?:many|much|long|often|far|heavy|old|fast|big|high|late|tall|large|soon)\b
    | \bwhen\b | \b(?:what|which)\s+(?:year|age|price|percentage)\b
    | \b(?:cost|costs|price|fee|deadline)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_STEPS = re.compile(
    r"""
    \bwas\s+(?:kann\s+ich\s+|soll\s+ich\s+|muss\s+ich\s+)?(?:tun|machen)\b | \banleitung\b
    | \bwie\s+(?:kann|muss|soll|mach|geht|wechs(?:el|l)|änder|stell|richt|lad|meld|setz)\w*
    | \bschritt\s+für\s+schritt\b
    | \bhow\s+(?:do|can|should|would)\s+(?:i|you|we)\b | \bhow\s+to\b | \bsteps?\s+to\b
    | \bwhat\s+(?:can|should|do)\s+i\s+do\b | \bwhat\s+to\s+do\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DIGIT = re.compile(
    r"\d|\b(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|two|three|four|five|six|"
    r"seven|eight|nine|ten|eleven|twelve|once|twice|einmal|zweimal)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=500)
def expected(query: str) -> Expected:
    """What a normalised question expects: what it says first, as in "how do I … when …"."""
    number, steps = _NUMBER.search(query), _STEPS.search(query)
    if number and (steps is None or number.start() <= steps.start()):
        return Expected.NUMBER
    return Expected.STEPS if steps else Expected.ANYTHING


def tells_number(text: str) -> bool:
    """Whether a text holds a number, in digits or as a word."""
    return bool(_DIGIT.search(text))
