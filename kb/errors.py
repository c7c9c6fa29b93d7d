"""Every error the product raises on purpose.

    KbError
    ├── SettingsError       a setting is missing, contradictory or out of range
    ├── ContentError        the content folder holds problems that forbid an index (carries them)
    ├── JudgmentsError      there are no judgments to measure with, or they have problems
    ├── StoreError          a database file cannot be read or written (disk full, no permission)
    ├── RecordsError        the database of votes, searches and cases cannot be used
    ├── DeliveryError       a message about a case could not be sent, this time
    │   └── Undeliverable   and will not be, however often it is tried
    ├── AddressError        a text that is no e-mail address mail can be sent to
    ├── StaffError          no such account, or one that cannot be made as asked
    ├── TaskError           no such content task, or one that cannot be changed as asked
    ├── RenderError         the child processes that render articles cannot be started
    ├── ModelError          no usable encoder
    │   └── ModelMissing    none has been prepared yet
    ├── SearchIndexError    the index cannot be read or written
    │   ├── NoGeneration    nothing has been published yet
    │   ├── DamagedIndex    a published file does not match its checksum
    │   └── IndexBusy       another process is publishing
    └── QueryError          a question that cannot be asked as it is
        └── QueryTooLong

Foreign errors (FAISS, Whoosh, onnxruntime, SQLite) are translated once, in the module that wraps
the library. The web maps these classes to pages and problem+json in one place; the command line
prints the sentence and exits with status 1.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.problems import Problem


class KbError(Exception):
    """Base of the tree. The message is one sentence for a person, with the way out."""

    message = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class SettingsError(KbError):
    message = "The settings are not valid."


class ContentError(KbError):
    message = "The content has errors, so nothing was published; the last good index stays."

    def __init__(self, message: str | None = None, problems: "Sequence[Problem]" = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class JudgmentsError(KbError):
    message = "The judgments cannot be used; `kb check` tells what is wrong with them."


class RecordsError(KbError):
    message = "The records cannot be used."


class DamagedRecords(RecordsError):
    message = "The records are damaged; `kb restore` a backup."


class DeliveryError(KbError):
    message = "The message could not be sent."


class Undeliverable(DeliveryError):
    message = "The message cannot be sent."


class AddressError(KbError):
    message = "This is no e-mail address."


class StaffError(KbError):
    message = "The account cannot be used as asked."


class TaskError(KbError):
    message = "The task cannot be changed as asked."


class StoreError(KbError):
    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path} cannot be written ({reason}). Nothing that was published is affected; "
            "check space and permissions, then try again."
        )
        self.path = path


class RenderError(KbError):
    message = (
        "The process that renders articles cannot be started; "
        "check that this user may run the Python of the installation, and the limits of memory."
    )


class ModelError(KbError):
    message = "The encoder model cannot be used."


class ModelMissing(ModelError):
    message = "No encoder model has been prepared; run `kb model prepare`."


class SearchIndexError(KbError):
    message = "The index cannot be used."


class NoGeneration(SearchIndexError):
    message = "Nothing has been indexed yet; run `kb index`."


class DamagedIndex(SearchIndexError):
    message = "The index is damaged; run `kb index` to build it again."

    def __init__(self, message: str | None = None, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class IndexBusy(SearchIndexError):
    message = "Another process is publishing an index; try again when it has finished."


class QueryError(KbError):
    message = "The question cannot be answered as it is."


class QueryTooLong(QueryError):
    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"The question has {length} characters; at most {limit} are allowed.")
        self.length = length
        self.limit = limit
