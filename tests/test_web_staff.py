"""Signing in at /admin, staying in for a while, and being kept out."""

from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient
from staffed import EMAIL, PASSWORD, member_added, sign_in, staffed, submit, token_of

from kb.passwords import is_right
from kb.staff import Role
from kb.store.database import Database
from kb.store.staff import set_disabled, set_password
from web import staff

TASKS = "/admin/tasks/"


@pytest.fixture
def stranger(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    browser = client(built_index, encoder, records=tmp_path)
    member_added(tmp_path)
    return browser


@pytest.fixture
def admin(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return staffed(built_index, encoder, tmp_path)


def test_strangers_are_led_to_the_sign_in_page_and_back(stranger: FlaskClient) -> None:
    led = stranger.get(f"{TASKS}?state=done")
    assert led.status_code == 302
    page = Markup(stranger.get(led.location).text)
    (wanted,) = page.all("input", name="next")
    assert wanted["value"] == f"{TASKS}?state=done"
    data = {"csrf_token": token_of(stranger), "email": EMAIL, "password": PASSWORD}
    reply = stranger.post("/admin/login", data={**data, "next": wanted["value"]})
    assert (reply.status_code, reply.location) == (303, f"{TASKS}?state=done")
    assert stranger.get(TASKS).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/admin/",
        "//evil.example/admin/",
        "/\\evil.example",
        "/de/",
        "/admin/\n",
    ],
)
def test_signing_in_leads_nowhere_else(stranger: FlaskClient, address: str) -> None:
    data = {"csrf_token": token_of(stranger), "email": EMAIL, "password": PASSWORD, "next": address}
    assert stranger.post("/admin/login", data=data).location == "/admin/"


def test_the_session_cookie_is_out_of_reach(stranger: FlaskClient) -> None:
    data = {"csrf_token": token_of(stranger), "email": EMAIL, "password": PASSWORD}
    cookie = stranger.post("/admin/login", data=data).headers["Set-Cookie"]
    assert cookie.startswith(f"{staff.COOKIE}=")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/admin" in cookie
    assert "Secure" not in cookie
    root, other = "https://localhost", stranger.application.test_client()
    page = Markup(other.get("/admin/login", base_url=root).text)
    data["csrf_token"] = page.all("input", name="csrf_token")[0]["value"]
    headers = {"Referer": f"{root}/admin/login"}
    reply = other.post("/admin/login", data=data, base_url=root, headers=headers)
    assert "Secure" in reply.headers["Set-Cookie"]


def test_visitors_of_the_site_get_no_session(stranger: FlaskClient) -> None:
    reply = stranger.get("/de/")
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody@example.org", PASSWORD),
        (EMAIL, "falsch"),
        ("", ""),
        ("kein' OR 1=1 --", PASSWORD),
        (EMAIL, PASSWORD + "\0"),
    ],
)
def test_all_failures_say_the_same(stranger: FlaskClient, email: str, password: str) -> None:
    data = {"csrf_token": token_of(stranger), "email": email, "password": password}
    reply = stranger.post("/admin/login", data=data)
    assert reply.status_code == 401
    assert "do not fit together" in reply.text
    assert EMAIL not in reply.text


def test_unknown_accounts_cost_the_same_check(
    stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bool] = []

    def watched(kept: str | None, password: str) -> bool:
        checked.append(kept is None)
        return is_right(kept, password)

    monkeypatch.setattr("kb.store.staff.is_right", watched)
    sign_in(stranger, "nobody@example.org")
    sign_in(stranger, EMAIL, "falsch")
    assert checked == [True, False]


def test_after_five_failures_even_the_right_password_waits(stranger: FlaskClient) -> None:
    assert [sign_in(stranger, EMAIL, "falsch") for _ in range(5)] == [401] * 5
    data = {"csrf_token": token_of(stranger), "email": EMAIL, "password": PASSWORD}
    reply = stranger.post("/admin/login", data=data)
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 0


def test_forms_without_the_token_do_nothing(admin: FlaskClient) -> None:
    for address in ("/admin/login", "/admin/logout", "/admin/tasks/refresh"):
        assert admin.post(address, data={"email": EMAIL, "password": PASSWORD}).status_code == 400
    assert admin.get(TASKS).status_code == 200


def test_who_is_disabled_is_out_at_once(admin: FlaskClient, tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    set_disabled(database, EMAIL)
    assert admin.get(TASKS).status_code == 302
    set_disabled(database, EMAIL, False)
    assert admin.get(TASKS).status_code == 302  # the old session stays ended
    database.close()


def test_a_new_password_ends_the_session(admin: FlaskClient, tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    set_password(database, EMAIL, "ein anderes langes Passwort")
    database.close()
    assert admin.get(TASKS).status_code == 302


def test_signing_out_makes_a_copied_cookie_worthless(admin: FlaskClient) -> None:
    copied = admin.get_cookie(staff.COOKIE, path="/admin")
    assert copied is not None
    assert submit(admin, TASKS, "/admin/logout") == 303
    admin.set_cookie(staff.COOKIE, copied.value, path="/admin")
    assert admin.get(TASKS).status_code == 302


@pytest.mark.parametrize(("clicks", "pause"), [(1, staff.IDLE), (13, staff.IDLE - 61)])
def test_a_session_ends_when_idle_and_at_the_end_of_a_day(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, clicks: int, pause: int
) -> None:
    now = staff.time.time()
    for click in range(1, clicks + 1):
        assert admin.get(TASKS).status_code == 200
        monkeypatch.setattr(staff.time, "time", lambda later=now + click * pause: later)
    assert admin.get(TASKS).status_code == 302


@pytest.mark.parametrize("role", [Role.EDITOR, Role.AGENT])
def test_the_log_is_for_admins(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path, role: Role
) -> None:
    browser = staffed(built_index, encoder, tmp_path, role)
    assert browser.get("/admin/audit").status_code == 403
    assert "/admin/audit" not in browser.get(TASKS).text


def test_agents_look_and_editors_change(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    browser = staffed(built_index, encoder, tmp_path, Role.AGENT)
    assert submit(browser, TASKS, "/admin/tasks/refresh") == 403


def test_admins_read_what_was_done(admin: FlaskClient) -> None:
    page = Markup(admin.get("/admin/audit").text)
    assert "user.sign_in" in page.text and EMAIL in page.text
    assert admin.get("/admin/audit?before=1").status_code == 200
    assert admin.get("/admin/audit?before=%C2%B2x").status_code == 200


def test_pages_are_kept_nowhere(admin: FlaskClient) -> None:
    for address in (TASKS, "/admin/audit", "/admin/insight/", "/admin/login"):
        headers = admin.get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex"


def test_staff_read_the_language_of_their_browser(admin: FlaskClient) -> None:
    german = admin.get(TASKS, headers={"Accept-Language": "de-AT,de;q=0.9"}).text
    assert 'lang="de"' in german and "Inhaltsaufgaben" in german
    english = admin.get(TASKS, headers={"Accept-Language": "fr"}).text
    assert 'lang="en"' in english and "Content tasks" in english


def test_staff_work_without_an_index(encoder: FakeEncoder, tmp_path: Path) -> None:
    browser = staffed(tmp_path / "data" / "index", encoder, tmp_path)
    for address in (TASKS, "/admin/insight/", "/admin/audit"):
        assert browser.get(address).status_code == 200
