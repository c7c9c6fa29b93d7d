"""Style sheet, icons and pictures: addresses that change with the content, kept for ever."""

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, send_file

from web.live import searcher
from web.security import MEDIA_POLICY

FOREVER = "public, max-age=31536000, immutable"
_HASHED = re.compile(r"(?:^|[./-])[0-9a-f]{8,64}[./]")
_EXTENSION = "assets"
# Types that not every system knows; browsers refuse style sheets of another one.
_TYPES = {".css": "text/css", ".woff": "font/woff", ".woff2": "font/woff2"}

assets = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    type: str


class Assets:
    """The files of one folder in memory, each under a name that holds its hash."""

    def __init__(self, folder: Path) -> None:
        self._by_name: dict[str, Asset] = {}
        self._addresses: dict[str, str] = {}
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            body = path.read_bytes()
            name = f"{path.stem}.{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self._by_name[name] = Asset(body, kind)
            self._addresses[path.name] = f"/static/{name}"

    def address(self, name: str) -> str:
        """The address of a file by its plain name. KeyError when there is no such file."""
        return self._addresses[name]

    def find(self, name: str) -> Asset | None:
        return self._by_name.get(name)

    @property
    def fingerprint(self) -> str:
        return " ".join(self._by_name)


def serve_assets(app: Flask) -> Assets:
    """Serve `static/` and the current generation's media; templates call `asset(name)`."""
    found = Assets(Path(app.root_path) / "static")
    app.extensions[_EXTENSION] = found
    app.jinja_env.globals["asset"] = found.address
    app.register_blueprint(assets)
    return found


@assets.get("/static/<name>")
def static(name: str) -> Response:
    found: Asset | None = current_app.extensions[_EXTENSION].find(name)
    if found is None:
        abort(404)
    response = Response(found.body, content_type=found.type)
    response.headers["Cache-Control"] = FOREVER
    return response


@assets.get("/favicon.ico")
def favicon() -> Response:
    found: Assets = current_app.extensions[_EXTENSION]
    return static(found.address("favicon.svg").rpartition("/")[2])


@assets.get("/media/<path:name>")
@assets.get("/theme/<path:name>")
def media(name: str) -> Response:
    path = searcher().media(request.path)
    if path is None:
        abort(404)
    response = send_file(path, _TYPES.get(path.suffix), conditional=True, etag=True)
    response.headers["Cache-Control"] = FOREVER if _HASHED.search(name) else "no-cache"
    response.headers["Content-Security-Policy"] = MEDIA_POLICY
    return response
