"""Parsing in child processes that may be slow, crash or eat memory without harm to the rest.

Python-Markdown is quadratic on hostile text (8,000 `[` take 9 s), so every file has a wall-clock
limit and every child a limit of memory, processor time and files. See decision record 0004.
"""

import contextlib
import os
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as RenderTimeout
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from indexer.parsed import Finding, dump, failed
from kb.documents import Kind
from kb.errors import RenderError

FEW = 20  # below this many files a second process costs more than it saves (0.4 s to start one)
DEFAULT_SECONDS = 5.0
_OPEN_FILES = 64
_CPU_SLACK = 2  # seconds beyond the wall-clock limit after which the kernel ends a child itself


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = DEFAULT_SECONDS
    memory: int = 1 << 30  # bytes of address space of one child
    workers: int = 0  # processes; 0: as many as there are processors
    start: float = 60.0  # seconds in which a child must be there


@dataclass(frozen=True, slots=True)
class Job:
    data: bytes
    locale: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Outcome:
    data: bytes  # what `parsed.load` reads
    complete: bool  # False: a limit was hit; not worth remembering


class Sandbox:
    """A pool of children, started with the first job. Reuse one for many small readings."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._pool: ProcessPool | None = None
        self._size = 0  # children of that pool

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool, self._size = None, 0

    def parse(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Outcomes in the order of the jobs. A job that fails yields a `Parsed` that says why."""
        if not jobs:
            return
        pool = self._started(len(jobs))
        futures = [
            pool.schedule(_work, (job.data, job.locale, job.kind), timeout=self._limits.seconds)
            for job in jobs
        ]
        try:
            for future in futures:
                yield self._outcome(future)
        except BaseException:
            self.close()
            raise

    def _outcome(self, future: ProcessFuture[bytes]) -> Outcome:
        try:
            return Outcome(future.result(), True)
        except RenderTimeout:
            message = (
                f"Rendering took longer than {self._limits.seconds:g} seconds and was stopped; "
                "look for long runs of brackets or asterisks, or split the file."
            )
            return _failure("render-timeout", message)
        except MemoryError:
            return _failure("render-failed", "Rendering ran out of memory; split the file.")
        except RecursionError:
            return _failure("render-failed", "The text is nested too deeply; flatten it.")
        except ProcessExpired as error:
            message = f"The renderer ended unexpectedly (status {error.exitcode}) on this file."
            return _failure("render-failed", message)
        except Exception as error:  # a fault of the renderer must not stop the other files
            message = f"The file could not be rendered ({type(error).__name__}: {error})."
            return _failure("render-failed", " ".join(message.split()))

    def _started(self, jobs: int) -> ProcessPool:
        wanted = 1 if jobs < FEW else self._limits.workers or _processors()
        if wanted > self._size:
            self.close()
        if self._pool is None:
            self._size = wanted
            limits = (self._limits.seconds, self._limits.memory)
            self._pool = ProcessPool(
                max_workers=wanted, initializer=_prepare, initargs=limits, context=_LeanContext()
            )
            self._wait_for(self._pool)
        return self._pool

    def _wait_for(self, pool: ProcessPool) -> None:
        """Pebble replaces children that die, so one that cannot start would be awaited for ever."""
        try:
            pool.schedule(_ready).result(timeout=self._limits.start)
        except (RenderTimeout, ProcessExpired, BrokenExecutor) as error:
            self._pool = None
            pool.stop()  # type: ignore[no-untyped-call]
            raise RenderError from error


def _ready() -> bool:
    return True


def _failure(code: str, message: str) -> Outcome:
    return Outcome(dump(failed(Finding(1, 1, code, message))), False)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_seconds = DEFAULT_SECONDS  # of this child; set by `_prepare`


def _prepare(seconds: float, memory: int) -> None:
    """Runs in the child before its first job: import, then give up every other right."""
    global _seconds
    _seconds = seconds
    sys.dont_write_bytecode = True
    import indexer.parse  # noqa: F401  (its time is not the first file's)

    try:
        import resource
    except ImportError:  # no such limits on Windows; the wall-clock limit holds there too
        return
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_AS, memory)


def _limit(which: int, value: int) -> None:
    import resource

    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(which, (value, value))


def _allow_processor_time() -> None:
    """The kernel's own stop, should nobody be left to watch the clock; renewed for each file."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        spent = usage.ru_utime + usage.ru_stime
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent + _seconds + _CPU_SLACK) + 1, hard))


def _work(data: bytes, locale: str, kind: Kind) -> bytes:
    from indexer.parse import parse

    _allow_processor_time()
    return dump(parse(data, locale, kind))


_launching = threading.Lock()


@contextlib.contextmanager
def _without_main_module() -> Iterator[None]:
    """Hide `__main__` while a child is launched.

    `spawn` makes the child import the parent's main module, which for the command line would load
    Flask, FAISS and more into a process that needs none of it.
    """
    with _launching:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


class _LeanProcess(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        with _without_main_module():
            return SpawnProcess._Popen(process_obj)


class _LeanContext(SpawnContext):
    Process = _LeanProcess
