"""What every engine offers to the worker that measures it."""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from peers.prepared import FloatArray, Prepared, exact
from search.encoder import Encoder

# How many candidates of each leg are fused, where an engine leaves that to its caller.
DEPTH = 50
# Passages that an engine is asked for where ten documents are wanted.
_PASSAGES_FOR_DOCUMENTS = 50
THREADS = "PEER_THREADS"


def one_thread() -> bool:
    """Whether the engine is told to work on one thread."""
    return os.environ.get(THREADS) == "1"


class Engine(ABC):
    """Built in one process, opened and asked in others."""

    packages: ClassVar[tuple[str, ...]]  # as named on the package index
    dense: ClassVar[bool] = True  # searches by vectors too
    note: ClassVar[str] = ""  # how it is set up

    def prepare(self, folder: Path) -> None:
        """What a build needs and is not measured."""
        return

    def built_before(self, data: Prepared) -> float | None:
        """Seconds that a build took which `corpus.py` measured."""
        return None

    @abstractmethod
    def build(self, folder: Path, data: Prepared) -> None:
        """Write the index of all passages and vectors into the folder."""

    @abstractmethod
    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        """Open the index. With an encoder, questions come without their vectors."""

    @abstractmethod
    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        """The best passages for a question, both legs fused where there are two."""

    def ask(self, text: str, encoder: Encoder, limit: int = 10) -> Sequence[object]:
        """Encode and search."""
        return self.search(text, encoder.encode_query(text).vector, limit)

    def near(self, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        """The dense leg alone."""
        raise TypeError("This engine has no vectors.")

    def exact(self, data: Prepared, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        """What the dense leg should have found."""
        return exact(data.vectors, vector, limit)

    def documents(self, data: Prepared, text: str, vector: FloatArray) -> Sequence[str]:
        """Ids of the best ten documents, each at the rank of its best passage."""
        found = self.search(text, vector, _PASSAGES_FOR_DOCUMENTS)
        owners = (data.document_of[int(str(passage))] for passage in found)
        return list(dict.fromkeys(owners))[:10]

    def processes(self) -> Sequence[int]:
        """Processes of the engine beside this one."""
        return ()

    def close(self) -> None:
        """End what `open` began."""
        return
