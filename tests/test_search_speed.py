"""How long a question takes beside the encoder, which is the floor. Ratios, as machines differ."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import EXAMPLE, ROOT

from kb.judgments import read_judgments

_ATTEMPTS = 3  # other work on the machine may spoil one


def test_a_question_takes_at_most_twice_as_long_as_its_encoding(
    real_index: Path, prepared_models: Path
) -> None:
    """In a process of its own, threads set as in `kb serve`, every question for the first time."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, **single, "PYTHONPATH": paths}
    command = [sys.executable, __file__, str(real_index), str(prepared_models)]
    ratios = []
    for _ in range(_ATTEMPTS):
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        ratios.append(float(run.stdout))
        if ratios[-1] <= 2:
            return
    pytest.fail(f"search took {ratios} times as long as encoding")


def _measure(index: Path, models: Path) -> float:
    """The 95th percentile of searching over that of encoding alone."""
    from search.encoder import open_encoder
    from search.searcher import Searcher

    encoder = open_encoder(models)
    assert encoder
    encoder.warm_up()
    searcher = Searcher.open(index, encoder)
    searcher.search("Guten Tag", "de")
    asked = [(judgment.query, judgment.locale) for judgment in read_judgments(EXAMPLE)]
    encoding = [_milliseconds(encoder.encode_query, query) for query, _ in asked]
    searching = [_milliseconds(searcher.search, *question) for question in asked]
    return _slow(searching) / _slow(encoding)


def _milliseconds(work: Callable[..., object], *values: str) -> float:
    start = time.perf_counter()
    work(*values)
    return (time.perf_counter() - start) * 1000


def _slow(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[18]


if __name__ == "__main__":
    sys.stdout.write(str(_measure(Path(sys.argv[1]), Path(sys.argv[2]))))
