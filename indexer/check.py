"""`kb check`: everything that is wrong with the content, at once, without building an index."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from indexer.judgments import check_judgments
from indexer.reader import read_content
from indexer.sandbox import DEFAULT_SECONDS
from indexer.tone.content import check_tone
from kb.problems import Problem, Severity
from kb.progress import Progress
from kb.site import SITE_FILE
from kb.store.build_cache import BuildCache

_NOTHING = Problem(
    SITE_FILE,
    1,
    1,
    "no-content",
    "There is no published article or product; they lie in <locale>/articles/ and "
    "<locale>/products/ of the content folder.",
)

# A problem that so many files share is told once: it is a habit of the files' former home.
_MANY = 10


def check_content(
    content: Path,
    progress: Progress,
    *,
    cache: BuildCache | None = None,
    render_timeout: float = DEFAULT_SECONDS,
) -> list[Problem]:
    """All problems of the content folder by place. With a cache unchanged files cost nothing."""
    reading = read_content(content, cache=cache, progress=progress, render_timeout=render_timeout)
    known = {document.id for document, _ in reading.documents}
    if not known and not reading.problems:
        return [_NOTHING]
    broken = {p.file for p in reading.problems if p.severity is Severity.ERROR}
    tone = check_tone(content, reading.site, broken)
    return sorted({*reading.problems, *tone, *check_judgments(content, reading.site, known)})


def summarise(problems: Iterable[Problem], many: int = _MANY) -> list[str]:
    """Lines to print: every problem on its own, except warnings that many files share.

    Those stand once, at their first place, with the number of files. Errors are never folded.
    """
    problems = list(problems)
    files = Counter(
        (code, message)
        for code, message, _ in {(p.code, p.message, p.file) for p in problems if _foldable(p)}
    )
    lines, told = [], set()
    for problem in problems:
        what = (problem.code, problem.message)
        if not _foldable(problem) or files[what] < many:
            lines.append(str(problem))
        elif what not in told:
            told.add(what)
            lines.append(f"{problem} (and in {files[what] - 1} more files)")
    return lines


def _foldable(problem: Problem) -> bool:
    return problem.severity is Severity.WARNING
