"""Where the milliseconds of a search go: a stacked bar a corpus.

    python benchmarks/stages.py --data A/data --data B/data --models data/models --picture FILE.svg

Mean times of unseen German questions in a process that has answered others.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from questions import german_questions

WARM, MEASURED = 300, 300
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_LOCALE = "de"

# Stages in the order of their work, and whose calls they are.
STAGES = {
    "encode": ("search.encoder", "OnnxEncoder.encode_query"),
    "words": ("search.ranker", "query_words"),
    "keyword rows": ("search.ranker", "keyword_leg"),
    "nearest vectors": ("search.dense", "DenseIndex.near"),
    "cosines": ("search.dense", "DenseIndex.cosines"),
    "late interaction": ("search.late_interaction", "LateIndex.similarities"),
    "snippets and documents": ("search.searcher", "Searcher._result"),
}
OTHER = "fusion and order"


def _timed(module: str, name: str, taken: list[float]) -> None:
    """Replace a function or method by one that notes how long it took, in seconds."""
    holder: Any = __import__(module, fromlist=["_"])
    *path, last = name.split(".")
    for part in path:
        holder = getattr(holder, part)
    original: Callable[..., Any] = getattr(holder, last)

    def wrapped(*values: Any, **named: Any) -> Any:
        started = time.perf_counter()
        found = original(*values, **named)
        taken.append(time.perf_counter() - started)
        return found

    setattr(holder, last, wrapped)


def _measured(data: Path, models: Path, questions: Sequence[str]) -> dict[str, float]:
    """Mean milliseconds of each stage, and of the whole under ""."""
    from search.encoder import open_encoder
    from search.searcher import Searcher

    taken: dict[str, list[float]] = defaultdict(list)
    for stage, (module, name) in STAGES.items():
        _timed(module, name, taken[stage])
    searcher = Searcher.open(data / "index", open_encoder(models))
    for text in questions[:WARM]:
        searcher.search(text, _LOCALE)
    for found in taken.values():
        found.clear()
    started = time.perf_counter()
    for text in questions[WARM:]:
        searcher.search(text, _LOCALE)
    whole = time.perf_counter() - started
    scale = 1000 / MEASURED
    means = {stage: sum(found) * scale for stage, found in taken.items()}
    means[OTHER] = max(0.0, whole * scale - sum(means.values()))
    return {**means, "": whole * scale, "passages": searcher.passages}


def _draw(bars: Sequence[dict[str, float]], picture: Path) -> None:
    import matplotlib as mpl
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "stages"
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.8 * len(bars)))
    names = [f"{bar['passages']:,.0f} passages\n{bar['']:.1f} ms in all" for bar in bars]
    left = np.zeros(len(bars))
    for stage in (*STAGES, OTHER):
        widths = np.array([bar[stage] for bar in bars])
        axes.barh(names, widths, left=left, label=stage)
        left += widths
    axes.set_xlabel("milliseconds, mean of unseen questions")
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.02), frameon=False)
    figure.savefig(picture, bbox_inches="tight", metadata={"Date": None})


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, multiple=True)
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--questions", type=click.Path(path_type=Path), default="../shared/eval")
@click.option("--picture", type=click.Path(path_type=Path))
@click.option("--one", is_flag=True, hidden=True)
def main(
    data: Sequence[Path], models: Path, questions: Path, picture: Path | None, one: bool
) -> None:
    """Print the stages of each corpus; draw them when a picture is named."""
    if one:
        click.echo(
            json.dumps(_measured(data[0], models, german_questions(questions)[: WARM + MEASURED]))
        )
        return
    bars = []
    for folder in data:
        command = [sys.executable, __file__, "--one", "--data", str(folder)]
        options = ["--models", str(models), "--questions", str(questions)]
        run = subprocess.run(
            [*command, *options],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_ONE_THREAD},
        )
        bars.append(json.loads(run.stdout))
        click.echo(run.stdout.strip())
    if picture:
        _draw(bars, picture)


if __name__ == "__main__":
    main()
