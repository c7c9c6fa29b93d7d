"""What an experienced editor would mark in a customer's text. The words are data: see `phrases`."""

import re
from collections.abc import Iterator, Sequence

from indexer.parsed import Finding
from indexer.tone.address import mixed_address
from indexer.tone.marks import Mark
from indexer.tone.phrases import LINKS, NO_REASON, STEPS, Finder, Wording, language_of, lowered
from indexer.tone.plain import abbreviations, brackets, hard, long
from indexer.tone.prose import STEP, Acceptance, Block, Prose
from indexer.tone.readability import WORD
from kb.problems import Severity
from kb.tone import Tone

# Call-outs about safety: there a command may be short.
_SAFETY = frozenset({"warning", "caution", "danger", "important"})
_EXCLAMATION = re.compile(r"!(?:\s?[!?]){1,20}|\?(?:\s?!){2,20}")
_CAPITALS = re.compile(r"(?<![\w-])[A-ZÄÖÜ]{2,}(?![\w-])")


class Lint:
    """The lint of one language, with what the site agreed on. Made once for many articles."""

    def __init__(self, locale: str, tone: Tone) -> None:
        self._locale = locale
        self._tone = tone
        self._language = language_of(locale)
        self._finder = Finder(locale, tone.phrases)

    def findings(self, prose: Prose) -> list[Finding]:
        """Warnings for an article by place, also for comments that accept what is not there."""
        marks = [mark for mark in self._marks(prose.blocks) if mark.code not in self._tone.off]
        found, used = [], set[tuple[Acceptance, str]]()
        for mark in marks:
            by = [acceptance for acceptance in prose.accepted if mark.is_accepted_by(acceptance)]
            used |= {(acceptance, mark.code) for acceptance in by}
            if not by:
                place = mark.block.place(mark.start)
                found.append(Finding(*place, mark.code, mark.message, Severity.WARNING))
        found += self._unused(prose.accepted, used)
        return sorted(set(found), key=lambda f: (f.line, f.column, f.code, f.message))

    def _unused(
        self, accepted: Sequence[Acceptance], used: set[tuple[Acceptance, str]]
    ) -> Iterator[Finding]:
        for acceptance in accepted:
            for code in sorted(acceptance.codes - self._tone.off):
                if (acceptance, code) not in used:
                    message = f"Nothing here is `{code}`; take it out of the comment."
                    place = (acceptance.line, acceptance.column)
                    yield Finding(*place, "accepts-nothing", message, Severity.WARNING)

    def _marks(self, blocks: Sequence[Block]) -> Iterator[Mark]:
        for block in blocks:
            yield from self._wordings(block)
        if language := self._language:
            for block in blocks:
                yield from _shouting(block, language.emphatic)
                yield from brackets(block)
                yield from long(block, language.limits, self._locale)
            yield from hard(blocks, language.limits, self._locale)
            known = language.abbreviations | language.emphatic | self._tone.abbreviations
            yield from abbreviations(blocks, known)
        if self._locale.split("-")[0] == "de":
            yield from mixed_address(blocks)

    def _wordings(self, block: Block) -> Iterator[Mark]:
        for wording, (start, end) in self._finder.find(block.text):
            if self._applies(wording, block, start, end):
                better = wording.better or "leave it out"
                message = f"“{block.quoted(start, end)}” {wording.why}. Better: {better}."
                yield Mark(block, start, wording.code, message)

    def _applies(self, wording: Wording, block: Block, start: int, end: int) -> bool:
        if wording.where == STEPS:
            return block.kind == STEP
        if wording.where == LINKS:
            return any(_is_all_of(block.text, link, start, end) for link in block.links)
        if wording.where == NO_REASON and self._language:
            words = set(WORD.findall(lowered(block.text)))
            return not (_SAFETY & block.boxes or words & self._language.reasons)
        return True


def _is_all_of(text: str, link: tuple[int, int], start: int, end: int) -> bool:
    """Whether a link has these words and no others."""
    first, last = link
    around = text[first:start] + text[end:last]
    return first <= start and end <= last and not re.search(r"\w", around)


def _shouting(block: Block, emphatic: frozenset[str]) -> Iterator[Mark]:
    for match in _EXCLAMATION.finditer(block.text):
        message = f"“{match[0]}” shouts at readers; a full stop is enough."
        yield Mark(block, match.start(), "shouting", message)
    for match in _CAPITALS.finditer(block.text):
        if match[0] in emphatic:
            way_out = "write it small, and in **bold** if everything depends on it"
            message = f"“{match[0]}” in capitals shouts at readers; {way_out}."
            yield Mark(block, match.start(), "shouting", message)
