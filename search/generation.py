"""One published index generation: a folder that never changes, checked before it is used.

index/CURRENT               name of the published generation
index/<name>/manifest.json  facts, and size and SHA-256 of every file
index/<name>/library.sqlite3, site.json, look.json, media/, theme/, <locale>/…
"""

from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from kb.errors import DamagedIndex, NoGeneration
from kb.files import MANIFEST, unseal
from kb.look import Look
from kb.site import Site
from kb.store.library import LIBRARY_FILE, Library
from search.confidence import read_calibration
from search.locale_index import LocaleIndex

CURRENT = "CURRENT"
SITE_COPY = "site.json"
LOOK_FILE = "look.json"
SERVED_FOLDERS = ("media/", "theme/")
LOCALES_FOLDER = "locales"
# Raised when the files or the meaning of what is in them changes: older generations are rebuilt.
FORMAT = 11


class EncoderFacts(TypedDict):
    name: str
    fingerprint: str
    dimensions: int


class Counts(TypedDict):
    documents: int
    passages: int


class Facts(TypedDict):
    """What the manifest of a generation says about it."""

    format: int
    created: str  # ISO 8601, UTC
    state: str  # equal when building again would give the same
    incomplete: bool  # files with errors were left out
    encoder: EncoderFacts | None  # None: keywords only
    counts: Counts


class Manifest(Facts):
    files: dict[str, dict[str, int | str]]


_MANIFEST = TypeAdapter(Manifest)
_LOOK = TypeAdapter(Look)


def current_generation(index: Path) -> str | None:
    """Name of the published generation, None when there is none. Reads one small file.

    Raises DamagedIndex when that file cannot be read.
    """
    path = index / CURRENT
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DamagedIndex(f"{path} cannot be read ({error}); run `kb index`.", path) from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation, after every file was checked against it.

    Raises DamagedIndex when a file is missing or differs from its checksum, when a fact is
    missing, or when an incompatible version wrote it.
    """
    manifest = unseal(folder)
    if manifest.get("format") != FORMAT:
        raise DamagedIndex("The index is of another version; run `kb index` to renew it.")
    try:
        return _MANIFEST.validate_python(manifest)
    except ValidationError as error:
        path = folder / MANIFEST
        raise DamagedIndex(f"{path} is incomplete; run `kb index`.", path) from error


def encoder_fingerprint(index: Path) -> str | None:
    """Of the encoder that the published generation was made with; None when unknown or none."""
    try:
        name = current_generation(index)
        return name and str(unseal(index / name, verify=False)["encoder"]["fingerprint"])
    except (DamagedIndex, KeyError, TypeError):
        return None


class Generation:
    """An opened generation. Safe to share between threads; open it after a fork."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.name = folder.name
        self.created = manifest["created"]
        self.encoder = manifest["encoder"]
        self.counts = manifest["counts"]
        self.site = _read_site(folder / SITE_COPY)
        self.look = _read_look(folder / LOOK_FILE)
        self.calibration = read_calibration(folder)
        self.library = Library(folder / LIBRARY_FILE)
        self.locales = {
            path.name: LocaleIndex(path, self.site.synonyms.get(path.name, ()))
            for path in sorted((folder / LOCALES_FOLDER).glob("*/"))
        }
        self._files = frozenset(manifest["files"])
        self._folder = folder

    @classmethod
    def open_current(cls, index: Path) -> Self:
        """Open the published generation after checking every file of it.

        Raises NoGeneration when nothing was published, DamagedIndex when it is not intact.
        """
        name = current_generation(index)
        if name is None:
            raise NoGeneration
        return cls.open(index, name)

    @classmethod
    def open(cls, index: Path, name: str) -> Self:
        """Open the generation of this name. Raises DamagedIndex when it is not intact."""
        folder = (index / name).absolute()
        return cls(folder, read_manifest(folder))

    def media(self, address: str) -> Path | None:
        """The file behind an address like `/media/3f2a…/city.svg` or `/theme/…`, None without."""
        name = address.lstrip("/")
        path = self._folder / name
        known = name in self._files and name.startswith(SERVED_FOLDERS)
        return path if known and path.is_file() else None

    def close(self) -> None:
        self.library.close()


def _read_site(path: Path) -> Site:
    try:
        return Site.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DamagedIndex(f"{path}: the site's frame cannot be read.", path) from error


def write_look(folder: Path, look: Look) -> None:
    """Called by the indexer."""
    (folder / LOOK_FILE).write_bytes(_LOOK.dump_json(look))


def _read_look(path: Path) -> Look:
    try:
        return _LOOK.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DamagedIndex(f"{path}: the site's look cannot be read.", path) from error
