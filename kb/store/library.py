"""The published content: one SQLite file inside an index generation.

Documents and passages are numbered from 0 in the order they were written; the numbers are the row
numbers of the vector and keyword indexes beside this file.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from kb.documents import Document, Kind, Page, Passage
from kb.errors import DamagedIndex, StoreError
from kb.variants import known_audiences

LIBRARY_FILE = "library.sqlite3"

_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, locale TEXT NOT NULL,
    slug TEXT NOT NULL, category TEXT NOT NULL, audience TEXT NOT NULL, title TEXT NOT NULL,
    head BLOB NOT NULL, body BLOB NOT NULL, UNIQUE (kind, locale, slug), UNIQUE (kind, locale, id)
);
CREATE INDEX documents_by_id ON documents (id);
CREATE INDEX documents_by_category ON documents (locale, kind, category);
CREATE TABLE redirects (address TEXT PRIMARY KEY, document INTEGER NOT NULL);
CREATE TABLE passages (number INTEGER PRIMARY KEY, document INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX passages_by_document ON passages (document);
CREATE TABLE mentions (product TEXT, document INTEGER, PRIMARY KEY (product, document))
    WITHOUT ROWID;
"""

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
_PAGE: TypeAdapter[Page] = TypeAdapter(Page)
_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)


Mention = tuple[str, int]  # id of a product, number of a document that tells of it


def write_library(
    path: Path,
    documents: Iterable[tuple[Document, Page]],
    passages: Iterable[Passage],
    mentions: Iterable[Mention] = (),
) -> None:
    """Write a new library. Called by the indexer; `path` must not exist.

    Raises StoreError when it cannot be written.
    """
    try:
        _write(path, documents, passages, mentions)
    except sqlite3.Error as error:
        raise StoreError(path, error) from error


def _write(
    path: Path,
    documents: Iterable[tuple[Document, Page]],
    passages: Iterable[Passage],
    mentions: Iterable[Mention],
) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody reads the file before it is sealed and flushed, so it needs no journal.
        connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_SCHEMA}")
        connection.execute("BEGIN")
        for number, (document, page) in enumerate(documents):
            _insert_document(connection, number, document, page)
        connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?)",
            (
                (number, passage.document, _PASSAGE.dump_json(passage))
                for number, passage in enumerate(passages)
            ),
        )
        connection.executemany("INSERT INTO mentions VALUES (?, ?)", mentions)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _insert_document(
    connection: sqlite3.Connection, number: int, document: Document, page: Page
) -> None:
    head, body = _DOCUMENT.dump_json(document), _PAGE.dump_json(page)
    key = (document.kind, document.id, document.locale, document.slug, document.category)
    audience = " ".join(known_audiences(document.audience))
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, *key, audience, document.title, head, body),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO redirects VALUES (?, ?)",
        ((address, number) for address in document.redirect_from),
    )


class CatalogueEntry(NamedTuple):
    """What filters need to know of every document."""

    kind: Kind
    id: str
    locale: str
    category: str
    audience: tuple[str, ...]  # names of `kb.variants.AUDIENCES`


class Library:
    """Read access to one published library. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Raises DamagedIndex when the file is not a library."""
        # `immutable` spares all locking: a published generation never changes.
        self._address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._rows("SELECT 1 FROM documents LIMIT 1")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._address, uri=True, check_same_thread=False)
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        try:
            return self._connection().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise DamagedIndex(f"{self._path}: {error}.", self._path) from error

    def close(self) -> None:
        """Close the connections of all threads; the library must not be used afterwards."""
        while self._open:
            self._open.pop().close()

    def catalogue(self) -> list[CatalogueEntry]:
        """One entry a document, in the order of their numbers."""
        sql = "SELECT kind, id, locale, category, audience FROM documents ORDER BY number"
        return [
            CatalogueEntry(Kind(kind), name, locale, category, tuple(audience.split()))
            for kind, name, locale, category, audience in self._rows(sql)
        ]

    def document(self, number: int) -> Document:
        (head,) = self._rows("SELECT head FROM documents WHERE number = ?", (number,))[0]
        return _DOCUMENT.validate_json(head)

    def page(self, number: int) -> Page:
        (body,) = self._rows("SELECT body FROM documents WHERE number = ?", (number,))[0]
        return _PAGE.validate_json(body)

    def passage(self, number: int) -> Passage:
        (body,) = self._rows("SELECT body FROM passages WHERE number = ?", (number,))[0]
        return _PASSAGE.validate_json(body)

    def passages_of(self, document: int) -> list[Passage]:
        sql = "SELECT body FROM passages WHERE document = ? ORDER BY number"
        return [_PASSAGE.validate_json(body) for (body,) in self._rows(sql, (document,))]

    def find(self, kind: Kind, locale: str, slug: str) -> int | None:
        """Number of the document at this address, None when there is none."""
        sql = "SELECT number FROM documents WHERE kind = ? AND locale = ? AND slug = ?"
        return self._number(sql, (kind, locale, slug))

    def find_id(self, document_id: str, locale: str, kind: Kind | None = None) -> int | None:
        """Number of the document with this id in this locale, None when there is none."""
        sql = "SELECT number FROM documents WHERE id = ? AND locale = ? AND kind = ifnull(?, kind)"
        return self._number(sql, (document_id, locale, kind))

    def mentioning(self, product: str) -> list[int]:
        """Numbers of the documents in all languages that tell of the product with this id."""
        sql = "SELECT document FROM mentions WHERE product = ?"
        return [number for (number,) in self._rows(sql, (product,))]

    def redirect(self, address: str) -> int | None:
        """Number of the document that once had this address."""
        return self._number("SELECT document FROM redirects WHERE address = ?", (address,))

    def _number(self, sql: str, values: Sequence[object]) -> int | None:
        rows = self._rows(sql, values)
        return rows[0][0] if rows else None

    def translations(self, kind: Kind, document_id: str) -> dict[str, Document]:
        """All languages of one document, by locale."""
        sql = "SELECT head FROM documents WHERE kind = ? AND id = ? ORDER BY locale"
        found = self._documents(sql, (kind, document_id))
        return {document.locale: document for document in found}

    def documents(
        self, locale: str, kind: Kind | None = None, category: str | None = None
    ) -> list[Document]:
        """Documents of a locale by title, optionally of one kind or category."""
        sql = (
            "SELECT head FROM documents WHERE locale = ? AND kind = ifnull(?, kind)"
            " AND category = ifnull(?, category) ORDER BY title COLLATE NOCASE"
        )
        return list(self._documents(sql, (locale, kind, category)))

    def counts(self, locale: str, kind: Kind) -> dict[str, int]:
        """Number of documents per category."""
        sql = (
            "SELECT category, count(*) FROM documents WHERE locale = ? AND kind = ?"
            " GROUP BY category"
        )
        return dict(self._rows(sql, (locale, kind)))

    def _documents(self, sql: str, values: Sequence[object]) -> Iterator[Document]:
        return (_DOCUMENT.validate_json(head) for (head,) in self._rows(sql, values))
