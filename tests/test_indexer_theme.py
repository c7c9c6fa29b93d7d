"""A site's own look: what is published of it, and what `kb check` says when it cannot be read."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from fakes import FakeEncoder

from indexer.build import build_index
from indexer.check import check_content
from indexer.reader import Reading, content_fingerprint, read_content
from kb.brand import Colours
from kb.colours import contrast, mix
from kb.palettes import MODES, PALETTES, TONES, low_contrasts, toned
from kb.problems import Problem
from kb.progress import Silent
from kb.site import Site, place_in_site

Write = Callable[..., Path]
FONT = b"wOF2\x00\x01\x00\x00"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"></svg>'


@pytest.fixture
def content(write_article: Write) -> Path:
    return write_article("lock", "Lock it.", title="Lock")


def branded(content: Path, toml: str = "", **theme: str | bytes) -> Path:
    """The content folder with this site.toml and files in theme/ (`theme_css` is theme.css)."""
    (content / "site.toml").write_text(f'default_locale = "en"\n[locales.en]\n{toml}', "utf-8")
    (content / "theme").mkdir(exist_ok=True)
    for name, data in theme.items():
        path = content / "theme" / ".".join(name.rsplit("_", 1))
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return content


def problems(content: Path) -> list[Problem]:
    return check_content(content, Silent())


def read(content: Path) -> Reading:
    return read_content(content, cache=None, progress=Silent())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PALETTES)
def test_every_shipped_palette_can_be_read(name: str, mode: str) -> None:
    tones = PALETTES[name][mode]  # type: ignore[index]
    assert set(tones) == set(TONES) == set(Colours.model_fields)
    assert list(low_contrasts(tones)) == []


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")
    assert mix("#000000", "#ff8000", 0.5) == "#804000"


@pytest.mark.parametrize("mode", MODES)
def test_the_style_sheet_ships_the_first_palette(mode: str) -> None:
    sheet = (ROOT / "web" / "static" / "site.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[:2]
    written = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light if mode == "light" else dark))
    lagoon = PALETTES["lagoon"][mode]  # type: ignore[index]
    assert written == {name.replace("_", "-"): tone for name, tone in lagoon.items()}


def test_what_belongs_to_the_accent_follows_an_own_accent() -> None:
    tones = toned(PALETTES["lagoon"]["light"], {"accent": "#c2185b"})
    assert tones["on_accent"] == "#ffffff"
    assert tones["accent_soft"] == tones["note_soft"] == mix("#ffffff", "#c2185b", 0.1)
    assert list(low_contrasts(tones)) == []
    kept = toned(PALETTES["lagoon"]["light"], {"accent": "#c2185b", "accent_soft": "#eeeeee"})
    assert kept["accent_soft"] == "#eeeeee"


def test_a_site_without_a_look_of_its_own_has_no_style_sheet(content: Path) -> None:
    reading = read(content)
    assert reading.theme.look.stylesheet == ""
    assert reading.theme.files == {}


def test_another_palette_is_one_small_style_sheet(content: Path) -> None:
    reading = read(branded(content, '[brand]\npalette = "clay"\n[brand.light]\naccent = "#824"\n'))
    ((address, sheet),) = reading.theme.files.items()
    assert re.fullmatch(r"/theme/[0-9a-f]{12}/site\.css", address)
    assert address == reading.theme.look.stylesheet
    light, dark = sheet.decode().split("@media (prefers-color-scheme:dark)")
    assert "--accent:#882244;" in light
    assert f"--accent:{PALETTES['clay']['dark']['accent']};" in dark
    assert reading.theme.look.grounds == {"light": "#fffdfb", "dark": "#15100d"}
    assert len(sheet) < 1500
    assert not reading.problems


def test_fonts_and_own_styles_come_last_and_their_files_with_them(content: Path) -> None:
    fonts = (
        '[brand.fonts]\ntext = ["Karla Neue", "sans-serif"]\nheadings = ["Karla Neue", "serif"]\n'
        '[[brand.fonts.files]]\nfamily = "Karla Neue"\nfile = "theme/karla.woff2"\n'
        'weight = "400 700"\n'
    )
    styles = "/* url(gone.png) */ .hero { background: url(dots.svg) } "
    branded(content, fonts, karla_woff2=FONT, dots_svg=SVG, theme_css=styles)
    reading = read(content)
    assert not reading.problems
    root = reading.theme.look.stylesheet.rpartition("/")[0]
    assert set(reading.theme.files) == {
        f"{root}/site.css",
        f"{root}/karla.woff2",
        f"{root}/dots.svg",
    }
    sheet = reading.theme.files[f"{root}/site.css"].decode()
    assert '@font-face{font-family:"Karla Neue";src:url("karla.woff2");font-weight:400 700' in sheet
    assert ':root{--font:"Karla Neue",sans-serif}' in sheet
    assert sheet.endswith(styles)


@pytest.mark.parametrize("name", ["theme.css", "dots.svg"])
def test_any_change_of_the_theme_changes_its_address_and_is_published(
    content: Path, name: str
) -> None:
    branded(content, theme_css=".a { background: url(dots.svg) }", dots_svg=SVG)
    before, print_before = read(content), content_fingerprint(content)
    with (content / "theme" / name).open("a") as stream:
        stream.write(" ")
    assert read(content).theme.look.stylesheet != before.theme.look.stylesheet
    assert content_fingerprint(content) != print_before


def test_the_look_travels_with_the_generation(
    content: Path, tmp_path: Path, encoder: FakeEncoder
) -> None:
    branded(content, '[brand]\npalette = "iris"\nlogo = "theme/logo.svg"\n', logo_svg=SVG)
    index = tmp_path / "index"
    first = build_index(content, index, encoder)
    folder = index / first.generation
    look = json.loads((folder / "look.json").read_text())
    assert (folder / look["stylesheet"].lstrip("/")).is_file()
    assert (folder / look["logo"]["address"].lstrip("/")).read_text() == SVG
    assert (look["logo"]["width"], look["logo"]["height"]) == (120, 40)
    assert not build_index(content, index, encoder).published


def test_a_colour_that_cannot_be_read_is_an_error_at_its_line_and_column(content: Path) -> None:
    branded(content, '[brand]\n[brand.light]\n  accent = "#ffcc00"\n')
    (problem,) = problems(content)
    assert str(problem) == (
        "site.toml:5:3: low-contrast On light screens `accent` #ffcc00 on `danger_soft` #fdecea "
        "has a contrast of 1.32:1, text needs 4.5:1; so 16 more pairs with it."
    )


@pytest.mark.parametrize(
    ("toml", "line", "said"),
    [
        ('[brand.dark]\ntext = "#777"', 4, "On dark screens `text` #777777 on"),
        ('[brand.dark]\nground = "#a0a0a0"', 4, "on `ground` #a0a0a0"),
        ('[brand.light]\nline_strong = "#dddddd"', 4, "a part to be seen needs 3.0:1"),
        ('[brand.light]\naccent = "#0f5c5c"\non_accent = "#2f7c7c"', 5, "`on_accent` #2f7c7c on"),
    ],
)
def test_every_pair_is_looked_at(content: Path, toml: str, line: int, said: str) -> None:
    (problem,) = problems(branded(content, toml))
    assert (problem.code, problem.line, problem.column) == ("low-contrast", line, 1)
    assert said in problem.message


@pytest.mark.parametrize(
    ("toml", "line", "column", "code", "said"),
    [
        ('[brand]\npalette = "neon"', 4, 1, "site-invalid", "'lagoon', 'clay' or 'iris'"),
        ('[brand.light]\naccent = "red"', 4, 1, "site-invalid", "brand.light.accent"),
        ('[brand.light]\nacccent = "#fff"', 4, 1, "site-invalid", "brand.light.acccent"),
        ('[brand]\nlogo = "media/gone.svg"', 4, 1, "missing-file", "no picture media/gone.svg"),
        ('[brand]\nfavicon = "../x.svg"', 4, 1, "missing-file", "no picture ../x.svg"),
        ('[brand.fonts]\ntext = ["a;}b"]', 4, 1, "site-invalid", "brand.fonts.text"),
        (
            '[[brand.fonts.files]]\nfamily = "A"\nfile = "theme/a.woff2"\n'
            '[[brand.fonts.files]]\nfamily = "B"\n   file = "theme/b.woff2"',
            8,
            4,
            "missing-file",
            "no font theme/b.woff2",
        ),
        ('[[footer]]\ntitle.en = "X"\nurl.en = "javascript:1"', 5, 1, "site-invalid", "https://"),
        ('[[footer]]\ntitle.en = "X"\nurl.en = "//evil"', 5, 1, "site-invalid", "a slash"),
        ('[texts]\nslogan.en = "X"', 4, 1, "site-invalid", "texts.slogan"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(
    content: Path, toml: str, line: int, column: int, code: str, said: str
) -> None:
    (problem,) = problems(branded(content, toml, a_woff2=FONT))
    assert (problem.file, problem.line, problem.column) == ("site.toml", line, column)
    assert problem.code == code
    assert said in problem.message


@pytest.mark.parametrize(
    ("styles", "column", "code", "said"),
    [
        ("@import 'more.css';", 1, "unsafe-theme", "`@import`"),
        (".a { background: url(https://evil.example/x.png) }", 18, "unsafe-theme", "evil.example"),
        ('.a { background: url("//evil.example/x.png") }', 18, "unsafe-theme", "evil.example"),
        (".a { background: url( 'data:image/png;base64,AA' ) }", 18, "unsafe-theme", "data:"),
        (".a { background: url(/media/x.png) }", 18, "unsafe-theme", "put the file into theme/"),
        (".a { background: url(gone.png) }", 18, "missing-file", "no file gone.png in theme/"),
        (".a { background: url(../site.toml) }", 18, "missing-file", "no file ../site.toml"),
    ],
)
def test_a_theme_loads_its_own_files_only(
    content: Path, styles: str, column: int, code: str, said: str
) -> None:
    (problem,) = problems(branded(content, theme_css=f"/* one\n two */\n{styles}"))
    assert (problem.file, problem.line, problem.column) == ("theme/theme.css", 3, column)
    assert problem.code == code
    assert said in problem.message


def test_odd_files_of_a_theme_are_told_and_not_published(content: Path) -> None:
    branded(content, theme_css=b"\xff\xfe", evil_svg=SVG.replace("></svg>", "><script/></svg>"))
    assert [(p.file, p.code) for p in problems(content)] == [("theme/theme.css", "unreadable")]
    branded(content, theme_css=".a { color: red }")
    assert [(p.file, p.code) for p in problems(content)] == [("theme/evil.svg", "unsafe-media")]
    assert not any("evil" in address for address in read(content).theme.files)


def test_places_in_lists_are_found(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("[[a.b]]\nc = 1\n[[a.b]]\n[[a.b]]\n  c = 3\n")
    assert place_in_site(tmp_path, ("a", "b", 0, "c")) == (2, 1)
    assert place_in_site(tmp_path, ("a", "b", 2, "c")) == (5, 3)


def test_the_guide_names_every_palette_and_colour_and_its_example_is_valid() -> None:
    guide = (ROOT / "docs" / "branding.md").read_text(encoding="utf-8")
    example = re.search(r"^```toml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert example
    site = Site.model_validate(tomllib.loads(example[1]))
    assert all(
        not list(low_contrasts(toned(PALETTES[site.brand.palette][mode], colours.own)))
        for mode, colours in (("light", site.brand.light), ("dark", site.brand.dark))
    )
    assert {name for name in PALETTES if f"`{name}`" not in guide} == set()
    assert {name for name in TONES if f"`{name.removesuffix('_soft')}" not in guide} == set()
