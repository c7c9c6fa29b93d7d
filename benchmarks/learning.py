"""What the knowledge base learns from questions that were asked and confirmed: hit@1 before, after.

    python benchmarks/learning.py --content content --data data --models data/models

Every second judgment of each language that can be answered counts as asked and confirmed by two
visitors: its words are written into the front matter of the first document it expects, in a copy of
the content, and the copy is indexed. The others are held out: they show whether what was learned
helps, or harms, questions that nobody confirmed.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from indexer.add_question import add_to_file
from indexer.build import build_index
from kb.judgments import Judgment, read_judgments
from search.encoder import Encoder, open_encoder
from search.evaluation import evaluate
from search.figures import Outcome
from search.searcher import Searcher

_CACHE = "build-cache.sqlite3"  # known texts keep their vectors


def confirmed(judgments: Sequence[Judgment]) -> set[Judgment]:
    """Every second answerable judgment of each language, in the order of the file."""
    chosen: set[Judgment] = set()
    for locale in sorted({one.locale for one in judgments}):
        own = [one for one in judgments if one.locale == locale and one.is_answerable]
        chosen.update(own[::2])
    return chosen


def apply(content: Path, searcher: Searcher, asked: set[Judgment]) -> int:
    """Write the questions as `kb tasks apply` does; returns how many were new."""
    added = 0
    for judgment in sorted(asked, key=lambda one: (one.locale, one.query)):
        number = searcher.library.find_id(judgment.expects[0], judgment.locale)
        if number is not None:
            source = searcher.library.document(number).source
            added += add_to_file(content, source, judgment.query)
    return added


def measured(index: Path, encoder: Encoder | None, judgments: Sequence[Judgment]) -> list[Outcome]:
    searcher = Searcher.open(index, encoder)
    try:
        return list(evaluate(searcher, judgments).outcomes)
    finally:
        searcher.close()


def line(name: str, before: Sequence[Outcome], after: Sequence[Outcome]) -> str:
    first = [sum(one.rank == 1 for one in outcomes) for outcomes in (before, after)]
    shares = [number / max(1, len(before)) for number in first]
    return f"{name:24} {len(before):4} questions   hit@1 {shares[0]:.3f} -> {shares[1]:.3f}"


@click.command()
@click.option("--content", type=click.Path(path_type=Path, exists=True), default="content")
@click.option("--data", type=click.Path(path_type=Path, exists=True), default="data")
@click.option("--models", type=click.Path(path_type=Path, exists=True), default="data/models")
def main(content: Path, data: Path, models: Path) -> None:
    """Print hit@1 of confirmed and of held-out questions, and how many false claims are made."""
    encoder = open_encoder(models)
    judgments = read_judgments(content)
    asked = confirmed(judgments)
    with tempfile.TemporaryDirectory() as folder:
        learned, index = Path(folder) / "content", Path(folder) / "data" / "index"
        shutil.copytree(content, learned)
        index.mkdir(parents=True)
        shutil.copy(data / "index" / _CACHE, index / _CACHE)
        build_index(learned, index, encoder)
        before = measured(index, encoder, judgments)
        searcher = Searcher.open(index, None)
        added = apply(learned, searcher, asked)
        searcher.close()
        build_index(learned, index, encoder)
        after = measured(index, encoder, judgments)
    click.echo(f"{added} questions added")
    for name, wanted in (("asked and confirmed", True), ("held out", False)):
        rows = [
            (old, new)
            for old, new in zip(before, after, strict=True)
            if old.judgment.is_answerable and (old.judgment in asked) is wanted
        ]
        click.echo(line(name, [old for old, _ in rows], [new for _, new in rows]))
    claims = [
        sum(not one.judgment.is_answerable and not one.verdict.is_good for one in outcomes)
        for outcomes in (before, after)
    ]
    click.echo(f"answers to what cannot be answered: {claims[0]} -> {claims[1]}")


if __name__ == "__main__":
    main()
