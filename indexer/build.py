"""Content in, a published generation out."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, groupby
from pathlib import Path

from indexer.calibration import write_calibrated
from indexer.embedding import Remembering, embed, keep
from indexer.mentions import mentions
from indexer.passages import cut_passages
from indexer.publish import new_generation, prune, publish, publish_lock
from indexer.reader import Reading, content_fingerprint, read_content
from indexer.reuse import content_digest, take_over, write_digest
from kb.documents import Passage
from kb.errors import ContentError, DamagedIndex
from kb.judgments import Judgment, load_judgments
from kb.problems import Problem, has_errors
from kb.progress import Progress, Silent
from kb.store.build_cache import CACHE_FILE, BuildCache
from kb.store.library import LIBRARY_FILE, write_library
from search.encoder import Encoder
from search.generation import (
    FORMAT,
    LOCALES_FOLDER,
    SITE_COPY,
    Counts,
    Facts,
    Manifest,
    current_generation,
    read_manifest,
    write_look,
)
from search.locale_index import LocaleContent, build_locale_index, text_to_embed
from search.query import normalise_query
from search.suggestions import titles_and_questions


@dataclass(frozen=True)
class BuildReport:
    """What a build did."""

    generation: str
    published: bool  # False when the current generation already is what the content says
    documents: int
    passages: int
    embedded: int  # vectors made now; the others were known
    problems: tuple[Problem, ...]  # warnings; errors too when broken files were left out


def build_index(
    content: Path,
    index: Path,
    encoder: Encoder | None,
    *,
    keep: int = 3,
    force: bool = False,
    skip_broken: bool = False,
    render_timeout: float = 5.0,
    progress: Progress | None = None,
) -> BuildReport:
    """Build the index of `content` and publish it into the folder `index`.

    Without an encoder only keywords are indexed. Nothing is published when the current generation
    already holds the same content and is intact, unless `force`. Files with errors forbid
    publishing, or with `skip_broken` are left out. Raises ContentError, carrying all problems, when
    a file has an error or there is no content (the last good generation stays), IndexBusy when
    another build runs.
    """
    progress = progress or Silent()
    with publish_lock(index):
        judgments = [placed.judgment for placed in load_judgments(content)[0]]
        state = _fingerprint(content_fingerprint(content), encoder, judgments)
        standing = _standing(index)
        manifest = _intact(standing) if standing and not force else None
        if standing and manifest and _is_current(manifest, state, skip_broken):
            return _unchanged(standing, manifest)
        cache = BuildCache(index / CACHE_FILE)
        try:
            reading = read_content(
                content, cache=cache, progress=progress, render_timeout=render_timeout
            )
            if has_errors(reading.problems) and not skip_broken:
                raise ContentError(problems=reading.problems)
            if not reading.documents:
                raise ContentError(
                    f"{content} holds no published article or product; nothing was published. "
                    "Articles lie in <locale>/articles/ below it."
                )
            # The content may have changed since the first look; what was read is what is built.
            state = _fingerprint(reading.fingerprint, encoder, judgments)
            intact = standing if manifest else None
            builder = _Builder(index, intact, encoder, cache, progress)
            report = builder.build(reading, state, judgments)
            cache.forget_unused()
        finally:
            cache.close()
        prune(index, keep, standing.name if standing else None)
        return report


# Another version of these may cut, stem or score the same text in another way.
_CUTTERS = ("lotse-kb", "sentencex", "PyStemmer", "simplemma", "Whoosh")


def _fingerprint(content: str, encoder: Encoder | None, judgments: Sequence[Judgment]) -> str:
    asked = (judgment.model_dump_json() for judgment in judgments)
    parts = (content, _made_by(encoder), *asked)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _made_by(encoder: Encoder | None) -> str:
    return "\n".join((encoder.fingerprint if encoder else "", str(FORMAT), *map(version, _CUTTERS)))


def _standing(index: Path) -> Path | None:
    """The folder of the published generation; None also when its name cannot be read."""
    try:
        name = current_generation(index)
    except DamagedIndex:
        return None
    return index / name if name else None


def _intact(standing: Path) -> Manifest | None:
    """The manifest of the published generation; None when a file of it is damaged."""
    try:
        return read_manifest(standing)
    except DamagedIndex:
        return None


def _is_current(manifest: Manifest, state: str, skip_broken: bool) -> bool:
    """Whether what stands is what a build would give."""
    return manifest["state"] == state and (skip_broken or not manifest["incomplete"])


def _unchanged(standing: Path, manifest: Manifest) -> BuildReport:
    return BuildReport(standing.name, False, **manifest["counts"], embedded=0, problems=())


@dataclass(frozen=True)
class _Builder:
    """Builds generations into the folder `index`."""

    index: Path
    standing: Path | None  # the published generation; None when there is none to build on
    encoder: Encoder | None
    cache: BuildCache
    progress: Progress

    def build(self, reading: Reading, state: str, judgments: Sequence[Judgment]) -> BuildReport:
        passages = _passages(reading)
        contents = _contents(reading, passages)
        digests = {c.locale: content_digest(c, _made_by(self.encoder)) for c in contents}
        with new_generation(self.index) as folder:
            locales = folder / LOCALES_FOLDER
            changed = [
                content
                for content in contents
                if not take_over(content, digests[content.locale], self.standing, locales)
            ]
            changed, made = self._with_vectors(contents, changed)
            told = mentions(reading.documents)
            write_library(folder / LIBRARY_FILE, reading.documents, passages, told)
            (folder / SITE_COPY).write_text(reading.site.model_dump_json(), encoding="utf-8")
            _copy_files(reading, folder)
            write_look(folder, reading.theme.look)
            self.progress.start("Indexing", len(contents))
            self.progress.advance(len(contents) - len(changed))
            for content in changed:
                build_locale_index(locales / content.locale, content)
                write_digest(locales / content.locale, digests[content.locale])
                self.progress.advance()
            counts = Counts(documents=len(reading.documents), passages=len(passages))
            facts = _facts(reading, state, self.encoder, counts)
            write_calibrated(folder, facts, judgments, self._asking(judgments), self.progress)
            name = publish(folder, facts)
        return BuildReport(name, True, **counts, embedded=made, problems=reading.problems)

    def _asking(self, judgments: Sequence[Judgment]) -> Encoder | None:
        questions = [normalise_query(judgment.query) for judgment in judgments]
        return Remembering(self.encoder, questions, self.cache) if self.encoder else None

    def _with_vectors(
        self, contents: Sequence[LocaleContent], changed: Sequence[LocaleContent]
    ) -> tuple[list[LocaleContent], int]:
        """The changed contents with their vectors, and how many of these were made now."""
        if not self.encoder:
            return list(changed), 0
        for content in contents:
            keep(_texts(content), self.encoder, self.cache)
        texts = [_texts(content) for content in changed]
        every = [text for own in texts for text in own]
        embedded = embed(every, self.encoder, self.cache, self.progress)
        complete, start = [], 0
        for content, own in zip(changed, texts, strict=True):
            vectors = embedded.vectors[start : start + len(own)]
            words = embedded.words[start : start + len(content.passages)]
            hidden = self.encoder.hidden
            complete.append(replace(content, vectors=vectors, words=words, hidden=hidden))
            start += len(own)
        return complete, embedded.made


def _texts(content: LocaleContent) -> list[str]:
    """What is embedded of a language: its passages, then its titles and foreseen questions."""
    questions = chain.from_iterable(map(titles_and_questions, content.documents))
    return [*map(text_to_embed, content.passages), *questions]


def _facts(reading: Reading, state: str, encoder: Encoder | None, counts: Counts) -> Facts:
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "state": state,
        "incomplete": has_errors(reading.problems),
        "encoder": {
            "name": encoder.name,
            "fingerprint": encoder.fingerprint,
            "dimensions": encoder.dimensions,
        }
        if encoder
        else None,
        "counts": counts,
    }


def _passages(reading: Reading) -> list[Passage]:
    return [
        passage
        for number, (document, page) in enumerate(reading.documents)
        for passage in cut_passages(
            number, document, page, reading.site.address_in(document.locale)
        )
    ]


def _contents(reading: Reading, passages: Sequence[Passage]) -> list[LocaleContent]:
    """What belongs to each language: documents come sorted by locale, so each is one run."""
    owner = [document.locale for document, _ in reading.documents]
    contents: list[LocaleContent] = []
    document_start = passage_start = 0
    for locale, run in groupby(reading.documents, key=lambda pair: pair[0].locale):
        documents = [document for document, _ in run]
        own = [passage for passage in passages if owner[passage.document] == locale]
        extra = [n for n, document in enumerate(documents) for _ in titles_and_questions(document)]
        contents.append(
            LocaleContent(locale, document_start, passage_start, documents, own, extra, None)
        )
        document_start += len(documents)
        passage_start += len(own)
    return contents


def _copy_files(reading: Reading, folder: Path) -> None:
    for address, source in reading.media.items():
        shutil.copyfile(source, _room_for(address, folder))
    for address, data in reading.theme.files.items():
        _room_for(address, folder).write_bytes(data)


def _room_for(address: str, folder: Path) -> Path:
    target = folder / address.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target
