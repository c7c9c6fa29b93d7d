"""A real process is killed at every stage of a publish; readers must never see half of anything."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from fakes import FakeEncoder

from indexer.build import build_index
from search.generation import Generation, current_generation

KILLS = 60  # spread over the whole build, its last steps all included
LAST_STEPS = 20


@pytest.fixture
def killer(tmp_path: Path, write_article: Callable[..., Path]) -> Iterator[Callable[[int], str]]:
    """Publish a new generation, killed at the nth touch of the index; tells how it ended."""
    write_article("lock", "Lock the bike.", title="Lock")
    content = write_article("kette", "Die Kette ölen.", locale="de", title="Kette")
    index = tmp_path / "data" / "index"
    build_index(content, index, FakeEncoder())
    script = Path(__file__).parent / "killed_build.py"
    process = subprocess.Popen(
        [sys.executable, str(script), str(content), str(index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{script.parent}"},
    )

    def kill_at(step: int) -> str:
        assert process.stdin and process.stdout
        process.stdin.write(f"{step}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield kill_at
    process.communicate()


def steps_of_a_build(killer: Callable[[int], str]) -> int:
    """How many touches a whole build has: the first number at which nothing is killed."""
    low, high = 0, 1
    while killer(high) == "killed":
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if killer(middle) == "killed":
            low = middle
        else:
            high = middle
    return low


@pytest.mark.timeout(240)
def test_a_publish_killed_at_any_point_leaves_the_old_or_the_new_generation(
    killer: Callable[[int], str], tmp_path: Path
) -> None:
    index = tmp_path / "data" / "index"
    total = steps_of_a_build(killer)
    assert total > KILLS, "the build touches enough files to be killed at"
    spread = [1 + n * (total - LAST_STEPS) // (KILLS - LAST_STEPS) for n in range(KILLS)]
    steps = sorted({s for s in spread if s <= total} | set(range(total - LAST_STEPS, total + 1)))
    killed, outcomes = 0, set()
    for step in steps:
        before = current_generation(index)
        killed += killer(step) == "killed"
        opened = Generation.open_current(index)  # checks every file against its checksum
        assert opened.counts == {"documents": 2, "passages": 2}
        assert {d.title for d in opened.library.documents("en")} == {"Lock"}
        outcomes.add("old" if opened.name == before else "new")
        opened.close()
    assert killed >= 50
    assert outcomes == {"old", "new"}, "both sides of the switch were seen"
    assert killer(10**9) == "done", "and the next build cleans up and publishes"
    assert not list(index.glob(".building-*"))
