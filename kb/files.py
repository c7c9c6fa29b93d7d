"""Files that survive a power cut, and the checksums that prove it."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kb.errors import DamagedIndex

_CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fsync_path(path: Path) -> None:
    """Flush a file or a folder entry to the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes) -> None:
    """Replace `path` in one step: readers see the old content or the new, never a part."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with aside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    fsync_path(path.parent)


def files_below(folder: Path) -> Iterator[Path]:
    """All regular files below `folder`, sorted, as paths relative to it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder)


MANIFEST = "manifest.json"


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Write `manifest.json`: the given facts plus size and SHA-256 of every file in `folder`.

    Every file and folder is flushed first, so a manifest on disk implies the files it names.
    """
    files = {}
    for name in files_below(folder):
        path = folder / name
        fsync_path(path)
        files[name.as_posix()] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    for path in folder.rglob("*"):
        if path.is_dir():
            fsync_path(path)
    manifest = {**facts, "files": files}
    write_durably(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())


def unseal(folder: Path, verify: bool = True) -> dict[str, Any]:
    """Read `manifest.json` and check every file it names against size and SHA-256.

    Raises DamagedIndex, naming the file, when one is missing or differs, or the manifest is none.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        files = [(name, of["bytes"], of["sha256"]) for name, of in manifest["files"].items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedIndex(f"{folder}: the manifest cannot be read.", folder / MANIFEST) from error
    for name, size, digest in files:
        path = folder / name
        try:
            intact = path.stat().st_size == size
            intact = intact and (not verify or sha256_of(path) == digest)
        except OSError:
            intact = False
        if not intact:
            raise DamagedIndex(f"{path}: missing or damaged.", path)
    return manifest
