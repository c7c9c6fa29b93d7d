"""The four packages have plain names, so another package could shadow one of them unnoticed."""

from importlib.util import find_spec
from pathlib import Path

from kb.errors import SettingsError

_PACKAGES = ("kb", "search", "indexer", "web")


def must_be_whole() -> None:
    """Raises SettingsError when the packages do not lie in one folder (decision record 0001)."""
    folders = {name: _folder(name) for name in _PACKAGES}
    if len(set(folders.values())) > 1:
        found = ", ".join(f"{name} in {folder}" for name, folder in folders.items())
        raise SettingsError(
            f"Parts of Lotse are hidden by packages of the same name ({found}); "
            "install it in an environment of its own."
        )


def _folder(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent.parent if spec and spec.origin else None
