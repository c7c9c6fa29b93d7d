"""The key that signs what the server gives a browser to keep."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from kb.errors import SettingsError
from kb.settings import Settings

KEY_FILE = "secret.key"  # in the data folder
_BYTES = 32
_LEAST = 16  # bytes that a key given by hand must have


def make_key_file(settings: Settings) -> None:
    """Make the file in the data folder where it is missing, for servers that may only read.

    Trouble is no error here: who needs the key will tell.
    """
    if settings.secret_key is None and settings.secret_key_file is None:
        with suppress(OSError):
            _make(settings.data / KEY_FILE)


def key_path(settings: Settings) -> Path:
    """Where the key of this installation is, unless a setting holds the key itself."""
    return settings.secret_key_file or settings.data / KEY_FILE


def secret_key(settings: Settings) -> bytes:
    """The key of this installation: the setting, else the file, made when it is first needed.

    Raises SettingsError when the key is too short, or the file can be neither read nor made.
    """
    if settings.secret_key:
        return _checked(settings.secret_key.get_secret_value().encode(), "secret_key")
    path = key_path(settings)
    try:
        if settings.secret_key_file is None:
            _make(path)
        return _checked(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise SettingsError(
            f"The secret key {path} cannot be used: {error.strerror}. Let `kb index` make it,"
            " or set KB_SECRET_KEY."
        ) from error


def _make(path: Path) -> None:
    """Make the file unless it is there. Of several processes one makes it, all read the same."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_hex(_BYTES).encode())
            stream.flush()
            os.fsync(stream.fileno())
        os.link(aside, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        aside.unlink(missing_ok=True)


def _checked(key: bytes, name: str) -> bytes:
    if len(key) < _LEAST:
        raise SettingsError(f"{name}: a secret key needs at least {_LEAST} characters.")
    return key
