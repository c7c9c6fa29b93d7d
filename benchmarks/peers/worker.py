"""One process that builds, asks or judges one engine; writes what it measured as JSON.

    python -m peers.worker TASK ENGINE DATA INDEX REPORT MODELS

TASK is `build`, `plain` (search with known vectors), `encoded` or `quality`.
"""

import importlib
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

from peers import ENGINES
from peers.engine import Engine
from peers.prepared import Prepared
from search.encoder import Encoder, open_encoder

_LIMIT = 10


def engine_named(name: str) -> Engine:
    module, cls = ENGINES[name].split(".")
    engine: Engine = getattr(importlib.import_module(f"peers.{module}"), cls)()
    return engine


def build(engine: Engine, data: Prepared, index: Path) -> dict[str, Any]:
    index.mkdir(parents=True)
    engine.prepare(index)
    assert data.texts and len(data.vectors)  # reading them is not building
    start = time.perf_counter()
    engine.build(index, data)
    seconds = time.perf_counter() - start
    return {
        "build_s": engine.built_before(data) or seconds,
        "note": engine.note,
        "dense": engine.dense,
        "versions": {name: version(name) for name in engine.packages},
    }


def plain(engine: Engine, data: Prepared) -> dict[str, Any]:
    """Search with vectors that are known; then how many of the nearest the dense leg finds."""
    for query in data.warming:
        engine.search(query.text, query.vector, _LIMIT)
    times = [
        _timed(partial(engine.search, query.text, query.vector, _LIMIT)) for query in data.measured
    ]
    report: dict[str, Any] = {"ms": times, "memory_mb": _memory(engine)}
    if engine.dense:
        report["recall"] = fmean(_recall(engine, data, query.vector) for query in data.measured)
    return report


def encoded(engine: Engine, data: Prepared, encoder: Encoder) -> dict[str, Any]:
    """Encode and search, as one."""
    for query in data.warming:
        engine.ask(query.text, encoder, _LIMIT)
    times = [_timed(partial(engine.ask, query.text, encoder, _LIMIT)) for query in data.measured]
    return {"ms": times, "memory_mb": _memory(engine)}


def quality(engine: Engine, data: Prepared) -> dict[str, Any]:
    found = (
        (engine.documents(data, query.text, query.vector), query.grades) for query in data.measured
    )
    return {"ndcg": fmean(_ndcg(documents, grades) for documents, grades in found)}


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def _recall(engine: Engine, data: Prepared, vector: Any) -> float:
    wanted = set(engine.exact(data, vector, _LIMIT))
    return len(wanted & set(engine.near(vector, _LIMIT))) / len(wanted)


def _ndcg(documents: Sequence[str], grades: Mapping[str, float]) -> float:
    def gain(found: Sequence[float]) -> float:
        return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(found))

    ideal = sorted(grades.values(), reverse=True)[:_LIMIT]
    return gain([grades.get(name, 0.0) for name in documents]) / gain(ideal)


def _memory(engine: Engine) -> float:
    """MB, of this process and the engine's others; shared pages are counted by their share."""
    return sum(map(_share, (os.getpid(), *engine.processes())))


def _share(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def run(task: str, name: str, data: Prepared, index: Path, models: Path) -> dict[str, Any]:
    engine = engine_named(name)
    if task == "build":
        return build(engine, data, index)
    encoder = open_encoder(models) if task == "encoded" else None
    assert data.queries
    engine.open(index, data, encoder)
    with closing(engine):
        if task == "quality":
            return quality(engine, data)
        return encoded(engine, data, encoder) if encoder else plain(engine, data)


def main() -> None:
    task, name, data, index, report, models = sys.argv[1:7]
    # So that an engine that started a server ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    try:
        found = run(task, name, Prepared(Path(data)), Path(index), Path(models))
    except Exception as error:  # of any engine: told where the numbers would stand
        found = {"error": f"{type(error).__name__}: {error}"}
    Path(report).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
