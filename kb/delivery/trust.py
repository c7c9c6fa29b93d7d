"""Whose certificates count when something is delivered over TLS; all of them are checked."""

import ssl

from kb.settings import Settings


def trust_of(settings: Settings) -> ssl.SSLContext:
    """Checks names and certificates against the system's authorities and those of `ca_file`.

    Raises OSError when that file can no longer be read.
    """
    context = ssl.create_default_context()
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    return context


def why_untrusted(error: BaseException) -> str:
    """What is wrong with the certificate that caused an error; "" when it was something else."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause.verify_message if cause else ""
