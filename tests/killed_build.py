"""A build that dies like a machine that lost power: run by test_indexer_publish_killed.

Reads `N` from each line of standard input, forks a child that publishes a new generation and kills
itself at its Nth touch of the index folder, and prints how the child ended: `killed` or `done`.
"""

import os
import signal
import sys
from pathlib import Path

from fakes import FakeEncoder

from indexer.build import build_index
from search.dictionary import word_list

# What a program does to files: each of these may be the last thing that happens.
_TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}


def build(content: Path, index: Path, dies_at: int) -> None:
    touched = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in _TOUCHES and str(index) in str(arguments[0]):
            touched += 1
            if touched == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    real_fsync = os.fsync

    def fsync(handle: int) -> None:
        watch("open", (str(index),))
        real_fsync(handle)

    os.fsync = fsync
    build_index(content, index, FakeEncoder(), keep=2, force=True)


def main() -> None:
    content, index = Path(sys.argv[1]), Path(sys.argv[2])
    for language in ("de", "en"):
        word_list(language)  # for all children: each would read it again, longer than it builds
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                build(content, index, int(line))
            except BaseException:
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        names = {0: "done", -signal.SIGKILL: "killed"}
        sys.stdout.write(names.get(ended, f"failed {ended}") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
