"""Pages look like their site: logo, palette, fonts, texts and footer of the content folder."""

from pathlib import Path

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient

from indexer.build import build_index

SITE = """
name = "Acme"
default_locale = "en"
[locales.en]
[locales.de]
[brand]
palette = "iris"
logo = "media/logo.svg"
logo_dark = "media/dark.svg"
logo_holds_name = true
favicon = "theme/icon.png"
[[brand.fonts.files]]
family = "Acme Sans"
file = "theme/acme.woff2"
[texts]
headline = { en = "Ask <Acme>" }
placeholder = { en = "What is it?" }
privacy = { en = "We keep nothing." }
[[footer]]
title = { en = "Legal", de = "Impressum" }
url = { en = "https://acme.example/legal" }
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"></svg>'


@pytest.fixture(scope="module")
def center(tmp_path_factory: pytest.TempPathFactory, encoder: FakeEncoder) -> FlaskClient:
    folder = tmp_path_factory.mktemp("acme")
    content = folder / "content"
    files = {
        "site.toml": SITE.encode(),
        "en/articles/lock.md": b"# Lock\n\nLock it.\n",
        "media/logo.svg": SVG.encode(),
        "media/dark.svg": SVG.encode() + b"<!-- dark -->",
        "theme/icon.png": b"\x89PNG\r\n\x1a\n",
        "theme/acme.woff2": b"wOF2",
        "theme/theme.css": b".hero { background: url(icon.png) }",
    }
    for name, data in files.items():
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_bytes(data)
    build_index(content, folder / "index", encoder)
    return client(folder / "index", encoder)


def home(center: FlaskClient, locale: str = "en") -> Markup:
    return Markup(center.get(f"/{locale}/").text)


def test_the_logo_stands_in_the_header_for_light_and_dark_screens(center: FlaskClient) -> None:
    page = home(center)
    (logo,) = page.all("img", **{"class": "brand-logo"})
    assert (logo["alt"], logo["width"], logo["height"]) == ("Acme", "96", "32")
    (dark,) = page.all("source", media="(prefers-color-scheme: dark)")
    assert dark["srcset"] != logo["src"]
    for address in (logo["src"], dark["srcset"]):
        with center.get(address) as response:
            assert response.mimetype == "image/svg+xml"
    assert not page.all("span", **{"class": "brand-name"}), "the logo holds the name"


def test_the_example_center_shows_its_logo_beside_its_name(
    built_index: Path, encoder: FakeEncoder
) -> None:
    page = home(client(built_index, encoder))
    (logo,) = page.all("img", **{"class": "brand-logo"})
    assert logo["alt"] == "", "the name stands beside it"
    assert page.all("span", **{"class": "brand-name"})


def test_without_a_logo_the_first_letter_stands_for_it(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    build_index(write_article("lock", "# Lock\n\nIt.\n"), tmp_path / "index", encoder)
    page = home(client(tmp_path / "index", encoder))
    assert page.all("span", **{"class": "brand-mark"})
    assert not page.all("link", rel="stylesheet")[1:]


def test_the_sites_style_sheet_follows_the_shipped_one_and_is_kept_for_ever(
    center: FlaskClient,
) -> None:
    shipped, own = (link["href"] for link in home(center).all("link", rel="stylesheet"))
    assert shipped.startswith("/static/site.")
    with center.get(own) as response:
        assert response.mimetype == "text/css"
        assert "immutable" in response.headers["Cache-Control"]
        assert ".hero { background: url(icon.png) }" in response.text
        assert "--accent:#4539a6" in response.text
    folder = own.rpartition("/")[0]
    for name, kind in (("acme.woff2", "font/woff2"), ("icon.png", "image/png")):
        with center.get(f"{folder}/{name}") as file:
            assert (file.status_code, file.mimetype) == (200, kind)
            assert "immutable" in file.headers["Cache-Control"]


def test_the_policy_of_pages_stays_strict(center: FlaskClient) -> None:
    policy = center.get("/en/").headers["Content-Security-Policy"]
    assert policy.startswith(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self'; font-src 'self'"
    )
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", ["/theme/x.css", "/theme/../site.json", "/theme/%2e%2e/look.json", "/theme/"]
)
def test_nothing_but_the_theme_is_served_from_there(center: FlaskClient, path: str) -> None:
    assert center.get(path).status_code == 404


def test_browser_bars_and_tabs_fit(center: FlaskClient) -> None:
    page = home(center)
    bars = {meta["media"]: meta["content"] for meta in page.all("meta", name="theme-color")}
    assert bars == {
        "(prefers-color-scheme: light)": "#ffffff",
        "(prefers-color-scheme: dark)": "#0f0e17",
    }
    icon = page.all("link", rel="icon")[0]["href"]
    assert icon.endswith("/icon.png")
    assert f"http://localhost{icon}</Image>" in center.get("/opensearch.xml").text


def test_own_texts_replace_the_shipped_ones_where_the_language_has_them(
    center: FlaskClient,
) -> None:
    english, german = home(center), home(center, "de")
    assert "Ask <Acme>" in english.text
    assert english.all("input", name="q")[0]["placeholder"] == "What is it?"
    assert "We keep nothing." in english.text
    assert "Womit können wir helfen?" in german.text
    assert german.all("input", name="q")[0]["placeholder"] == "Frage stellen"


def test_the_footer_links_where_title_and_address_are_known(center: FlaskClient) -> None:
    assert "https://acme.example/legal" in home(center).values("a", "href")
    assert "Impressum" not in home(center, "de").text


def test_the_logo_is_told_to_search_engines(center: FlaskClient) -> None:
    (logo,) = home(center).all("img", **{"class": "brand-logo"})
    assert f'"logo":"http://localhost{logo["src"]}"' in center.get("/en/").text


def test_pages_of_errors_need_no_look(tmp_path: Path, encoder: FakeEncoder) -> None:
    response = client(tmp_path / "none", encoder).get("/en/")
    assert response.status_code == 503
    assert "/static/site." in response.text
