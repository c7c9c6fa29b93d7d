"""Silence for libraries that talk while they work."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back load reports, progress bars and warnings; errors are still raised.

    Imports transformers, which warns as well.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers.utils import logging as talkative

        bars = talkative.is_progress_bar_enabled()
        verbosity = talkative.get_verbosity()
        talkative.set_verbosity_error()  # type: ignore[no-untyped-call]
        talkative.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.disable(logging.WARNING)  # the quantiser warns through the root logger
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            talkative.set_verbosity(verbosity)
            if bars:
                talkative.enable_progress_bar()  # type: ignore[no-untyped-call]
