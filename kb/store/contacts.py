"""What the cases and the contact form say of the service, counted."""

from datetime import datetime

from sqlalchemy import func, select

from kb.deflection import Step
from kb.insight.figures import Contacts
from kb.store.database import Database
from kb.store.deflection import deflections
from kb.store.schema import cases, contact_steps, searches


def contacts(database: Database, since: datetime, now: datetime) -> Contacts:
    """Contacts since then. Forms, and visitors, are counted up to yesterday: today goes on."""
    first, today = since.date(), now.date()
    with database.read() as connection:
        opened = select(func.count()).select_from(cases).where(cases.c.opened >= since)
        repeated = opened.where(cases.c.repeat_of != "")
        asked = select(searches.c.visitor).where(searches.c.at >= since)
        wrote = select(contact_steps.c.visitor).where(
            contact_steps.c.day >= first, contact_steps.c.step == Step.SENT
        )
        all_cases = connection.execute(opened).scalar_one()
        repeats = connection.execute(repeated).scalar_one()
        visitors = set(connection.execute(asked.distinct()).scalars())
        writers = frozenset(connection.execute(wrote).scalars())
    forms = deflections(database, first, today)
    return Contacts(
        contacts=all_cases,
        repeats=repeats,
        deflected_explicit=forms.explicit,
        deflected_implicit=forms.implicit,
        visitors=len(visitors | writers),
        writers=writers,
    )
