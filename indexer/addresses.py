"""Files of the same name in different folders, told apart by their folders.

Vendors' help centers have an `overview.md` in every folder. The address of an article has no folder
in it, so all but one of them get their folders' names in front of the slug.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from indexer.assemble import Entry
from indexer.slugs import slugify
from kb.problems import Problem, Severity

_ROOM_DEPTH = 2  # locale and room, as in de/articles/


def told_apart(entries: Iterable[Entry], problems: list[Problem]) -> Iterator[Entry]:
    """The entries with distinct slugs where their folders allow it; each change is a warning.

    The file nearest to the room keeps the plain slug. Slugs that stay the same are left to
    the check for equal addresses.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.document.url].append(entry)
    taken = set(groups)
    for group in groups.values():
        first, *others = sorted(group, key=lambda e: (e.source.path.count("/"), e.source.path))
        yield first
        for entry in others:
            renamed = _with_folders(entry)
            if renamed.document.url in taken:
                yield entry
                continue
            taken.add(renamed.document.url)
            problems.append(_told(renamed, first))
            yield renamed


def _with_folders(entry: Entry) -> Entry:
    folders = entry.source.path.split("/")[_ROOM_DEPTH:-1]
    document = entry.document
    slug = slugify("-".join((*folders, document.slug)))
    own_id = entry.fields.id or slug
    return replace(entry, document=replace(document, slug=slug, id=own_id))


def _told(entry: Entry, first: Entry) -> Problem:
    message = (
        f"{first.source.path} has the same name, so this page is at {entry.document.url}; "
        "rename one of the files to choose its address."
    )
    return Problem(entry.source.path, 1, 1, "shared-slug", message, Severity.WARNING)
