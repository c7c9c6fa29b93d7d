"""Prepares what the engines are compared on: passages, vectors, questions and this product's index.

    python benchmarks/corpus.py --corpus ../shared/corpora/mdn-de.tar.xz --passages 30000 --out A
    python benchmarks/corpus.py --set ../shared/eval/deltachat-faq-de --out B

Run it with the project's own environment. Every engine gets the texts that this product embeds and
the vectors of this product's index, as `peers/prepared.py` reads them.
"""

import json
import random
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import click
import numpy as np
from peers.prepared import FACTS, PASSAGES, QUERIES, QUERY_STATES, QUERY_VECTORS, VECTORS

from indexer.passages import cut_passages
from indexer.reader import read_content
from kb.progress import Silent
from kb.store.build_cache import CACHE_FILE, BuildCache
from search.encoder import OnnxEncoder, open_encoder
from search.generation import CURRENT, Generation
from search.locale_index import text_to_embed

LOCALE = "de"
QUESTION_SETS = ("xquad-de", "deltachat-faq-de", "commerce-kb-de", "d365-bc-de")
MEASURED, WARMING = 400, 200
_SEED = 0
_PASSAGES_A_FILE = 8  # where the search for the number of files starts


class Question(NamedTuple):
    id: str
    text: str
    grades: dict[str, float]  # by document id; empty where nothing is judged


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write_rows(path: Path, entries: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


class Archive:
    """The Markdown files of an archive, in path order."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as archive:
            members = [member for member in archive if member.name.endswith(".md")]
            members.sort(key=lambda member: PurePosixPath(member.name))
            self.names = ["/".join(PurePosixPath(member.name).parts[1:]) for member in members]
            by_offset = sorted(range(len(members)), key=lambda n: members[n].offset)
            self._texts = [b""] * len(members)
            for number in by_offset:
                file = archive.extractfile(members[number])
                self._texts[number] = file.read() if file else b""

    def write(self, content: Path, files: int) -> None:
        """Make `content` hold the first `files` of them."""
        articles = content / LOCALE / "articles"
        for number, name in enumerate(self.names):
            target = articles / name
            if number >= files:
                target.unlink(missing_ok=True)
            elif not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._texts[number])


def passages_by_file(content: Path, index: Path) -> dict[str, int]:
    """How many passages come of each file, by its path below the articles."""
    cache = BuildCache(index / CACHE_FILE)
    try:
        reading = read_content(content, cache=cache, progress=Silent())
    finally:
        cache.close()
    counts = {}
    for number, (document, page) in enumerate(reading.documents):
        name = document.source.removeprefix(f"{LOCALE}/articles/")
        counts[name] = len(list(cut_passages(number, document, page)))
    return counts


def write_first(archive: Archive, content: Path, index: Path, wanted: int) -> None:
    """Write the first files that hold `wanted` passages, the last one whole."""
    files, every = round(wanted / _PASSAGES_A_FILE), len(archive.names)
    while True:
        archive.write(content, files)
        counts = passages_by_file(content, index)
        total = np.cumsum([counts.get(name, 0) for name in archive.names[:files]])
        click.echo(f"{files} files hold {total[-1]} passages")
        if total[-1] >= wanted:
            break
        if files == every:
            raise click.ClickException(f"The corpus has only {total[-1]} passages.")
        files = min(every, files + files // 10 + 1)
    archive.write(content, int(np.searchsorted(total, wanted)) + 1)


def write_set(folder: Path, content: Path) -> dict[str, str]:
    """Write a judged set's corpus as articles; its ids by the articles' names."""
    articles = content / LOCALE / "articles"
    articles.mkdir(parents=True, exist_ok=True)
    names = {}
    for number, document in enumerate(rows(folder / "corpus.jsonl")):
        name = f"a{number:06d}"
        names[name] = str(document["id"])
        title = " ".join((document.get("title") or "").split())[:200] or f"Artikel {number}"
        head = f"---\nid: {name}\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n\n"
        (articles / f"{name}.md").write_text(f"{head}{document['text']}\n", encoding="utf-8")
    return names


def run_index(kb: str, content: Path, data: Path, models: Path) -> float:
    """Build the index; the seconds that a build takes when only texts are embedded already."""
    where = ["--content", str(content), "--data", str(data), "--models", str(models)]
    command = [kb, "index", *where, "--skip-broken", "--force"]
    for _ in range(2):
        _forget_generations(data / "index")
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if done.returncode:
            raise click.ClickException(f"kb index failed:\n{done.stdout}{done.stderr[-3000:]}")
    return seconds


def _forget_generations(index: Path) -> None:
    """Leave nothing of earlier builds but the cache of rendered pages and vectors."""
    (index / CURRENT).unlink(missing_ok=True)
    for generation in index.glob("*/"):
        shutil.rmtree(generation)


def export(out: Path, passages: int | None, names: dict[str, str]) -> dict[str, Any]:
    """Write passages and vectors for the peers, at most `passages`; facts of what there is."""
    generation = Generation.open_current(out / "data" / "index")
    index, library = generation.locales[LOCALE], generation.library
    count = min(passages or index.passages, index.passages)
    ids = [entry.id for entry in library.catalogue()]
    found = (library.passage(index.first_passage + number) for number in range(count))
    entries = (
        {
            "id": number,
            "text": text_to_embed(passage),
            "document": names.get(ids[passage.document], ids[passage.document]),
        }
        for number, passage in enumerate(found)
    )
    write_rows(out / PASSAGES, entries)
    assert index.dense is not None
    np.save(out / VECTORS, np.stack([index.dense.vector(number) for number in range(count)]))
    facts = {
        "passages": count,
        "own_passages": index.passages,
        "own_vectors": index.dense.size,
        "documents": index.documents,
        "names": names,
    }
    generation.close()
    return facts


def sampled(folder: Path) -> list[Question]:
    """Those to measure, then those to warm up with: different texts of all question sets."""
    texts = {
        row["text"].strip(): f"{name}/{row['id']}"
        for name in QUESTION_SETS
        for row in rows(folder / name / "queries.jsonl")
        if row["text"].strip()
    }
    chosen = random.Random(_SEED).sample(sorted(texts), MEASURED + WARMING)
    return [Question(texts[text], text, {}) for text in chosen]


def judged(folder: Path) -> list[Question]:
    grades: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, grade = line.split("\t")[:3]
        if grade.replace(".", "").isdigit() and float(grade) > 0:
            grades.setdefault(query, {})[document] = float(grade)
    asked = rows(folder / "queries.jsonl")
    return [Question(q["id"], q["text"], grades[q["id"]]) for q in asked if q["id"] in grades]


def write_questions(out: Path, questions: Sequence[Question], encoder: OnnxEncoder) -> None:
    """The questions with what the encoder makes of them."""
    encoded = [encoder.encode_query(question.text) for question in questions]
    write_rows(out / QUERIES, (question._asdict() for question in questions))
    np.save(out / QUERY_VECTORS, np.stack([one.vector for one in encoded]))
    ends = np.cumsum([len(one.words) for one in encoded])
    np.savez(out / QUERY_STATES, states=np.concatenate([one.words for one in encoded]), ends=ends)


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path, exists=True), help="Archive of Markdown.")
@click.option("--passages", default=30_000, show_default=True, help="How many, from the first on.")
@click.option("--set", "judged_set", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--cache", type=click.Path(path_type=Path, exists=True), help="Data folder to copy.")
@click.option("--models", type=click.Path(path_type=Path), default=Path("data/models"))
@click.option("--questions", type=click.Path(path_type=Path), default=Path("../shared/eval"))
@click.option("--kb", default=str(Path(sys.executable).parent / "kb"), help="The command line.")
def main(
    corpus: Path | None,
    passages: int,
    judged_set: Path | None,
    out: Path,
    cache: Path | None,
    models: Path,
    questions: Path,
    kb: str,
) -> None:
    """Prepare a corpus to measure speed on, or a judged set to measure quality on."""
    if (corpus is None) == (judged_set is None):
        raise click.UsageError("Name either --corpus or --set.")
    content, data = out / "content", out / "data"
    index = data / "index"
    index.mkdir(parents=True, exist_ok=True)
    if cache and not (index / CACHE_FILE).exists():
        for name in (CACHE_FILE, f"{CACHE_FILE}-wal"):
            if (cache / "index" / name).exists():
                shutil.copyfile(cache / "index" / name, index / name)
    names: dict[str, str] = {}
    if corpus:
        write_first(Archive(corpus), content, index, passages)
    elif judged_set:
        names = write_set(judged_set, content)
    seconds = run_index(kb, content, data, models)
    facts = export(out, passages if corpus else None, names)
    encoder = open_encoder(models)
    assert encoder is not None
    asked = judged(judged_set) if judged_set else sampled(questions)
    write_questions(out, asked, encoder)
    source = judged_set or corpus
    assert source is not None
    facts |= {"name": source.name.split(".")[0], "own_build_s": seconds}
    facts |= {"measured": len(asked) if judged_set else MEASURED, "encoder": encoder.name}
    (out / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    click.echo(
        f"{out}: {facts['passages']} passages, {len(asked)} questions, built in {seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
