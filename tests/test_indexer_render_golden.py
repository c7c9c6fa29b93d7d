"""Golden pairs: Markdown in, the page and its plain text out. Refresh with --update-golden."""

from pathlib import Path

import pytest

from indexer.parse import parse
from indexer.parsed import Parsed
from kb.documents import Kind

FOLDER = Path(__file__).parent / "data" / "rendering"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))


def outline(parsed: Parsed) -> str:
    """Sections and blocks as lines, then targets and findings: what search and editors see."""
    lines = []
    for section in parsed.sections:
        path = " › ".join((*section.path, section.heading))
        lines.append(f"{'#' * section.level} {path} #{section.anchor}")
        lines += [f"  {block.kind}/{block.group}: {block.text!r}" for block in section.blocks]
    lines += [f"link {t.line}:{t.column} {t.address}" for t in parsed.links]
    lines += [f"image {t.line}:{t.column} {t.address}" for t in parsed.images]
    lines += [f"{f.line}:{f.column} {f.severity} {f.code} {f.message}" for f in parsed.findings]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_rendering_matches_its_golden_files(name: str, request: pytest.FixtureRequest) -> None:
    parsed = parse((FOLDER / f"{name}.md").read_bytes(), "en", Kind.ARTICLE)
    found = {"html": parsed.html.strip() + "\n", "txt": outline(parsed)}
    for suffix, text in found.items():
        golden = FOLDER / f"{name}.{suffix}"
        if request.config.getoption("--update-golden", default=False):
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8")
