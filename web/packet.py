"""What of a visitor's day goes along with a message, if they let it: searches, pages read, votes,
the finder's answers, and what they said of themselves."""

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qsl

from kb.cases import ItemKind, PacketItem
from kb.context import Context
from kb.feedback import Read, Search, Vote
from kb.store.feedback import searches_by, votes_by
from kb.store.reads import reads_by
from web.finder_json import answers_in_words
from web.pages import shelf
from web.records import records, visitor

MOST = 10  # searches, reads, and votes; the last ones
_LONGEST_FINDER = 500  # characters of a finder's answers in an address


def packet_of(context: Context, finder: str) -> tuple[PacketItem, ...]:
    """Everything that may go along, each kind in the order in which it happened.

    `finder` is a product type and the answers given there, as an address has them.
    """
    database, name = records().database, visitor()
    asked = _latest_of_each(searches_by(database, name))[-MOST:]
    read = read_items(reads_by(database, name))[-MOST:]
    votes = votes_by(database, name)[-MOST:]
    return (
        *map(search_item, asked),
        *read,
        *map(_vote_item, votes),
        *_finder_items(finder),
        *_context_items(context),
    )


def search_item(search: Search) -> PacketItem:
    return PacketItem(
        ItemKind.SEARCH,
        f"search:{search.query_id}",
        search.question,
        search.status,
        search.document,
    )


def read_items(reads: Iterable[Read]) -> list[PacketItem]:
    """Each page once, whatever led there, with how long it was in sight altogether."""
    seconds: dict[str, int] = defaultdict(int)
    for read in reads:
        seconds[read.document] += read.seconds
    return [
        PacketItem(ItemKind.READ, f"read:{document}", "", document=document, seconds=_as_shown(one))
        for document, one in seconds.items()
    ]


def _as_shown(seconds: int) -> int:
    """In whole minutes, or 1 for less than one, as the customer reads it: by exact seconds one
    could look up whose day it was, and what they left out."""
    return seconds // 60 * 60 or min(seconds, 1)


def _latest_of_each(searches: Iterable[Search]) -> list[Search]:
    """The same question asked again counts once; what was forgotten, not at all."""
    latest = {search.question: search for search in searches if search.question}
    return sorted(latest.values(), key=lambda search: search.at)


def _vote_item(vote: Vote) -> PacketItem:
    outcome = "solved" if vote.solved else f"unsolved {vote.reason or ''}".strip()
    key = f"vote:{vote.place}:{vote.document}"
    return PacketItem(ItemKind.VOTE, key, vote.comment, outcome, vote.document)


def _finder_items(given: str) -> list[PacketItem]:
    name, _, query = given[:_LONGEST_FINDER].partition("?")
    finder = shelf().finders.get(name)
    if finder is None:
        return []
    words = answers_in_words(finder.guide.state(dict(parse_qsl(query))))
    if not words:
        return []
    text = f"{shelf().type_title(name)} – {'; '.join(words)}"
    return [PacketItem(ItemKind.FINDER, "finder", text)]


def _context_items(context: Context) -> list[PacketItem]:
    """The product has a field of its own, and the form of address is not the team's business."""
    said = (context.customer, context.experience)
    return [PacketItem(ItemKind.CONTEXT, f"context:{name}", name) for name in said if name]
