"""A thread beside the requests."""

import atexit
import logging
import threading
from collections.abc import Callable

from kb.errors import KbError

LOOK_EVERY = 5.0  # seconds between two looks for what is to be done, unless woken
_ENDING = 10.0  # seconds that what is being done gets at shutdown
_log = logging.getLogger(__name__)


class Background:
    """Does one thing again and again. Start it after a fork, not before.

    Whatever goes wrong, it looks again: a thread that died would be missed by nobody. Trouble is
    logged when it begins and when its reason changes, not at every look.
    """

    def __init__(self, name: str, do: Callable[[], None], every: float = LOOK_EVERY) -> None:
        """`do` is called again `every` so many seconds, and at a `wake`; it may raise KbErrors."""
        self._name = name
        self._do = do
        self._every = every
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()
        atexit.register(self.stop)

    def wake(self) -> None:
        """There is something new to do."""
        self._wake.set()

    def stop(self) -> None:
        """End after what is being done now; what takes too long is left to another process."""
        self._ending.set()
        self._wake.set()
        self._thread.join(_ENDING)

    def goes_on(self) -> bool:
        """False once it shall end; for what takes long."""
        return not self._ending.is_set()

    def _run(self) -> None:
        while self.goes_on():
            self._look()
            self._wake.wait(self._every)
            self._wake.clear()

    def _look(self) -> None:
        try:
            self._do()
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
            if trouble != self._trouble:
                unforeseen = None if isinstance(error, KbError) else error
                _log.error("%s: %s", self._name, error, exc_info=unforeseen)
            self._trouble = trouble
        else:
            self._trouble = ""
