"""How cost grows from a thousand to a million passages.

    python benchmarks/growth.py --data FOLDER/data --models data/models --work FOLDER

FOLDER/data holds the index of a real corpus (see corpus.py). Smaller sizes are its first
documents; larger ones repeat it: every copy has other vectors (each real one perturbed, so that
its cosine with the original is about .97), other postings (a tenth left out, scores changed by up
to a tenth), and the same texts. So nothing is measured on random numbers, and a million passages
need no hours of encoding. Recall is that of the exact ten nearest vectors; times are those of
searches without encoding.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from questions import german_questions

from kb.store.library import LIBRARY_FILE
from search.dense import build_dense_index
from search.encoder import Encoded, open_encoder
from search.generation import LOCALES_FOLDER, SITE_COPY, Facts, Generation, current_generation
from search.locale_index import SHAPE
from search.query import normalise_query
from search.ranking import CANDIDATES
from search.searcher import Searcher

Array = npt.NDArray[Any]

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LOCALE = "de"
WARM, MEASURED = 200, 300
_NOISE = 0.0128  # standard deviation a dimension, of 384: cosine .97 with the original
_DROPPED, _CHANGED = 0.1, 0.1
_KIB = 1024
# As `kb serve` sets them, before numpy and FAISS are loaded.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_NEAREST, _CHUNK = 10, 50_000


@dataclass(frozen=True)
class Point:
    """One size of the curve. Times in milliseconds, sizes in bytes."""

    passages: int
    p50: float
    p95: float
    recall: float
    disk: int
    resident: int  # proportional set size of the process after the questions
    seconds: float  # to open the index


class Tiling:
    """A real index of one language, cut or repeated to a number of passages."""

    def __init__(self, source: Path, size: int) -> None:
        self.source = source
        owners: Array = np.load(source / "passage-document.npy")
        shape = json.loads((source / SHAPE).read_text())
        self.documents = int(shape["documents"])
        self.passages = len(owners)
        if size < self.passages:
            self.documents = int(owners[size])
            self.passages = int(np.searchsorted(owners, self.documents))
        self.copies = max(1, round(size / self.passages))
        self.shape = shape

    def write(self, target: Path) -> None:
        target.mkdir(parents=True)
        for path in self.source.iterdir():
            if path.is_file():
                os.link(path, target / path.name)
        self._documents(target)
        self._postings(target)
        self._lists(target, "word-starts.npy", ["word-codes.npy", "word-factors.npy"])
        self._lists(target, "unit-starts.npy", ["unit-words.npy"])
        self._lists(target, "forward-starts.npy", ["forward-terms.npy", "forward-places.npy"])
        self._lists(target, "forward-unit-starts.npy", ["forward-units.npy"])
        self._lists(target, "passage-texts.ends.npy", ["passage-texts.bytes.npy"])
        sentences = np.load(self.source / "forward-sentences.npy")[: self.passages]
        _replace(target / "forward-sentences.npy", np.tile(sentences, self.copies))

    def _documents(self, target: Path) -> None:
        """Owners and vectors: the passages' first, those of titles and questions behind them."""
        owners = np.load(self.source / "passage-document.npy")[: self.passages]
        extra = np.load(self.source / "extra-document.npy")
        extra = extra[extra < self.documents]
        _replace(target / "passage-document.npy", self._counted_on(owners, self.documents))
        _replace(target / "extra-document.npy", self._counted_on(extra, self.documents))
        vectors = np.load(self.source / "vectors.npy", mmap_mode="r")
        behind = len(np.load(self.source / "passage-document.npy"))
        parts = [vectors[: self.passages], vectors[behind : behind + len(extra)]]
        every = np.concatenate([part for real in parts for part in self._perturbed(real)])
        for name in ("vectors.npy", "sketches.faiss"):
            (target / name).unlink(missing_ok=True)
        build_dense_index(target, every)
        (target / SHAPE).unlink()
        counts = {
            "documents": self.documents * self.copies,
            "passages": self.passages * self.copies,
            "first_document": 0,
            "first_passage": 0,
        }
        (target / SHAPE).write_text(json.dumps({**self.shape, **counts}))

    def _perturbed(self, vectors: Array) -> Iterator[Array]:
        random = np.random.default_rng(1)
        yield np.array(vectors)
        for _ in range(self.copies - 1):
            noise = random.standard_normal(vectors.shape, np.float32) * np.float32(_NOISE)
            moved = vectors + noise
            yield moved / np.linalg.norm(moved, axis=1, keepdims=True)

    def _counted_on(self, numbers: Array, step: int) -> Array:
        offsets = np.arange(self.copies, dtype=numbers.dtype)[:, None] * numbers.dtype.type(step)
        return (numbers[None, :] + offsets).ravel()

    def _postings(self, target: Path) -> None:
        starts = np.load(self.source / "starts.npy")
        passages, scores = (np.load(self.source / f"{n}.npy") for n in ("passages", "scores"))
        terms = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        own = passages < self.passages
        terms, passages, scores = terms[own], passages[own], scores[own]
        random = np.random.default_rng(2)
        columns: list[tuple[Array, Array, Array]] = [(terms, passages, scores)]
        for copy in range(1, self.copies):
            kept = random.random(len(terms)) >= _DROPPED
            factor = random.uniform(1 - _CHANGED, 1 + _CHANGED, kept.sum()).astype(np.float32)
            offset = np.int32(copy * self.passages)
            columns.append((terms[kept], passages[kept] + offset, scores[kept] * factor))
        every = np.concatenate([column[0] for column in columns])
        order = np.argsort(every, kind="stable")
        ends = np.cumsum(np.bincount(every, minlength=len(starts) - 1))
        _replace(target / "starts.npy", np.concatenate([[0], ends]).astype(np.int64))
        for name, place in (("passages", 1), ("scores", 2)):
            merged = np.concatenate([column[place] for column in columns])[order]
            _replace(target / f"{name}.npy", merged)

    def _lists(self, target: Path, starts_name: str, names: Sequence[str]) -> None:
        """Lists of the passages, repeated file by file: the largest take gigabytes."""
        starts = np.load(self.source / starts_name)[: self.passages + 1]
        size = int(starts[-1])
        _replace(
            target / starts_name,
            np.concatenate([[0], self._counted_on(starts[1:].astype(np.int64), size)]),
        )
        for name in names:
            real = np.load(self.source / name, mmap_mode="r")[:size]
            (target / name).unlink()
            shape = (size * self.copies, *real.shape[1:])
            written = np.lib.format.open_memmap(target / name, "w+", real.dtype, shape)
            for copy in range(self.copies):
                written[copy * size : (copy + 1) * size] = real
            written.flush()


def _replace(path: Path, values: Array) -> None:
    path.unlink(missing_ok=True)
    np.save(path, values)


def _write_library(source: Path, target: Path, documents: int, copies: int) -> None:
    """The heads of the documents: what a search reads."""
    with sqlite3.connect(source) as real:
        (schema,) = real.execute("SELECT sql FROM sqlite_master WHERE name='documents'").fetchone()
        rows = real.execute(
            "SELECT number, kind, id, locale, slug, category, title, head FROM documents"
            " WHERE locale = ? ORDER BY number LIMIT ?",
            (LOCALE, documents),
        ).fetchall()
    with sqlite3.connect(target) as made:
        made.execute(schema)
        for copy in range(copies):
            made.executemany(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
                (
                    (
                        place + copy * documents,
                        kind,
                        f"{own}-{copy}",
                        locale,
                        f"{slug}-{copy}",
                        *rest,
                    )
                    for place, (_, kind, own, locale, slug, *rest) in enumerate(rows)
                ),
            )


class Known:
    """An encoder that has made everything before: what is measured is the rest."""

    def __init__(self, encoder: Any, texts: Sequence[str]) -> None:
        self._made = {text: encoder.encode_query(text) for text in texts}
        self.name, self.fingerprint = encoder.name, encoder.fingerprint
        self.dimensions, self.hidden = encoder.dimensions, encoder.hidden

    def encode_query(self, text: str) -> Encoded:
        return self._made[text]


def measure(folder: Path, encoder: Known, texts: Sequence[str], facts: Facts) -> Point:
    """Ask all questions in this process; the first ones only warm it up."""
    started = time.perf_counter()
    generation = Generation(folder, {**facts, "files": {}})
    searcher = Searcher(generation, encoder)  # type: ignore[arg-type]
    opened = time.perf_counter() - started
    taken = []
    for text in texts:
        before = time.perf_counter()
        searcher.search(text, LOCALE)
        taken.append((time.perf_counter() - before) * 1000)
    p50, p95 = np.percentile(taken[WARM:], (50, 95))
    index = generation.locales[LOCALE]
    assert index.dense
    resident = _proportional_set_size()
    vectors = np.load(folder / LOCALES_FOLDER / LOCALE / "vectors.npy", mmap_mode="r")
    recall = _recall(index.dense, vectors, [encoder.encode_query(t).vector for t in texts[WARM:]])
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Point(index.passages, p50, p95, recall, disk, resident, opened)


def _recall(dense: Any, vectors: Array, queries: Sequence[Array]) -> float:
    """Share of the exact ten nearest vectors that a search considers."""
    asked = np.stack(queries)
    best = np.full((len(asked), _NEAREST), -1.0, np.float32)
    numbers = np.zeros((len(asked), _NEAREST), np.int64)
    for start in range(0, len(vectors), _CHUNK):
        cosines = asked @ vectors[start : start + _CHUNK].T
        here = np.broadcast_to(np.arange(start, start + cosines.shape[1]), cosines.shape)
        every = np.concatenate([best, cosines], axis=1)
        top = np.argpartition(-every, _NEAREST, axis=1)[:, :_NEAREST]
        best = np.take_along_axis(every, top, axis=1)
        numbers = np.take_along_axis(np.concatenate([numbers, here], axis=1), top, axis=1)
    found = [np.isin(own, dense.near(q, CANDIDATES)) for q, own in zip(asked, numbers, strict=True)]
    return float(np.mean(found))


def _proportional_set_size() -> int:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * _KIB
    return 0


def _build(source: Path, folder: Path, size: int) -> None:
    tiling = Tiling(source / LOCALES_FOLDER / LOCALE, size)
    tiling.write(folder / LOCALES_FOLDER / LOCALE)
    library = folder / LIBRARY_FILE
    _write_library(source / LIBRARY_FILE, library, tiling.documents, tiling.copies)
    for name in (SITE_COPY, "calibration.json"):
        shutil.copyfile(source / name, folder / name)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--questions", type=click.Path(path_type=Path), default="../shared/eval")
@click.option("--work", type=click.Path(path_type=Path), required=True)
@click.option("--sizes", type=int, multiple=True, default=SIZES)
@click.option("--measure-only", type=int, hidden=True)
def main(
    data: Path, models: Path, questions: Path, work: Path, sizes: Sequence[int], measure_only: int
) -> None:
    """Print the curve, one line a size."""
    name = current_generation(data / "index")
    source = data / "index" / str(name)
    if measure_only:
        manifest = json.loads((source / "manifest.json").read_text())
        encoder = open_encoder(models, fingerprint=manifest["encoder"]["fingerprint"])
        texts = [normalise_query(t) for t in german_questions(questions)[: WARM + MEASURED]]
        point = measure(work / str(measure_only), Known(encoder, texts), texts, manifest)
        click.echo(json.dumps(asdict(point)))
        return
    for size in sizes:
        folder = work / str(size)
        shutil.rmtree(folder, ignore_errors=True)
        _build(source, folder, size)
        run = subprocess.run(
            [sys.executable, *sys.argv, "--measure-only", str(size)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_ONE_THREAD},
        )
        click.echo(run.stdout.strip())
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
