"""Which encoder a process that answers questions uses."""

from collections.abc import Callable

from kb.errors import ModelError
from kb.settings import Settings
from search.encoder import Encoder, open_encoder
from search.generation import encoder_fingerprint


def fitting_encoder(settings: Settings, say: Callable[[str], None]) -> Encoder | None:
    """The encoder the published index was made with, else the one in use; None without any.

    A damaged one is said, and is none: keywords search without it.
    """
    wanted = encoder_fingerprint(settings.index_folder)
    try:
        return open_encoder(settings.models_folder, fingerprint=wanted)
    except ModelError as error:
        say(str(error))
        return None
