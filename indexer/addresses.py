"""Files of the same name in different folders, told apart by their folders.

Vendors' help centers have an `overview.md` in every folder. Neither address nor id of an article
has a folder in it, so two of them would share an address, and pages that are no translations of
each other would share an id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexer.assemble import Entry
from indexer.slugs import slugify
from kb.documents import Kind
from kb.problems import Problem, Severity

_ROOM_DEPTH = 2  # locale and room, as in de/articles/


def told_apart(entries: Sequence[Entry], problems: list[Problem]) -> Iterator[Entry]:
    """The entries with distinct addresses and ids where folders allow it; each change is a warning.

    When any language has a slug twice, all files of that slug get their folders' names in front of
    their default id: `akku/overview.md` is the same page in all languages then. In each language
    the file nearest to the room keeps the plain slug. Slugs that stay the same are left to
    the check for equal addresses.
    """
    groups: dict[tuple[Kind, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.document.kind, entry.document.slug].append(entry)
    taken = {entry.document.url for entry in entries}
    for group in groups.values():
        if max(Counter(entry.document.locale for entry in group).values()) == 1:
            yield from group
        else:
            yield from _by_folder(group, taken, problems)


def _by_folder(group: list[Entry], taken: set[str], problems: list[Problem]) -> Iterator[Entry]:
    first: dict[str, Entry] = {}  # of each language
    for entry in sorted(group, key=lambda e: (e.source.path.count("/"), e.source.path)):
        nearest = first.setdefault(entry.document.locale, entry)
        name = _with_folders(entry)
        document = replace(entry.document, id=entry.fields.id or name)
        moved = replace(document, slug=name)
        if nearest is not entry and moved.url not in taken:
            taken.add(moved.url)
            problems.append(_moved(entry, moved.url, nearest))
            document = moved
        elif document.id != entry.document.id:
            problems.append(_named(entry, document.id))
        yield replace(entry, document=document)


def _with_folders(entry: Entry) -> str:
    folders = entry.source.path.split("/")[_ROOM_DEPTH:-1]
    return slugify("-".join((*folders, entry.document.slug)))


def _moved(entry: Entry, url: str, nearest: Entry) -> Problem:
    message = (
        f"{nearest.source.path} has the same name, so this page is at {url}; "
        "rename one of the files to choose its address."
    )
    return _problem(entry, message)


def _named(entry: Entry, name: str) -> Problem:
    message = (
        f"Other folders have a file of the same name, so the id of this page is `{name}`; "
        "write an `id` to choose another."
    )
    return _problem(entry, message)


def _problem(entry: Entry, message: str) -> Problem:
    return Problem(entry.source.path, 1, 1, "shared-slug", message, Severity.WARNING)
