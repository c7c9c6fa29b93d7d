"""What is wrong with the judgments of a content folder, beside what it publishes."""

from collections.abc import Iterator, Set
from pathlib import Path

from kb.judgments import JUDGMENTS_FILE, Judgment, load_judgments
from kb.problems import Problem
from kb.site import Site


def check_judgments(content: Path, site: Site, ids: Set[str]) -> list[Problem]:
    """What is wrong with the file; nothing when there is none. `ids` are the published ones."""
    placed, problems = load_judgments(content)
    for line, judgment in placed:
        problems += _unknown_names(judgment, line, site, ids)
    return problems


def _unknown_names(judgment: Judgment, line: int, site: Site, ids: Set[str]) -> Iterator[Problem]:
    if judgment.locale not in site.locales:
        message = f"locale: `{judgment.locale}` is not one of {', '.join(site.locales)}."
        yield Problem(JUDGMENTS_FILE, line, 1, "judgment-invalid", message)
    for name in judgment.expects:
        if name not in ids:
            message = f"expects: nothing published has the id `{name}`."
            yield Problem(JUDGMENTS_FILE, line, 1, "unknown-id", message)
