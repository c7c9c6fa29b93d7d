"""Measures this product and its peers side by side, on the same passages, vectors and questions.

    python benchmarks/compare.py --data A --set B --set C --json figures.json --write RESULTS.md

A, B and C are folders that `corpus.py` prepared. Run it with an environment that holds the
project's locked packages and those of `benchmarks/requirements.txt`. Every engine is built, asked
and judged in processes of its own, one after the other; rounds go forth and back through the
engines, so that what else the machine does hits all alike. Each peer is tried on one thread and
with its own defaults, and goes on with these only when they are clearly faster: pools of threads
lose most when something else runs. This product runs on one thread, as its server does.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from peers import ENGINES
from peers.prepared import Prepared

_ROOT = Path(__file__).resolve().parents[1]
_PRODUCT = next(iter(ENGINES))
_ONE, _DEFAULT = "one", "default"
_CLEARLY = 0.9
_POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "TOKIO_WORKER_THREADS",
    "LANCE_CPU_THREADS",
    "PEER_THREADS",
)
# What is measured in every round, and how the columns are called.
_TIMES = {
    "plain_p50": "p50 ms",
    "plain_p95": "p95 ms",
    "encoded_p50": "p50 ms, encoding too",
    "encoded_p95": "p95 ms, encoding too",
}
_SIZES = {"build_s": "build s", "memory_mb": "memory MB", "encoded_mb": "memory MB with encoder"}
_Figures = dict[str, Any]


class Failed(Exception):
    """An engine could not do what it was asked to."""


@dataclass
class Run:
    """What came of one engine on one corpus."""

    name: str
    threads: str = _ONE
    facts: _Figures = field(default_factory=dict)  # of the build
    rounds: list[_Figures] = field(default_factory=list)
    tried: dict[str, _Figures] = field(default_factory=dict)  # first round, by threads
    ndcg: dict[str, float] = field(default_factory=dict)  # by judged set
    error: str = ""

    def typical(self, figure: str) -> float | None:
        """The median of the rounds."""
        if figure in self.facts:
            return float(self.facts[figure])
        found = [one[figure] for one in self.rounds if one.get(figure) is not None]
        return median(found) if found else None

    def ratio(self, figure: str, base: "Run") -> float | None:
        """How many times the product's figure this is: the median of what the rounds say."""
        if figure in self.facts and figure in base.facts:
            return float(self.facts[figure] / base.facts[figure])
        pairs = zip(self.rounds, base.rounds, strict=False)
        found = [own[figure] / other[figure] for own, other in pairs]
        return median(found) if found else None


class Bench:
    """Runs workers; their indexes lie in one folder."""

    def __init__(self, work: Path, models: Path, seconds: float) -> None:
        self._work, self._models, self._seconds = work, models, seconds

    def index(self, data: Path, engine: str, threads: str) -> Path:
        return self._work / data.name / f"{engine}-{threads}"

    def run(self, task: str, engine: str, data: Path, threads: str) -> _Figures:
        """Raises Failed with the reason when the engine did not do it."""
        report = self._work / "report.json"
        report.unlink(missing_ok=True)
        index = self.index(data, engine, threads)
        places = map(str, (data, index, report, self._models))
        command = [sys.executable, "-m", "peers.worker", task, engine, *places]
        with tempfile.TemporaryFile("w+") as said:
            worker = subprocess.Popen(
                command, env=_environment(threads), cwd=_ROOT, stdout=said, stderr=said
            )
            try:
                worker.wait(self._seconds)
            except subprocess.TimeoutExpired:
                raise Failed(f"{task} took more than {self._seconds:.0f} s") from None
            finally:
                _end(worker)
            said.seek(0)
            lines = said.read().strip().splitlines()
        if not report.exists():
            raise Failed(f"{task} ended ({worker.returncode}): {' '.join(lines[-2:])[-300:]}")
        found: _Figures = json.loads(report.read_text())
        if "error" in found:
            raise Failed(f"{task}: {' '.join(found['error'].split())[:300]}")
        return found


def _end(worker: subprocess.Popen[bytes]) -> None:
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _environment(threads: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if name not in _POOLS}
    pools = dict.fromkeys(_POOLS, "1") if threads == _ONE else {}
    path = os.pathsep.join((str(_ROOT), str(_ROOT / "benchmarks")))
    return others | pools | {"PYTHONPATH": path, "TOKENIZERS_PARALLELISM": "false"}


def measure(bench: Bench, data: Path, engines: Sequence[str], rounds: int) -> list[Run]:
    """All engines on one corpus."""
    runs = [Run(name) for name in engines]
    for number in range(rounds):
        for run in runs if number % 2 == 0 else reversed(runs):
            if not run.error:
                _tell(f"{data.name}: round {number + 1}, {run.name}")
                _round(bench, data, run, first=number == 0)
    return runs


def _round(bench: Bench, data: Path, run: Run, first: bool) -> None:
    try:
        if first:
            for threads in (_ONE,) if run.name == _PRODUCT else (_ONE, _DEFAULT):
                facts = bench.run("build", run.name, data, threads)
                run.tried[threads] = facts | _asked(bench, data, run.name, threads)
            run.threads = _better(run.tried)
            run.rounds.append(run.tried[run.threads])
            kept = ("build_s", "note", "dense", "versions")
            run.facts = {name: run.tried[run.threads][name] for name in kept}
        else:
            run.rounds.append(_asked(bench, data, run.name, run.threads))
    except Failed as failed:
        run.error = str(failed)


def _better(tried: Mapping[str, _Figures]) -> str:
    """One thread, unless the engine's defaults are clearly faster."""
    times = {threads: float(figures["plain_p50"]) for threads, figures in tried.items()}
    return _DEFAULT if times.get(_DEFAULT, np.inf) < _CLEARLY * times[_ONE] else _ONE


def _asked(bench: Bench, data: Path, engine: str, threads: str) -> _Figures:
    plain = bench.run("plain", engine, data, threads)
    encoded = bench.run("encoded", engine, data, threads)
    return {
        "plain_p50": float(np.percentile(plain["ms"], 50)),
        "plain_p95": float(np.percentile(plain["ms"], 95)),
        "encoded_p50": float(np.percentile(encoded["ms"], 50)),
        "encoded_p95": float(np.percentile(encoded["ms"], 95)),
        "memory_mb": plain["memory_mb"],
        "encoded_mb": encoded["memory_mb"],
        "recall": plain.get("recall"),
    }


def judge(bench: Bench, judged: Path, runs: Sequence[Run]) -> None:
    """How well each engine ranks the documents of a judged set."""
    for run in runs:
        if run.error:
            continue
        _tell(f"{judged.name}: {run.name}")
        try:
            if not bench.index(judged, run.name, run.threads).exists():
                bench.run("build", run.name, judged, run.threads)
            found = bench.run("quality", run.name, judged, run.threads)
            run.ndcg[Prepared(judged).facts["name"]] = found["ndcg"]
        except Failed as failed:
            run.error = f"{judged.name}: {failed}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned in its source, too."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, rule, *rows)
    ]
    return "\n".join(lines)


def shown(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def figures_table(runs: Sequence[Run]) -> str:
    sets = sorted({name for run in runs for name in run.ndcg})
    names = [*_TIMES.values(), *_SIZES.values(), "recall"]
    head = ["engine", *names, *(f"nDCG@10 {name}" for name in sets), "threads"]
    rows = []
    for run in runs:
        times = [shown(run.typical(figure)) for figure in _TIMES]
        sizes = [shown(run.typical("build_s"), 1)]
        sizes += [shown(run.typical(figure), 0) for figure in ("memory_mb", "encoded_mb")]
        quality = [shown(run.typical("recall"), 3), *(shown(run.ndcg.get(n), 3) for n in sets)]
        rows.append([run.name, *times, *sizes, *quality, run.threads if run.rounds else "–"])
    return table(head, rows)


def ratios_table(runs: Sequence[Run]) -> str:
    base = runs[0]
    sets = sorted(base.ndcg)
    head = [f"engine ÷ {base.name}", *_TIMES.values(), *_SIZES.values()]
    head += [f"nDCG@10 {name}" for name in sets]
    rows = []
    for run in runs[1:]:
        ratios = [run.ratio(figure, base) for figure in (*_TIMES, *_SIZES)]
        ratios += [run.ndcg[n] / base.ndcg[n] if n in run.ndcg else None for n in sets]
        rows.append([run.name, *map(shown, ratios)])
    return table(head, rows)


def threads_table(runs: Sequence[Run]) -> str:
    rows = [
        [run.name, *(shown(run.tried[name]["plain_p50"]) for name in (_ONE, _DEFAULT))]
        for run in runs
        if len(run.tried) == 2
    ]
    return table(["p50 ms by threads", "one", "default"], rows) if rows else ""


def report(data: Path, runs: Sequence[Run]) -> str:
    """The part of one corpus, as Markdown."""
    facts = Prepared(data).facts
    parts = [
        f"## {facts['passages']:,} passages of {facts['name']}",
        f"{facts['measured']} questions, each asked once a round; vectors by {facts['encoder']}. "
        f"{_PRODUCT} indexes whole documents: {facts['own_passages']:,} passages and "
        f"{facts['own_vectors']:,} vectors, titles being embedded, too.",
        figures_table(runs),
    ]
    if not runs[0].error:
        parts += ["Ratios above 1 mean more time, more memory or a better ranking than "
                  f"{_PRODUCT}'s.", ratios_table(runs)]  # fmt: skip
    parts.append(threads_table(runs))
    failures = [f"- {run.name} has no complete numbers: {run.error}" for run in runs if run.error]
    if failures:
        parts.append("\n".join(failures))
    return "\n\n".join(filter(None, parts))


def method(results: Mapping[Path, Sequence[Run]], rounds: int) -> str:
    """How it was measured, and with what."""
    runs = {run.name: run for part in results.values() for run in part if run.facts}
    notes = "\n".join(f"- **{run.name}**: {run.facts['note']}." for run in runs.values())
    versions: dict[str, str] = {}
    for run in runs.values():
        versions |= run.facts["versions"]
    named = ", ".join(f"{name} {versions[name]}" for name in sorted(versions, key=str.lower))
    return f"""## How it was measured

Medians; rounds: {rounds}. *encoding too*: the question is encoded by {_PRODUCT}'s encoder in the
same process and searched for, timed as one; without it, its vector is given. Memory is the
proportional set size of the engine's processes after the questions. Build seconds leave embedding
out. Recall: how many of the ten nearest vectors the dense leg alone finds. Peers return numbers of
passages; {_PRODUCT} returns documents with titles and snippets, and its build begins with Markdown.

{notes}

{named}; Python {platform.python_version()}.

{_processor()}, {os.cpu_count()} cores; {platform.system()}; {datetime.now(UTC):%Y-%m-%d}."""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def _as_json(results: Mapping[Path, Sequence[Run]]) -> str:
    found = {
        path.name: {"corpus": _plain_facts(path), "engines": {r.name: vars(r) for r in runs}}
        for path, runs in results.items()
    }
    about = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "processor": _processor()}
    return json.dumps(about | {"results": found}, ensure_ascii=False, indent=1)


def _plain_facts(data: Path) -> _Figures:
    return {name: value for name, value in Prepared(data).facts.items() if name != "names"}


def _tell(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _work_folder(given: Path | None) -> Iterator[Path]:
    """A folder that other users may pass through: a database server may be one."""
    work = Path(tempfile.mkdtemp(prefix="compare-", dir=given))
    work.chmod(0o755)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)


@click.command()
@click.option("--data", type=_FOLDER, multiple=True, required=True, help="Corpus; repeatable.")
@click.option("--set", "sets", type=_FOLDER, multiple=True, help="Judged set; repeatable.")
@click.option("--engine", "engines", type=click.Choice(list(ENGINES)), multiple=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--models", type=_FOLDER, default="data/models", show_default=True)
@click.option("--work", type=_FOLDER, help="Where indexes are built.  [default: temporary]")
@click.option("--timeout", default=900.0, show_default=True, help="Seconds for one process.")
@click.option("--json", "json_file", type=click.Path(path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="Markdown file.")
def main(
    data: tuple[Path, ...],
    sets: tuple[Path, ...],
    engines: tuple[str, ...],
    rounds: int,
    models: Path,
    work: Path | None,
    timeout: float,
    json_file: Path | None,
    write: Path | None,
) -> None:
    """Measure all engines and print what came of it."""
    chosen = [name for name in ENGINES if name in {_PRODUCT, *(engines or ENGINES)}]
    results: dict[Path, list[Run]] = {}
    with _work_folder(work) as folder:
        bench = Bench(folder, models, timeout)
        for corpus in data:
            results[corpus] = measure(bench, corpus, chosen, rounds)
            for judged in sets:
                judge(bench, judged, results[corpus])
    parts = [report(corpus, runs) for corpus, runs in results.items()]
    text = "\n\n".join(["# Side by side", *parts, method(results, rounds)])
    click.echo(text)
    if json_file:
        json_file.write_text(_as_json(results), encoding="utf-8")
    if write:
        write.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
