"""What the cases and the contact form say of the service, counted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, union

from kb.deflection import Step
from kb.insight.figures import Contacts, Repeats
from kb.store.database import Database
from kb.store.deflection import deflections
from kb.store.schema import cases, contact_steps, reads, searches


def contacts(database: Database, since: datetime, now: datetime) -> Contacts:
    """Contacts since then. Forms, and visitors, are counted up to yesterday: today goes on."""
    first, today = since.date(), now.date()
    with database.read() as connection:
        repeated = func.sum(case((cases.c.repeat_of != "", 1), else_=0)).label("repeats")
        opened = select(
            cases.c.category.label("topic"),
            cases.c.document,
            func.count().label("contacts"),
            repeated,
        ).where(cases.c.opened >= since)
        rows = connection.execute(opened.group_by(cases.c.category, cases.c.document)).mappings()
        about = rows.all()
        asked = select(searches.c.visitor).where(searches.c.at >= since)
        opened_pages = select(reads.c.visitor).where(reads.c.at >= since)
        wrote = select(contact_steps.c.visitor).where(
            contact_steps.c.day >= first, contact_steps.c.step == Step.SENT
        )
        visitors = set(connection.execute(union(asked, opened_pages)).scalars())
        writers = frozenset(connection.execute(wrote).scalars())
    forms = deflections(database, first, today)
    return Contacts(
        all=_added(about),
        by_topic=_by("topic", about),
        by_document=_by("document", about),
        deflected_explicit=forms.explicit,
        deflected_implicit=forms.implicit,
        visitors=len(visitors | writers),
        writers=writers,
    )


def _by(name: str, rows: Iterable[Any]) -> dict[str, Repeats]:
    """By the value of a column, the most contacts first."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    counted = {value: _added(same) for value, same in found.items()}
    return dict(sorted(counted.items(), key=lambda one: (-one[1].contacts, one[0])))


def _added(rows: Iterable[Any]) -> Repeats:
    together = list(rows)
    return Repeats(
        sum(row["contacts"] for row in together), sum(int(row["repeats"]) for row in together)
    )
