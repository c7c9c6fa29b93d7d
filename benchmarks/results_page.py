"""How long the server takes for the results page of the example: 300 questions, each asked once.

    python benchmarks/results_page.py --data data --models data/models

Asks the questions that the example's articles foresee, one after the other over one connection, so
the time holds everything: the search, the answer, the page, and loopback. Fails above the bar.
"""

import http.client
import sys
import time
from itertools import islice
from pathlib import Path
from urllib.parse import quote, urlsplit

import click
import numpy as np
from load import serving

from search.searcher import Searcher

_QUESTIONS = 300
_WARM = 50  # others, asked first
_BAR = 30.0  # milliseconds, 95th percentile


def addresses(data: Path) -> list[str]:
    """Results pages in both languages for all foreseen questions, in one fixed random order."""
    searcher = Searcher.open(data / "index", None)
    found = [
        f"/{locale}/search?q={quote(question)}"
        for locale in searcher.site.locales
        for document in searcher.library.documents(locale)
        for question in document.questions
    ]
    searcher.close()
    unique = sorted(set(found))
    return [unique[place] for place in np.random.default_rng(0).permutation(len(unique))]


def milliseconds(connection: http.client.HTTPConnection, address: str) -> float:
    started = time.perf_counter()
    connection.request("GET", address)
    reply = connection.getresponse()
    reply.read()
    taken = time.perf_counter() - started
    if reply.status != 200:
        raise click.ClickException(f"{reply.status} for {address}")
    return taken * 1000


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), default="data")
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--port", default=8125, show_default=True)
def main(data: Path, models: Path, port: int) -> None:
    """Print percentiles; exit with 1 when the 95th is above the bar."""
    questions = iter(addresses(data))
    with serving(data, models, port) as (address, _):
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        for warm in islice(questions, _WARM):
            milliseconds(connection, warm)
        taken = [milliseconds(connection, asked) for asked in islice(questions, _QUESTIONS)]
        connection.close()
    p50, p95, p99 = np.percentile(taken, (50, 95, 99))
    click.echo(f"{len(taken)} results pages: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
    if p95 > _BAR:
        click.echo(f"The 95th percentile is above {_BAR:.0f} ms.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
