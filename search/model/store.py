"""Prepared models on disk: one sealed folder each, and a pointer to the one in use.

    data/models/
        current                          name of the folder in use
        multilingual-e5-small-1a2b3c4d/
            manifest.json                facts about the model, SHA-256 of every file
            model.onnx                   the graph with int8 weights
            embeddings.bin               int8 rows of the vocabulary, memory-mapped by the graph
            tokenizer.json               the tokenizer, or only its normaliser beside
            pieces.model                 its vocabulary in SentencePiece's form

Folders are never modified. Older ones stay, so that an index made with a model can be served
until a new index is published.
"""

import hashlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from kb.errors import DamagedIndex, ModelError, ModelMissing
from kb.files import MANIFEST, seal, sha256_of, unseal, write_durably
from search.tokenizer import PIECES, TOKENIZER

GRAPH = "model.onnx"
EMBEDDINGS = "embeddings.bin"
CURRENT = "current"
_FINGERPRINT_DIGITS = 16


@dataclass(frozen=True)
class ModelFacts:
    """What a manifest says about a prepared model."""

    name: str  # shown to people
    source: str  # as given: a folder, a hub name, or the default's package
    source_key: str  # equal when preparing again would give the same model
    fingerprint: str  # changes whenever vectors would change
    dimensions: int  # of a text's vector
    hidden: int  # of a word's state
    max_tokens: int  # longer inputs are cut
    query_prompt: str  # put in front of every query
    passage_prompt: str  # put in front of every passage
    pooling: str  # inside the graph; for people
    license: str
    created: str  # ISO 8601, UTC
    cosine: float  # mean agreement of the int8 graph with the original model
    versions: dict[str, str] = field(default_factory=dict)  # libraries that exported it

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Self:
        """Raises KeyError when the manifest lacks a field."""
        return cls(**{entry.name: manifest[entry.name] for entry in fields(cls)})


def read_facts(folder: Path, verify: bool = True) -> ModelFacts:
    """Facts of a prepared model, after its files were checked (sizes only without `verify`).

    Raises ModelError when a file is missing or does not match its checksum.
    """
    try:
        return ModelFacts.of(unseal(folder, verify))
    except (DamagedIndex, KeyError) as error:
        raise ModelError(
            f"The prepared model in {folder} is damaged; run `kb model prepare`."
        ) from error


def seal_model(folder: Path, facts: ModelFacts) -> None:
    """Write the manifest; `folder` must be complete."""
    seal(folder, asdict(facts))


def fingerprint_of(folder: Path, *settings: object) -> str:
    """Short hash over the files in `folder` and whatever else decides the vectors."""
    digest = hashlib.sha256(repr(settings).encode())
    for name in (GRAPH, EMBEDDINGS, TOKENIZER, PIECES):
        if (folder / name).exists():
            digest.update(sha256_of(folder / name).encode())
    return digest.hexdigest()[:_FINGERPRINT_DIGITS]


def use_model(models: Path, folder: Path) -> None:
    """Make `folder` the model in use."""
    write_durably(models / CURRENT, f"{folder.name}\n".encode())


def find_model(models: Path, fingerprint: str | None = None) -> Path:
    """Folder of the model in use, or of the one an index was made with (its fingerprint).

    Raises ModelMissing when there is none.
    """
    if fingerprint is not None:
        return _find_fingerprint(models, fingerprint)
    try:
        name = (models / CURRENT).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ModelMissing from error
    folder = models / name
    if not name or Path(name).name != name or not (folder / MANIFEST).is_file():
        raise ModelMissing
    return folder


def _find_fingerprint(models: Path, fingerprint: str) -> Path:
    for folder, facts in prepared_models(models):
        if facts.fingerprint == fingerprint:
            return folder
    raise ModelMissing(
        f"The index was made with an encoder model that is not here (fingerprint {fingerprint}); "
        "run `kb index`."
    )


def prepared_models(models: Path) -> list[tuple[Path, ModelFacts]]:
    """Every readable prepared model, by folder name; sizes are checked, contents are not."""
    found = []
    for manifest in sorted(models.glob(f"[!.]*/{MANIFEST}")):
        try:
            found.append((manifest.parent, read_facts(manifest.parent, verify=False)))
        except ModelError:
            continue
    return found
