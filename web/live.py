"""The searcher that serves now, and the change to a newer generation under running requests.

A request holds one searcher from its first question to its last byte. A generation published
meanwhile is opened beside it and takes over for the requests that begin later; the old one closes
when its last request has ended.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from flask import Flask, current_app, g

from kb.errors import DamagedIndex, KbError, NoGeneration
from search.encoder import Encoder
from search.generation import CURRENT, Generation, current_generation
from search.results import Degraded
from search.searcher import Searcher

CHECK_EVERY = 0.5  # seconds between two looks at the name of the current generation
RETRY_AFTER = 30.0  # seconds until a generation that could not be opened is tried again

_FIRST_QUESTION = "help"
_EXTENSION = "live_searcher"
_log = logging.getLogger(__name__)


class LiveSearcher:
    """Always the newest readable generation. Safe for threads; use after a fork, not before."""

    def __init__(self, index: Path, open_encoder: Callable[[], Encoder | None]) -> None:
        """`open_encoder` is called for the first generation, and again only when a later one
        was built with another model than the encoder at hand."""
        self._index = index
        self._open_encoder = open_encoder
        self._encoder: Encoder | None = None
        self._encoder_asked = False
        self._opening = threading.Lock()  # one thread opens a generation at a time
        self._lock = threading.Lock()  # guards everything below
        self._serving: Searcher | None = None
        self._holders: Counter[int] = Counter()  # requests per searcher, by its id()
        self._looked = float("-inf")
        self._refused = ""  # name of a generation that could not be opened
        self._reason = ""
        self._retry = 0.0

    def current(self) -> Searcher:
        """The searcher of this moment, for start-up and probes; a request uses `hold`.

        Raises NoGeneration when nothing is published, DamagedIndex when nothing can be opened.
        """
        self._look()
        with self._lock:
            return self._served()

    def warm_up(self) -> None:
        """Open what is published now, so that no visitor waits for it.

        Nothing published, or nothing readable, is no error here: requests will say so.
        """
        try:
            self.current()
        except KbError as error:
            _log.warning("not ready yet: %s", error)

    def hold(self) -> Searcher:
        """Like `current`, but the searcher stays open until it is given to `release`."""
        self._look()
        with self._lock:
            searcher = self._served()
            self._holders[id(searcher)] += 1
            return searcher

    def release(self, searcher: Searcher) -> None:
        """End a `hold`."""
        with self._lock:
            self._holders[id(searcher)] -= 1
            done = self._forget_unused(searcher)
        if done:
            searcher.close()

    def close(self) -> None:
        """Close what serves; requests that still hold it end first."""
        with self._lock:
            searcher, self._serving = self._serving, None
            done = searcher is not None and self._forget_unused(searcher)
        if searcher is not None and done:
            searcher.close()

    def _served(self) -> Searcher:
        if self._serving is not None:
            return self._serving
        raise DamagedIndex(self._reason) if self._refused else NoGeneration()

    def _forget_unused(self, searcher: Searcher) -> bool:
        """True when nobody needs this searcher any more. Called with the lock held."""
        if searcher is self._serving or self._holders[id(searcher)] > 0:
            return False
        del self._holders[id(searcher)]
        return True

    def _look(self) -> None:
        """See to it that the newest generation serves now, or soon if another one serves."""
        now = time.monotonic()
        with self._lock:
            serving = self._serving
            usable = self._is_there(serving)
            if usable and now - self._looked < CHECK_EVERY:
                return
            self._looked = now
        try:
            name = current_generation(self._index)
        except DamagedIndex as error:
            self._refuse(CURRENT, error)
            return
        if name is None or (serving is not None and serving.generation == name):
            return
        if self._refuses(name):
            return
        if not usable:
            self._open_now(name)
        elif self._opening.acquire(blocking=False):
            self._start_opening(name)

    def _is_there(self, searcher: Searcher | None) -> bool:
        """Its files are read as they are needed; several publishes later they are removed."""
        return searcher is not None and (self._index / searcher.generation).is_dir()

    def _open_now(self, name: str) -> None:
        """Nothing serves: the requests wait for one of them to open the generation."""
        with self._opening:
            if not self._is_there(self._serving) and not self._refuses(name):
                self._open(name)

    def _refuses(self, name: str) -> bool:
        return name == self._refused and time.monotonic() < self._retry

    def _start_opening(self, name: str) -> None:
        """Open in the background, which takes over the lock `_opening` of the caller."""
        thread = threading.Thread(target=self._open_beside, args=(name,), daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left
            self._opening.release()
            self._refuse(name, error)

    def _open_beside(self, name: str) -> None:
        try:
            self._open(name)
        finally:
            self._opening.release()

    def _open(self, name: str) -> None:
        opened = None
        try:
            opened = self._fitting_searcher(name)
            # Pages everything in, and proves that this generation can answer before it has to.
            opened.answer(_FIRST_QUESTION, opened.site.default_locale)
        except Exception as error:  # whatever is wrong with it, the old one goes on serving
            self._refuse(name, error)
            if opened is not None:
                opened.close()
        else:
            self._swap(opened)

    def _fitting_searcher(self, name: str) -> Searcher:
        if not self._encoder_asked:
            self._encoder_asked = True
            self._encoder = self._open_encoder()
            return self._searcher(name)
        opened = self._searcher(name)
        if Degraded.NO_ENCODER not in opened.degraded:
            return opened
        other = self._open_encoder()  # a new model may have come with the new generation
        if other is self._encoder:
            return opened
        opened.close()
        self._encoder = other
        return self._searcher(name)

    def _searcher(self, name: str) -> Searcher:
        return Searcher(Generation.open(self._index, name), self._encoder)

    def _swap(self, opened: Searcher) -> None:
        with self._lock:
            old, self._serving = self._serving, opened
            self._refused = self._reason = ""
            done = old is not None and self._forget_unused(old)
        _log.info("generation %s serves", opened.generation)
        if old is not None and done:
            old.close()

    def _refuse(self, name: str, error: Exception) -> None:
        with self._lock:
            known, self._refused = self._refused, name
            self._reason = str(error)
            self._retry = time.monotonic() + RETRY_AFTER
        if known != name:
            unforeseen = None if isinstance(error, KbError) else error
            _log.error("generation %s cannot be opened: %s", name, error, exc_info=unforeseen)


def serve_from(app: Flask, live: LiveSearcher) -> None:
    """Let `searcher()` work in the requests of this application."""
    app.extensions[_EXTENSION] = live

    @app.teardown_appcontext
    def give_back(_error: BaseException | None) -> None:
        held: Searcher | None = g.pop("searcher", None)
        if held is not None:
            live.release(held)


def searcher() -> Searcher:
    """The one searcher of this request."""
    if "searcher" not in g:
        live: LiveSearcher = current_app.extensions[_EXTENSION]
        g.searcher = live.hold()
    held: Searcher = g.searcher
    return held
