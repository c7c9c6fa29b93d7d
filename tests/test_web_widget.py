"""The widget: offered to named sites alone, framed by nobody else, and counted."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient
from test_web_brand import SITE, SVG

from indexer.build import build_index
from kb.errors import SettingsError
from kb.feedback import Channel
from kb.palettes import PALETTES
from kb.settings import load_settings
from kb.store.feedback import searches_since
from web.records import records

SHOP = "https://shop.example"
OTHER = "https://www.shop.example:8443"
PANEL = "/de/widget"
ASKED = f"{PANEL}?q=Rechnung+herunterladen"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
MOST_BYTES = 8000  # of the script, before compression


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder, widget_origins=[SHOP, OTHER])


def ancestors(center: FlaskClient, path: str) -> str:
    policy = center.get(path).headers["Content-Security-Policy"]
    found = re.findall(r"frame-ancestors ([^;]*)", policy)
    assert len(found) == 1
    return str(found[0])


def test_without_sites_there_is_no_widget(built_index: Path, encoder: FakeEncoder) -> None:
    plain = client(built_index, encoder)
    assert plain.get("/widget.js").status_code == 404
    assert plain.get(PANEL).status_code == 404
    assert plain.get(PANEL).headers["X-Frame-Options"] == "DENY"


def test_named_sites_alone_may_frame_the_widget_and_nothing_else(center: FlaskClient) -> None:
    for path in (PANEL, ASKED, f"{PANEL}?q={'x' * 501}"):
        assert ancestors(center, path) == f"{SHOP} {OTHER}"
        assert "X-Frame-Options" not in center.get(path).headers
    others = ("/de/", "/de/search?q=Akku", "/de/contact", "/de/widget/", "/fr/widget", "/widget.js")
    for path in others:
        assert ancestors(center, path) == "'none'", path
        assert center.get(path).headers["X-Frame-Options"] == "DENY"


def test_the_page_answers_and_leads_to_windows_of_their_own(center: FlaskClient) -> None:
    page = Markup(center.get(ASKED).text)
    assert page.all("meta", name="robots", content="noindex")
    assert page.all("input", name="q", value="Rechnung herunterladen")
    (form,) = page.all("form")
    assert (form["action"], form["method"]) == (PANEL, "get")
    links = page.all("a")
    assert any(link["href"].startswith("/de/articles/rechnung-herunterladen") for link in links)
    assert any(link["href"].startswith("/de/contact") for link in links)
    for link in links:
        if not link["href"].startswith((PANEL, "tel:", "mailto:")):
            assert (link["target"], link["rel"]) == ("_blank", "noopener"), link
    assert all(
        link["href"].startswith(f"{PANEL}?q=")
        for link in links
        if "target" not in link and not link["href"].startswith(("tel:", "mailto:"))
    )


def test_without_an_answer_the_way_to_a_person_comes_first(center: FlaskClient) -> None:
    html = center.get(f"{PANEL}?q=zzz+qqq").text
    assert 0 < html.index("data-first") < html.index('id="person"')
    assert html.count('id="person"') == 1
    assert 'id="results"' not in html or html.index('id="person"') < html.index('id="results"')
    assert center.get(ASKED).text.index('id="results"') < center.get(ASKED).text.index(
        'id="person"'
    )


def test_an_error_in_the_frame_leads_out_of_it(center: FlaskClient) -> None:
    page = Markup(center.get(f"{PANEL}?q={'x' * 501}").text)
    assert page.all("a", href="/", target="_blank", rel="noopener")


def test_before_a_question_it_offers_some(center: FlaskClient) -> None:
    page = Markup(center.get("/en/widget").text)
    offered = [link for link in page.values("a", "href") if link.startswith("/en/widget?q=")]
    assert offered
    assert "Help from Brise & Kette" in page.text


def test_neither_page_nor_script_keeps_anything(center: FlaskClient) -> None:
    for path in (PANEL, ASKED, "/widget.js"):
        assert "Set-Cookie" not in center.get(path).headers
    script = center.get("/widget.js").text
    assert not re.search(r"cookie|Storage|fetch|XMLHttp|sendBeacon|\.style\b", script)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", script), "asks nobody else"


def test_the_script_is_small_and_may_be_loaded_elsewhere(center: FlaskClient) -> None:
    reply = center.get("/widget.js")
    assert (reply.status_code, reply.mimetype) == (200, "text/javascript")
    assert len(reply.data) < MOST_BYTES
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert center.get("/de/").headers["Cross-Origin-Resource-Policy"] == "same-origin"
    again = center.get("/widget.js", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_the_script_has_the_words_and_colours_of_its_site(
    write_article: WriteArticle, tmp_path: Path
) -> None:
    content = write_article("a", "# A\n\nText.\n")
    name = 'name = "</script><Acme> \\"1\\""'
    (content / "site.toml").write_text(SITE.replace('name = "Acme"', name), encoding="utf-8")
    (content / "media").mkdir()
    (content / "theme").mkdir()
    for picture in ("logo", "dark"):
        (content / "media" / f"{picture}.svg").write_text(SVG, encoding="utf-8")
    (content / "theme" / "icon.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (content / "theme" / "acme.woff2").write_bytes(b"wOF2")
    build_index(content, tmp_path / "index", None)
    script = client(tmp_path / "index", None, widget_origins=[SHOP]).get("/widget.js").text
    assert "\\u003c/script\\u003e" in script
    assert "</script>" not in script
    assert '"de": { open: "Hilfe", close: "Schlie\\u00dfen"' in script
    assert PALETTES["iris"]["light"]["accent"] in script
    assert PALETTES["iris"]["dark"]["accent"] in script


def test_questions_are_remembered_as_the_widgets(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    center = client(built_index, encoder, records=tmp_path, widget_origins=[SHOP])
    center.get(ASKED, headers=PERSON)
    center.get(ASKED, headers={"User-Agent": "some-bot/1.0"})
    center.get(PANEL, headers=PERSON)
    with center.application.app_context():
        records().log.flush()
        (search,) = searches_since(records().database, datetime(2000, 1, 1, tzinfo=UTC))
    assert (search.channel, search.question) == (Channel.WIDGET, "Rechnung herunterladen")
    assert "article/order-invoice" in search.shown


def test_the_page_has_a_limit_like_the_results_page(
    built_index: Path, encoder: FakeEncoder
) -> None:
    center = client(built_index, encoder, widget_origins=[SHOP], rate_limit=1)
    statuses = {center.get(ASKED).status_code for _ in range(10)}
    assert 429 in statuses


@pytest.mark.parametrize(
    "origins",
    ["*", "shop.example", "https://*.shop.example", "https://a.example/x", "https://a; b"],
)
def test_a_site_that_is_no_origin_is_refused(origins: str) -> None:
    with pytest.raises(SettingsError, match="widget_origins"):
        load_settings({"widget_origins": origins})


def test_sites_stand_in_the_environment_with_blanks_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KB_WIDGET_ORIGINS", f"{SHOP}/ {OTHER}")
    assert load_settings({}).widget_origins == [SHOP, OTHER]
