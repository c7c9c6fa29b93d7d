"""Readers see when a page was changed, and what."""

from pathlib import Path

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient

from indexer.build import build_index


@pytest.fixture
def center(tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder) -> FlaskClient:
    changes = [
        {"date": "2026-03-01", "text": "<b>Longer</b> warranty."},
        {"date": "2026-01-05", "text": "First version."},
    ]
    write_article("told", "Text.", title="Told", reviewed="2026-04-01", changes=changes)
    content = write_article("untold", "Text.", title="Untold")
    build_index(content, tmp_path / "index", encoder)
    return client(tmp_path / "index", encoder)


def test_an_article_tells_its_history(center: FlaskClient) -> None:
    article = Markup(center.get("/en/articles/told").text)
    assert "Reviewed on 1 April 2026" in article.text
    assert "Changed on 1 March 2026" in article.text
    assert article.all("details", **{"class": "history"})
    assert "1 March 2026 <b>Longer</b> warranty. 5 January 2026 First version." in article.text


def test_a_page_without_history_claims_none(center: FlaskClient) -> None:
    article = Markup(center.get("/en/articles/untold").text)
    assert not article.all("details", **{"class": "history"})
    assert "Changed on" not in article.text


def test_programs_learn_the_history_too(center: FlaskClient) -> None:
    told = center.get("/api/v1/articles/told?locale=en").get_json()
    assert told["changed"] == "2026-03-01"
    assert told["changes"][0] == {"date": "2026-03-01", "text": "<b>Longer</b> warranty."}
    feed = center.get("/en/feed.xml").text
    assert "<updated>2026-04-01T00:00:00Z</updated>" in feed
    assert "&lt;b&gt;Longer&lt;/b&gt; warranty." in feed
    sitemap = center.get("/sitemap.xml").text
    assert "/en/articles/told</loc><lastmod>2026-04-01</lastmod>" in sitemap
    assert '"dateModified":"2026-03-01"' in center.get("/en/articles/told").text
