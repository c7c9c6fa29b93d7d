"""Steps of visitors through the contact form, written and counted."""

from collections import defaultdict
from datetime import date

from sqlalchemy import select

from kb.deflection import Deflections, Step
from kb.store.conflicts import inserting
from kb.store.database import Database
from kb.store.schema import contact_steps


def note_step(
    database: Database, visitor: str, day: date, step: Step, locale: str, document: str = ""
) -> None:
    """Remember that a visitor came this far; each step counts once a day."""
    values = {
        "visitor": visitor,
        "day": day,
        "step": step,
        "locale": locale,
        "document": document,
    }
    taken = [contact_steps.c[name] == values[name] for name in ("visitor", "day", "step")]
    with database.read() as connection:  # who goes on writing passes here again and again
        if connection.execute(select(contact_steps.c.step).where(*taken)).first():
            return
    with database.write() as connection:
        statement = inserting(connection, contact_steps).values(values)
        connection.execute(statement.on_conflict_do_nothing())


def deflections(database: Database, since: date, until: date) -> Deflections:
    """What became of the forms begun from `since` up to the day before `until`.

    Give today as `until`, or an earlier day: a day that goes on may still bring a message.
    """
    taken: dict[tuple[str, date], set[str]] = defaultdict(set)
    query = select(contact_steps.c.visitor, contact_steps.c.day, contact_steps.c.step)
    query = query.where(contact_steps.c.day >= since, contact_steps.c.day < until)
    with database.read() as connection:
        for visitor, day, step in connection.execute(query):
            taken[visitor, day].add(step)
    begun = list(taken.values())
    unsent = [steps for steps in begun if Step.SENT not in steps]
    return Deflections(
        started=sum(Step.STARTED in steps for steps in begun),
        suggested=sum(Step.SUGGESTED in steps for steps in begun),
        explicit=sum(Step.SOLVED in steps for steps in unsent),
        implicit=sum(
            {Step.STARTED, Step.SUGGESTED} <= steps and Step.SOLVED not in steps for steps in unsent
        ),
        sent=sum(Step.SENT in steps for steps in begun),
    )
