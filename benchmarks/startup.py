"""How long the command line takes to start, and an editor waits for an index.

    python benchmarks/startup.py --content FOLDER/content --data FOLDER/data --models data/models

The example is indexed into a folder of its own, and one article of a copy changed; FOLDER holds a
large corpus and its index (see corpus.py), which is indexed again without a change.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import click
from load import serving

_KB = str(Path(sys.executable).with_name("kb"))
_EXAMPLE = Path(__file__).parent.parent / "content"
_CHANGED = "de/articles/account/datenauskunft.md"
_ROUNDS = 5


def seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run([_KB, *command], check=True, capture_output=True)
    return time.perf_counter() - started


def told(what: str, taken: list[float]) -> None:
    every = ", ".join(f"{one:.2f}" for one in taken)
    click.echo(f"{what}: {median(taken):.2f} s (of {every})")


@click.command()
@click.option("--content", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--keywords-only", is_flag=True, help="The large corpus is indexed so.")
def main(content: Path, data: Path, models: Path, keywords_only: bool) -> None:
    """Print one line a claim."""
    large = ["--data", str(data), "--models", str(models)]
    told("kb --help", [seconds("--help") for _ in range(_ROUNDS)])
    told("kb search", [seconds("search", "Farben in CSS", *large) for _ in range(_ROUNDS)])
    ready = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        with serving(data, models, 8124):
            ready.append(time.perf_counter() - started)
    told("kb serve until ready", ready)
    index = ["index", "--skip-broken", "--content", str(content), *large]
    index += ["--keywords-only"] * keywords_only
    seconds(*index)
    told("kb index, nothing changed, large corpus", [seconds(*index) for _ in range(2)])
    with tempfile.TemporaryDirectory() as folder:
        told("kb index, one article of the example changed", _changing(Path(folder), models))


def _changing(folder: Path, models: Path) -> list[float]:
    content, data = folder / "content", folder / "data"
    shutil.copytree(_EXAMPLE, content)
    command = ["index", "--content", str(content), "--data", str(data), "--models", str(models)]
    seconds(*command)
    taken = []
    for number in range(_ROUNDS):
        with (content / _CHANGED).open("a", encoding="utf-8") as article:
            article.write(f"\nNoch ein Satz, Nummer {number}.\n")
        taken.append(seconds(*command))
    return taken


if __name__ == "__main__":
    main()
