"""What customers say of themselves: kept only after they said it, in sight, gone in one click."""

import os
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient

from kb.errors import SettingsError
from kb.secret_key import KEY_FILE, secret_key
from kb.settings import Settings
from web.context import COOKIE

PAGE = "/en/preferences"
ARTICLE = "/en/articles/order-invoice"


@pytest.fixture
def visitor(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


def shown_for(visitor: FlaskClient, path: str = ARTICLE) -> str:
    """What the page says that it follows; "" when it follows nothing."""
    _, _, rest = Markup(visitor.get(path).text).text.partition("Shown for: ")
    return rest.partition(" Change")[0]


def test_nothing_is_kept_before_a_choice(visitor: FlaskClient) -> None:
    for path in ("/en/", ARTICLE, PAGE, "/en/search?q=battery", "/en/products/trek-7"):
        assert "Set-Cookie" not in visitor.get(path).headers, path
    assert shown_for(visitor) == ""


def test_what_was_chosen_is_in_plain_sight_on_every_page(visitor: FlaskClient) -> None:
    visitor.post(PAGE, data={"product": "trek-7", "customer": "business", "experience": ""})
    for path in ("/en/", ARTICLE, PAGE, "/en/search?q=battery", "/en/products/"):
        assert shown_for(visitor, path) == "Trek 7 · business customer", path
    form = Markup(visitor.get(PAGE).text)
    assert "checked" in form.all("input", name="customer", value="business")[0]
    assert "selected" in form.all("option", value="trek-7")[0]


def test_the_cookie_is_signed_of_this_site_and_out_of_reach_of_scripts(
    visitor: FlaskClient,
) -> None:
    reply = visitor.post(PAGE, data={"product": "trek-7"}, base_url="https://localhost")
    (cookie,) = reply.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("forged", ["", "x", "eyJwIjoidHJlay03In0.c2lnbmF0dXJl", "a" * 4000])
def test_a_forged_cookie_says_nothing(visitor: FlaskClient, forged: str) -> None:
    visitor.set_cookie(COOKIE, forged)
    assert shown_for(visitor) == ""


def test_one_click_forgets_everything(visitor: FlaskClient) -> None:
    visitor.post(PAGE, data={"product": "trek-7", "customer": "private"})
    reply = visitor.post(PAGE, data={"forget": "1", "back": ARTICLE})
    assert (reply.status_code, reply.location) == (303, ARTICLE)
    assert visitor.get_cookie(COOKIE) is None
    assert shown_for(visitor) == ""


def test_i_have_this_one_adds_to_what_was_said(visitor: FlaskClient) -> None:
    visitor.post(PAGE, data={"customer": "business"})
    reply = visitor.post(PAGE, data={"product": "trek-7", "back": "/en/products/trek-7"})
    assert reply.location == "/en/products/trek-7"
    assert shown_for(visitor) == "Trek 7 · business customer"


@pytest.mark.parametrize(
    "data",
    [
        {"product": "no-such-thing"},
        {"product": "order-invoice"},
        {"customer": "emperor"},
        {"experience": "<script>"},
        {"address": "ihr", "product": "x" * 10_000},
    ],
)
def test_what_is_no_choice_is_not_kept(visitor: FlaskClient, data: dict[str, str]) -> None:
    assert visitor.post(PAGE, data=data).status_code == 303
    assert visitor.get_cookie(COOKIE) is None


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_the_way_back_stays_on_this_site(visitor: FlaskClient, back: str) -> None:
    reply = visitor.post(PAGE, data={"customer": "private", "back": back})
    assert reply.location == f"{PAGE}?saved=1"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_forms_of_other_sites_change_nothing(visitor: FlaskClient, headers: dict[str, str]) -> None:
    assert visitor.post(PAGE, data={"forget": "1"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}]
)
def test_own_forms_are_accepted(visitor: FlaskClient, headers: dict[str, str]) -> None:
    reply = visitor.post(PAGE, data={"customer": "private"}, headers=headers)
    assert reply.status_code == 303


def test_a_page_is_not_taken_for_another_visitors(visitor: FlaskClient) -> None:
    first = visitor.get(ARTICLE)
    assert "Cookie" in first.headers["Vary"]
    visitor.post(PAGE, data={"customer": "business"})
    again = visitor.get(ARTICLE, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_the_form_of_address_is_asked_where_the_language_has_it(visitor: FlaskClient) -> None:
    assert Markup(visitor.get("/de/preferences").text).all("input", name="address", value="sie")
    assert not Markup(visitor.get(PAGE).text).all("input", name="address")


def test_a_product_that_is_gone_is_not_named(visitor: FlaskClient, built_index: Path) -> None:
    from web.context import URLSafeSerializer

    signer = URLSafeSerializer((built_index.parent / KEY_FILE).read_bytes(), salt=COOKIE)
    visitor.set_cookie(COOKIE, signer.dumps({"p": "sold-out", "c": "private"}))
    assert shown_for(visitor) == "private customer"


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    key = secret_key(settings)
    assert secret_key(settings) == key
    assert os.stat(tmp_path / "data" / KEY_FILE).st_mode & 0o777 == 0o600
    assert secret_key(Settings(data=tmp_path / "other")) != key


def test_a_key_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sixteen letters!\n")
    assert secret_key(Settings(secret_key_file=tmp_path / "key")) == b"sixteen letters!"
    assert secret_key(Settings(secret_key="another sixteen letters")) == b"another sixteen letters"
    assert "sixteen" not in repr(Settings(secret_key="another sixteen letters"))
    with pytest.raises(SettingsError, match="at least 16"):
        secret_key(Settings(secret_key="short"))


def test_without_a_key_nothing_is_offered_to_be_kept(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    visitor = client(built_index, encoder, secret_key_file=tmp_path / "missing")
    assert visitor.get(PAGE).status_code == 404
    assert visitor.post(PAGE, data={"customer": "private"}).status_code == 404
    assert PAGE not in Markup(visitor.get("/en/").text).values("a", "href")


def test_home_begins_with_my_product(visitor: FlaskClient) -> None:
    assert "/en/products/trek-7" not in Markup(visitor.get("/en/").text).values("a", "href")
    visitor.post(PAGE, data={"product": "trek-7"})
    home = Markup(visitor.get("/en/").text)
    assert "/en/products/trek-7" in home.values("a", "href")
    assert "/en/articles/compare-trekking" in home.values("a", "href")
