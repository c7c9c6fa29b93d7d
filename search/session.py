"""A model in onnxruntime, opened by each process for itself when it first runs."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.errors import ModelError

_ERRORS_ONLY = 3  # onnxruntime's log levels: 0 verbose to 4 fatal


class Session:
    """Runs one graph. Safe to share between threads, and with processes forked later.

    onnxruntime's own session does not survive a fork, so each process makes its own.
    """

    def __init__(self, graph: Path | bytes) -> None:
        """`graph` is a model in ONNX format, or the file that holds it."""
        self._graph = graph
        self._lock = threading.Lock()
        self._session: Any = None
        self._owner = 0  # process id

    def run(self, inputs: Mapping[str, Any]) -> list[Any]:
        """The graph's outputs, arrays in their order. Raises ModelError when it fails."""
        if self._owner != os.getpid():
            with self._lock:
                if self._owner != os.getpid():
                    self._session = _opened(self._graph)
                    self._owner = os.getpid()
        try:
            found: list[Any] = self._session.run(None, inputs)
        except Exception as error:  # onnxruntime's errors share no narrower base
            raise ModelError(f"The encoder model failed: {error}") from error
        return found


def _opened(graph: Path | bytes) -> Any:
    """One thread per run, and no pool of its own: concurrency is the caller's.

    Spinning pools of onnxruntime, OpenMP and BLAS slow each other down (DESIGN: 10 ms against
    5.2 ms for encoding plus a vector product), and several web workers share few cores.
    """
    # The import starts a thread. It must not run in a process that forks: it would not survive
    # in the children, and they abort when they end.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Patterns are remembered per input length, and questions have many lengths.
    options.enable_mem_pattern = False
    source = str(graph) if isinstance(graph, Path) else graph
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no narrower base
        name = graph if isinstance(graph, Path) else "A built-in graph"
        raise ModelError(f"{name} cannot be loaded; run `kb model prepare`.") from error
