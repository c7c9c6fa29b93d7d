"""What the encoder makes of questions, made while the words are looked up, and remembered."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from search.encoder import Encoded, Encoder
from search.query import MAX_WORDS

_REMEMBERED = 500  # about 15 kB each, 63 kB at most
_AT_ONCE = 16  # questions in the encoder; more wait for their turn


class Questions:
    """Encodes questions beside the caller's work. Safe to share between threads.

    The encoder takes half of the time that a question takes, and does not hold Python's lock: on a
    machine that is not busy, looking up the words meanwhile costs nothing. The threads start with
    the first question, so no fork loses them.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="encode")
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Encoded] = OrderedDict()

    def begin(self, query: str) -> Callable[[], Encoded]:
        """Start to encode a normalised question; call what is returned for the result."""
        with self._lock:
            if made := self._made.get(query):
                self._made.move_to_end(query)
                return lambda: made
        return self._threads.submit(partial(self._make, query)).result

    def close(self) -> None:
        self._threads.shutdown(wait=False)

    def _make(self, query: str) -> Encoded:
        encoded = self._encoder.encode_query(query)
        encoded = encoded._replace(words=encoded.words[:MAX_WORDS].copy())
        with self._lock:
            self._made[query] = encoded
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return encoded
