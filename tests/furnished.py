"""Records of a help center that was used for a month: something of everything staff can look at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from postbox import NEW
from staffed import member_added
from test_store_records import SEARCH, VOTE

from kb.cases import ItemKind, PacketItem
from kb.feedback import Reason
from kb.store.cases import add_message, answer_case, open_case
from kb.store.database import Database
from kb.store.feedback import add_searches, keep_vote, numbered_votes
from kb.store.migrate import migrate
from kb.store.tasks import record
from kb.tasks import Evidence, Finding, Source, Subject, TaskKind

CASE = "4827-1935"  # what staff's pages show as the example of a case
_KEY = b"the key of furnished records"
_RTL = "شحن البطارية لا يعمل في الشتاء \N{RIGHT-TO-LEFT OVERRIDE}!"
_LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 8
_TYPED = ("Wo ist meine Rechnung?", "How do I reset the display?", _RTL, _LONG, "<b>Akku</b> & Co")
_PAGES = ("article/order-invoice", "article/battery-storage", "product/trek-7", "article/gone")
_STATUSES = ("answered", "related", "no_answer")


def furnish(folder: Path) -> None:
    """Write them into the records in this folder, and let `staffed.EMAIL` sign in as an admin."""
    database, now = Database.in_folder(folder), datetime.now(UTC)
    try:
        migrate(database)
        _ask(database, now)
        _vote(database, now)
        _open_tasks(database, now)
        _open_cases(database, now)
    finally:
        database.close()
    member_added(folder)


def _ask(database: Database, now: datetime) -> None:
    asked = [
        replace(
            SEARCH,
            query_id=f"furnished{number}",
            visitor=f"v{number}",
            question=_TYPED[number % len(_TYPED)],
            status=_STATUSES[number % len(_STATUSES)],
            document=_PAGES[number % len(_PAGES)],
            at=now - timedelta(hours=9 * number),
        )
        for number in range(75)
    ]
    add_searches(database, asked)


def _vote(database: Database, now: datetime) -> None:
    reasons = list(Reason)
    for number in range(40):
        solved, at = number % 3 > 0, now - timedelta(hours=17 * number)
        said = replace(VOTE, visitor=f"v{number}", day=at.date(), at=at, solved=solved)
        said = replace(said, document=_PAGES[number % len(_PAGES)], query_id="")
        comment, reason = _TYPED[number % len(_TYPED)], reasons[number % len(reasons)]
        wrong = replace(said, reason=reason, comment=comment)
        keep_vote(database, replace(said, reason=None, comment="") if solved else wrong)


def _open_tasks(database: Database, now: datetime) -> None:
    """The first one is about a page, with votes of which each says something else."""
    about = Subject(TaskKind.ARTICLE, _PAGES[0], "", "", "service", "service")
    votes = [
        Evidence(Source.VOTE, str(number), vote.visitor, vote.at)
        for number, vote in numbered_votes(database, now - timedelta(days=99)).items()
        if not vote.solved
    ]
    proposed = Subject(TaskKind.QUESTION, _PAGES[1], "de", "Akku im Keller?", "workshop", "")
    gaps = [Subject(TaskKind.GAP, "", "de", title, "workshop", "") for title in _TYPED]
    record(
        database,
        [
            Finding(about, (*votes, Evidence(Source.JUDGMENT, "j1", "", now))),
            Finding(proposed, (Evidence(Source.STAFF, "task 2", "", now),)),
            *(
                Finding(gap, (Evidence(Source.SEARCH, f"furnished{number}", "v1", now),))
                for number, gap in enumerate(gaps)
            ),
        ],
    )


def _open_cases(database: Database, now: datetime) -> None:
    packet = (
        *NEW.packet,
        PacketItem(ItemKind.VOTE, "k", _RTL, "incomplete", "article/battery-storage"),
        PacketItem(ItemKind.CONTEXT, "k", "business"),
    )
    first = replace(NEW, submission="furnished", at=now - timedelta(days=2), packet=packet)
    with patch("kb.store.cases.new_number", return_value=CASE):
        open_case(database, _KEY, first, frozenset())
    for number, text in enumerate(_TYPED):
        contact = replace(NEW.contact, message=text, name=text[:100], order_number="B-20431")
        open_case(
            database,
            _KEY,
            replace(first, submission=f"furnished{number}", contact=contact, packet=()),
            frozenset(),
        )
    answer_case(database, CASE, "So:", now, frozenset(), "article/battery-storage", by="kb")
    add_message(database, CASE, _LONG, now, frozenset())
