"""An address on the feedback page, its confirmation, the mail of the fix, and the answers to it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient
from sqlalchemy import select
from staffed import member_added, sign_in, submit

from kb.mail import Mail
from kb.staff import Role
from kb.store.database import Database
from kb.store.schema import mails, subscriptions
from kb.store.tasks import find_task
from kb.tasks import State

ARTICLE = "/de/articles/rechnung-herunterladen"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
ROOT = "https://help.example.org"
MAIL = {"smtp_host": "127.0.0.1", "smtp_sender": "help@example.org"}
NOTIFY = "/de/feedback/notify"
CUSTOMER = "kunde@example.org"
NOW = datetime.now(UTC)


@pytest.fixture
def visitor(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    browser = client(built_index, encoder, records=tmp_path, public_url=ROOT, **MAIL)
    browser.environ_base["HTTP_USER_AGENT"] = PERSON["User-Agent"]
    return browser


@pytest.fixture
def complaint(visitor: FlaskClient) -> str:
    """The token of an article that the visitor said did not help."""
    token = Markup(visitor.get(ARTICLE).text).all("input", name="about")[0]["value"]
    visitor.post("/de/feedback", data={"about": token, "solved": "no"})
    return token


def queued(folder: Path) -> list[Mail]:
    database = Database.in_folder(folder)
    try:
        with database.read() as connection:
            rows = connection.execute(select(mails).order_by(mails.c.id)).all()
        return [Mail(row.recipient, row.subject, row.text, row.key) for row in rows]
    finally:
        database.close()


def links(mail: Mail) -> dict[str, str]:
    """The paths in a mail by what they do."""
    found = re.findall(rf"{ROOT}({NOTIFY}/(\w+)\?token=\S+)", mail.text)
    return {action: path for path, action in found}


def ask(visitor: FlaskClient, token: str, **data: str) -> int:
    sent = {"about": token, "email": CUSTOMER, "consent": "yes", **data}
    return visitor.post(NOTIFY, data=sent).status_code


def act(visitor: FlaskClient, link: str) -> str:
    """Open a link and press its button; returns the text of the page that says what was done."""
    page = Markup(visitor.get(link).text)
    token = page.all("input", name="token")[0]["value"]
    (form,) = [one for one in page.all("form", method="post") if "/notify/" in one["action"]]
    return Markup(visitor.post(form["action"], data={"token": token}).text).text


def test_after_a_no_an_address_may_be_given(visitor: FlaskClient, complaint: str) -> None:
    page = Markup(visitor.get(f"/de/feedback?about={complaint}").text)
    assert page.all("input", name="email") and page.all("input", name="consent")
    assert "30 Tage nach dieser E-Mail gelöscht" in page.text


def test_the_whole_way_from_complaint_to_answer(
    visitor: FlaskClient, complaint: str, tmp_path: Path
) -> None:
    assert ask(visitor, complaint) == 303
    (question,) = queued(tmp_path)
    assert question.to == CUSTOMER and "Bitte bestätigen" in question.subject
    assert "Einwilligung" in question.text
    assert "Bestätigt" in act(visitor, links(question)["confirm"])

    member_added(tmp_path, role=Role.EDITOR)
    sign_in(visitor)
    submit(visitor, "/admin/tasks/", "/admin/tasks/refresh")
    assert submit(visitor, "/admin/tasks/1", "/admin/tasks/1/close", state="done") == 303
    _, told = queued(tmp_path)
    assert told.subject.startswith("Verbessert: ")
    assert f"{ROOT}{ARTICLE}" in told.text

    assert "wieder offen" in act(visitor, links(told)["reopen"])
    database = Database.in_folder(tmp_path)
    assert find_task(database, 1).state is State.OPEN
    database.close()
    submit(visitor, "/admin/tasks/1", "/admin/tasks/1/close", state="done")
    again = queued(tmp_path)[-1]
    assert len(queued(tmp_path)) == 3 and again.key != told.key
    assert "Schön, dass es geholfen hat." in act(visitor, links(again)["solved"])
    assert "gelöscht" in act(visitor, links(again)["unsubscribe"])
    assert "schon gelöscht" in visitor.get(links(again)["solved"]).text


def test_opening_a_link_alone_changes_nothing(
    visitor: FlaskClient, complaint: str, tmp_path: Path
) -> None:
    ask(visitor, complaint)
    (question,) = queued(tmp_path)
    for link in links(question).values():
        assert visitor.get(link).status_code == 200
    database = Database.in_folder(tmp_path)
    with database.read() as connection:
        (state,) = connection.execute(select(subscriptions.c.state)).scalars()
    database.close()
    assert state == "asked"


@pytest.mark.parametrize(
    "data",
    [
        {"email": "keine"},
        {"email": ""},
        {"consent": ""},
        {"about": "forged"},
        {"email": "a@example.org\r\nBcc: b@example.org"},
    ],
)
def test_without_address_consent_or_complaint_nothing_is_sent(
    visitor: FlaskClient, complaint: str, tmp_path: Path, data: dict[str, str]
) -> None:
    assert ask(visitor, complaint, **data) == 400
    assert queued(tmp_path) == []


def test_forms_of_other_sites_and_machines_send_nothing(
    visitor: FlaskClient, complaint: str, tmp_path: Path
) -> None:
    data = {"about": complaint, "email": CUSTOMER, "consent": "yes"}
    foreign = visitor.post(NOTIFY, data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert visitor.post(NOTIFY, data=data, headers={"User-Agent": "curl/8"}).status_code == 303
    assert queued(tmp_path) == []


@pytest.mark.parametrize("action", ["confirm", "unsubscribe", "solved", "reopen", "erase"])
def test_only_links_of_this_site_do_anything(visitor: FlaskClient, action: str) -> None:
    for token in ("", "forged", "ImFiYyI.sig"):
        assert visitor.get(f"{NOTIFY}/{action}?token={token}").status_code == 404
        assert visitor.post(f"{NOTIFY}/{action}", data={"token": token}).status_code == 404


@pytest.mark.parametrize("settings", [{"public_url": ROOT}, MAIL])
def test_where_no_mail_could_go_out_or_lead_here_nobody_is_asked(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path, settings: dict[str, str]
) -> None:
    browser = client(built_index, encoder, records=tmp_path, **settings)
    token = Markup(browser.get(ARTICLE).text).all("input", name="about")[0]["value"]
    browser.post("/de/feedback", data={"about": token, "solved": "no"}, headers=PERSON)
    page = Markup(browser.get(f"/de/feedback?about={token}", headers=PERSON).text)
    assert page.all("input", name="reason") and not page.all("input", name="email")
    assert browser.post(NOTIFY).status_code in (404, 405)
