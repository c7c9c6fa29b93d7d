"""One published index generation: a folder that never changes, checked before it is used.

index/CURRENT               name of the published generation
index/<name>/manifest.json  facts, and size and SHA-256 of every file
index/<name>/library.sqlite3, site.json, media/, <locale>/…
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from kb.errors import DamagedIndex, NoGeneration
from kb.files import unseal
from kb.site import Site
from kb.store.library import LIBRARY_FILE, Library
from search.locale_index import LocaleIndex

CURRENT = "CURRENT"
SITE_COPY = "site.json"
MEDIA_FOLDER = "media"
LOCALES_FOLDER = "locales"
# Raised when the files or the meaning of what is in them changes: older generations are rebuilt.
FORMAT = 2


def current_generation(index: Path) -> str | None:
    """Name of the published generation, None when there is none. Reads one small file."""
    try:
        return (index / CURRENT).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def read_manifest(index: Path) -> dict[str, Any] | None:
    """The manifest of the published generation, its files not checked; None without one."""
    name = current_generation(index)
    if name is None:
        return None
    try:
        return unseal(index / name, verify=False)
    except DamagedIndex:
        return None


class Generation:
    """An opened generation. Safe to share between threads; open it after a fork."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.name = folder.name
        self.created: str = manifest["created"]
        self.encoder: Mapping[str, Any] | None = manifest["encoder"]
        self.counts: Mapping[str, int] = manifest["counts"]
        self.site = _read_site(folder / SITE_COPY)
        self.library = Library(folder / LIBRARY_FILE)
        self.locales = {
            path.name: LocaleIndex(path, self.site.synonyms.get(path.name, ()))
            for path in sorted((folder / LOCALES_FOLDER).iterdir())
        }
        self._files = frozenset(manifest["files"])
        self._folder = folder

    @classmethod
    def open_current(cls, index: Path) -> Self:
        """Open the published generation after checking every file of it.

        Raises NoGeneration when nothing was published, DamagedIndex when a file is missing,
        differs from its checksum, or was written by an incompatible version.
        """
        name = current_generation(index)
        if name is None:
            raise NoGeneration
        folder = (index / name).absolute()
        manifest = unseal(folder)
        if manifest.get("format") != FORMAT:
            raise DamagedIndex("The index is of another version; run `kb index` to renew it.")
        return cls(folder, manifest)

    def media(self, address: str) -> Path | None:
        """The file behind an address like `/media/3f2a…/city.svg`; None when there is none."""
        name = address.lstrip("/")
        known = name in self._files and name.startswith(f"{MEDIA_FOLDER}/")
        return self._folder / name if known else None

    def close(self) -> None:
        self.library.close()


def _read_site(path: Path) -> Site:
    try:
        return Site.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DamagedIndex(f"{path}: the site's frame cannot be read.", path) from error
