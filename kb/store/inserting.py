"""INSERT with a word for what is there already."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from kb.store.database import Database


def inserting(database: Database, table: Any) -> Any:
    """INSERT with the database's own words for conflicts, which are the same for both."""
    dialects: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[database.dialect](table)
