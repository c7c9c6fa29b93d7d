"""Text is sent compressed to those who take it so, and is the same text."""

import gzip
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


@pytest.mark.parametrize(
    "path", ["/de/", "/de/articles/akku-laedt-nicht.md", "/api/v1/search?q=Akku", "/sitemap.xml"]
)
def test_text_is_packed_and_says_so(center: FlaskClient, path: str) -> None:
    plain, packed = center.get(path), center.get(path, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.data) < len(plain.data) / 2
    for reply in (plain, packed):
        assert "Accept-Encoding" in reply.headers["Vary"]
    if not path.startswith("/api/"):  # whose replies have an id and a time of their own
        assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize("refusal", ["", "br", "gzip;q=0", "identity"])
def test_who_takes_no_gzip_gets_none(center: FlaskClient, refusal: str) -> None:
    reply = center.get("/de/", headers={"Accept-Encoding": refusal})
    assert "Content-Encoding" not in reply.headers


def test_a_packed_page_is_known_again(center: FlaskClient) -> None:
    first = center.get("/de/", headers=GZIP)
    again = center.get("/de/", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_small_replies_and_pictures_stay_as_they_are(center: FlaskClient) -> None:
    assert "Content-Encoding" not in center.get("/livez", headers=GZIP).headers
    picture = Markup(center.get("/en/products/berg-6").text).values("img", "src")[0]
    reply = center.get(picture, headers=GZIP)
    assert "Content-Encoding" not in reply.headers
    reply.close()


def test_pages_of_staff_are_never_packed(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    center = client(built_index, encoder, records=tmp_path)
    reply = center.get("/admin/login", headers=GZIP, follow_redirects=True)
    assert reply.status_code == 200
    assert "csrf" in reply.text
    assert "Content-Encoding" not in reply.headers
