"""A language whose content did not change keeps its index: nothing of it is built again."""

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from kb.documents import Passage
from kb.files import files_below
from search.generation import LOCALES_FOLDER
from search.locale_index import SHAPE, LocaleContent, write_shape

_DIGEST = "content.sha256"
_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)


def content_digest(content: LocaleContent, made_by: str) -> str:
    """A hash over all that goes into the index of a language, wherever its numbers begin.

    `made_by` tells the versions of what makes vectors and terms.
    """
    digest = hashlib.sha256(f"{made_by}\n{content.locale}".encode())
    for document in content.documents:
        digest.update(repr((document.title, document.questions)).encode())
    for passage in content.passages:
        own = replace(passage, document=passage.document - content.first_document)
        digest.update(_PASSAGE.dump_json(own))
    return digest.hexdigest()


def take_over(content: LocaleContent, digest: str, standing: Path | None, locales: Path) -> bool:
    """Link the index of a language from the generation `standing`, when it has this digest.

    Into its folder below `locales`; no generation ever changes a file. `standing` must be intact.
    False when there is nothing to take over.
    """
    folder = locales / content.locale
    source = standing and standing / LOCALES_FOLDER / content.locale
    if not source or _digest_of(source) != digest:
        return False
    for name in files_below(source):
        if name.name != SHAPE:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(source / name, target)
    shape = json.loads((source / SHAPE).read_text())
    write_shape(folder, content, shape["dense"])
    return True


def write_digest(folder: Path, digest: str) -> None:
    (folder / _DIGEST).write_text(digest)


def _digest_of(folder: Path) -> str | None:
    try:
        return (folder / _DIGEST).read_text()
    except OSError:
        return None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
