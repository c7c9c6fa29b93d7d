"""What a site agreed on about its own tone; part of `site.toml`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

HOUSE_STYLE = "house-style"

# The codes that `kb check` gives to wording; docs/writing.md explains each.
ToneCode = Literal[
    "belittling-word",
    "blaming-wording",
    "double-negation",
    "empty-phrase",
    "hard-to-read",
    "harsh-command",
    "house-style",
    "long-paragraph",
    "long-sentence",
    "mixed-address",
    "nested-brackets",
    "passive-step",
    "shouting",
    "stilted-wording",
    "unexplained-abbreviation",
    "vague-link",
]


def _findable(pattern: str) -> str:
    """A pattern that can stand beside others in one, and hits something in lower-case text."""
    try:
        compiled = re.compile(f"(?:{pattern})")
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    if compiled.groups:
        raise ValueError("write (?:…) for groups")
    if compiled.match(""):
        raise ValueError("this also finds nothing at all")
    if re.search("[A-ZÄÖÜ]", re.sub(r"\\.", "", pattern)):
        raise ValueError("write it in lower case; capitals are found, too")
    return pattern


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phrase(_Model):
    """Wording that this site's editors agreed to avoid."""

    locale: str
    find: Annotated[str, Field(max_length=500), AfterValidator(_findable)]
    why: str
    better: str = ""  # what to write instead; "" where the words can go


class Tone(_Model):
    off: frozenset[ToneCode] = frozenset()
    abbreviations: frozenset[str] = frozenset()  # those that every customer knows
    phrases: tuple[Phrase, ...] = ()
