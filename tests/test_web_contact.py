"""Writing to a team: answers first, nothing lost, only what was seen is sent, the right team."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from centers import Markup, application, client
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.cases import Author, CaseState, ItemKind
from kb.deflection import Deflections
from kb.feedback import Channel
from kb.store.cases import cases_of, conversation
from kb.store.database import Database
from kb.store.deflection import deflections
from search.encoder import OnnxEncoder
from web.contact import LARGEST

pytestmark = pytest.mark.model  # what matches, and how surely, only the real one knows

WRITE = "/de/contact/write"
QUESTION = "Mein Akku lädt nicht: Was kann ich tun?"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
FIELDS = {"message": QUESTION, "email": "kim@example.org"}


@pytest.fixture
def visitor(real_index: Path, real_encoder: OnnxEncoder, tmp_path: Path) -> FlaskClient:
    return client(real_index, real_encoder, records=tmp_path)


@pytest.fixture
def database(tmp_path: Path, visitor: FlaskClient) -> Any:
    opened = Database.in_folder(tmp_path)
    yield opened
    opened.close()


def hidden(page: str) -> dict[str, str]:
    return {one["name"]: one["value"] for one in Markup(page).all("input", type="hidden")}


def start(visitor: FlaskClient, path: str = WRITE) -> dict[str, str]:
    return hidden(visitor.get(path, headers=PERSON).text)


def post(visitor: FlaskClient, data: dict[str, Any], path: str = WRITE) -> TestResponse:
    return visitor.post(path, data=data, headers=PERSON)


def keys(page: str) -> list[str]:
    return [one["value"] for one in Markup(page).all("input", name="keep")]


def send(visitor: FlaskClient, path: str = WRITE, **fields: str) -> TestResponse:
    """Through all steps, with everything that goes along."""
    typed = {**start(visitor, path), **FIELDS, **fields}
    page = post(visitor, {**typed, "step": "review"}, path).text
    more = {"reviewed": "1", "keep": keys(page), "step": "send"}
    return post(visitor, {**typed, **hidden(page), **more}, path)


def test_a_message_becomes_a_case_of_the_best_articles_team(
    visitor: FlaskClient, database: Database
) -> None:
    reply = send(visitor, name="Kim Muster", product="trek-7")
    assert reply.status_code == 303
    (case,) = cases_of(database)
    assert case.contact.message == QUESTION
    assert (case.contact.email, case.contact.name) == ("kim@example.org", "Kim Muster")
    assert (case.contact.product, case.locale) == ("trek-7", "de")
    assert (case.state, case.channel) == (CaseState.OPEN, Channel.SITE)
    best = visitor.get(f"/api/v1/search?q={QUESTION}&locale=de&product=trek-7").get_json()
    article = visitor.get(f"/api/v1/articles/{best['results'][0]['id']}?locale=de").get_json()
    assert case.topic.team == article["owner_team"] == "workshop"
    assert case.topic.document == f"article/{article['id']}"
    assert (case.topic.category, case.topic.phase) == (article["category"], article["phase"])


@pytest.mark.parametrize(
    ("message", "team"),
    [
        ("Wie funktioniert Dienstrad-Leasing über den Arbeitgeber?", "leasing"),
        ("Welche Rahmengröße brauche ich?", "advice"),
        ("Wie lange dauert die Reparatur in der Werkstatt?", "workshop"),
        ("Wo finde ich meine Rechnung zum Herunterladen?", "service"),
    ],
)
def test_the_team_follows_the_text_and_is_shown_before_sending(
    visitor: FlaskClient, database: Database, message: str, team: str
) -> None:
    page = post(visitor, {"message": message}, "/de/contact/answers").text
    title = {
        "leasing": "Leasing",
        "advice": "Kaufberatung",
        "workshop": "Werkstatt",
        "service": "Kundenservice",
    }[team]
    shown = Markup(page).text
    assert f"Geht an {title}" in shown
    assert "Antwort meist innerhalb" in shown
    assert "Uhr" in shown  # opening hours
    send(visitor, message=message)
    (case,) = cases_of(database)
    assert case.topic.team == team
    assert 0 < case.topic.confidence <= 1


def test_what_matches_nothing_goes_to_the_default_team(
    visitor: FlaskClient, database: Database
) -> None:
    send(visitor, message="asdf jkl")
    (case,) = cases_of(database)
    assert (case.topic.team, case.topic.confidence, case.topic.document) == ("service", 0, "")


def test_the_receipt_shows_number_and_code_and_the_code_opens_the_case(
    visitor: FlaskClient, database: Database
) -> None:
    page = visitor.get(send(visitor).location, headers=PERSON)
    number, code = re.findall(r"<dd>([\w-]+)</dd>", page.text)
    assert re.fullmatch(r"[1-9]\d{3}-\d{4}", number)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)
    assert page.headers["Cache-Control"] == "no-store"
    typed = {"number": number.replace("-", " "), "code": code.lower().replace("-", "")}
    opened = visitor.post("/en/cases", data=typed)
    assert opened.status_code == 303
    shown = visitor.get(opened.location).text
    assert QUESTION in shown
    assert code not in shown  # only who has just sent the message sees it


def test_number_and_code_are_nowhere_in_the_database_together(
    visitor: FlaskClient, database: Database, tmp_path: Path
) -> None:
    _, code = re.findall(r"<dd>([\w-]+)</dd>", visitor.get(send(visitor).location).text)
    files = b"".join(path.read_bytes() for path in tmp_path.glob("kb.sqlite3*"))
    assert QUESTION.encode() in files
    assert code.encode() not in files
    assert code.replace("-", "").encode() not in files


def test_pressing_send_twice_opens_one_case(visitor: FlaskClient, database: Database) -> None:
    typed = {**start(visitor), **FIELDS, "reviewed": "1", "step": "send"}
    first, second = post(visitor, typed), post(visitor, typed)
    assert first.status_code == second.status_code == 303
    assert len(cases_of(database)) == 1


@pytest.mark.parametrize(
    ("fields", "said", "field"),
    [
        ({"message": "  "}, "Bitte schreiben, worum es geht.", "message"),
        ({"email": ""}, "Dorthin geht die Antwort.", "email"),
        ({"email": "kim@example"}, "Diese Adresse ist nicht vollständig.", "email"),
        ({"email": "kim@example.org\r\nBcc: x@y.org"}, "nicht vollständig", "email"),
        ({"message": "x" * 5001}, "höchstens 5000 Zeichen", "message"),
        ({"name": "x" * 101}, "höchstens 100 Zeichen", "name"),
        ({"order_number": "x" * 41}, "höchstens 40 Zeichen", "order_number"),
    ],
)
def test_a_fault_is_told_at_its_field_and_nothing_is_lost(
    visitor: FlaskClient, database: Database, fields: dict[str, str], said: str, field: str
) -> None:
    typed = {**start(visitor), **FIELDS, "name": "Kim", "product": "trek-7", **fields}
    reply = post(visitor, {**typed, "step": "review"})
    assert reply.status_code == 422
    page = Markup(reply.text)
    tag = "textarea" if field == "message" else "input"
    (faulty,) = page.all(tag, name=field)
    assert faulty["aria-invalid"] == "true"
    assert "autofocus" in faulty
    assert f"{field}-fault" in faulty["aria-describedby"].split()
    assert [one["id"] for one in page.all("p", id=f"{field}-fault")]
    assert said in page.text
    for name in ("email", "name"):
        assert page.all("input", name=name)[0]["value"] == " ".join(typed[name].split())
    assert typed["message"].strip() in page.text
    assert "selected" in page.all("option", value="trek-7")[0]
    assert cases_of(database) == []


def test_a_form_from_yesterday_keeps_what_was_typed_and_is_sent_with_one_more_press(
    visitor: FlaskClient, database: Database
) -> None:
    typed = {**FIELDS, "form": "gone", "reviewed": "1", "step": "send"}
    reply = post(visitor, typed)
    assert "lange offen" in reply.text
    assert cases_of(database) == []
    again = post(visitor, {**typed, **hidden(reply.text)})
    assert again.status_code == 303
    assert [case.contact.message for case in cases_of(database)] == [QUESTION]


def test_answers_come_before_sending_also_without_a_script(visitor: FlaskClient) -> None:
    for step in ("answers", "review"):
        page = Markup(post(visitor, {**start(visitor), **FIELDS, "step": step}).text)
        assert "Vielleicht hilft das schon" in page.text
        assert "/de/articles/akku-laedt-nicht" in "".join(page.values("a", "href"))
        assert page.all("button", name="solved")


def test_that_solved_it_sends_nothing_and_is_counted(
    visitor: FlaskClient, database: Database
) -> None:
    page = post(visitor, {**start(visitor), **FIELDS, "step": "review"}).text
    (button,) = Markup(page).all("button", name="solved")
    assert button["value"] == "article/battery-not-charging"
    reply = post(visitor, {**FIELDS, "solved": button["value"]})
    assert reply.status_code == 303
    assert "Es wurde nichts gesendet" in visitor.get(reply.location).text
    assert cases_of(database) == []
    assert counted(database) == Deflections(1, 1, explicit=1, implicit=0, sent=0)


def test_a_form_left_after_an_answer_is_an_implicit_deflection_at_most(
    visitor: FlaskClient, database: Database
) -> None:
    post(visitor, FIELDS, "/de/contact/answers")
    assert counted(database) == Deflections(1, 1, explicit=0, implicit=1, sent=0)
    send(visitor)
    assert counted(database) == Deflections(1, 1, explicit=0, implicit=0, sent=1)
    today = datetime.now(UTC).date()
    assert deflections(database, today, today) == Deflections(0, 0, 0, 0, 0)


def test_looking_at_the_form_is_not_starting_it(visitor: FlaskClient, database: Database) -> None:
    start(visitor)
    assert counted(database).started == 0


def counted(database: Database) -> Deflections:
    return deflections(database, date(2000, 1, 1), datetime.now(UTC).date() + timedelta(days=1))


def asked_and_voted(visitor: FlaskClient) -> None:
    from web.records import records

    visitor.get("/de/search?q=Akku+kim@example.org", headers=PERSON)
    visitor.get("/de/search?q=Ladegerät", headers=PERSON)
    with visitor.application.app_context():
        records().log.flush()
    article = visitor.get("/de/articles/akku-laedt-nicht", headers=PERSON).text
    with visitor.application.app_context():
        records().log.flush()
    token = Markup(article).all("input", name="about")[0]["value"]
    said = {"about": token, "solved": "no", "reason": "unclear", "comment": "Welche LED?"}
    visitor.post("/de/feedback", data=said, headers=PERSON)


def test_what_came_before_goes_along_as_it_was_shown(
    visitor: FlaskClient, database: Database
) -> None:
    asked_and_voted(visitor)
    page = post(visitor, {**start(visitor), **FIELDS, "step": "review"}).text
    shown = Markup(page).text
    assert "Gesucht: „Akku [e-mail]“" in shown
    assert "Hat nicht geholfen: Akku lädt nicht" in shown
    assert all("checked" in one for one in Markup(page).all("input", name="keep"))
    send(visitor)
    (case,) = cases_of(database)
    kinds = [item.kind for item in case.packet]
    assert kinds == [ItemKind.SEARCH, ItemKind.SEARCH, ItemKind.READ, ItemKind.VOTE]
    assert [item.text for item in case.packet][1:] == ["Ladegerät", "", "Welche LED?"]
    assert {item.document for item in case.packet[2:]} == {"article/battery-not-charging"}
    assert {item.key for item in case.packet} == {""}  # nothing that leads to what stayed out


def test_pages_that_were_read_go_along_each_once_with_their_time_where_it_is_known(
    visitor: FlaskClient, database: Database
) -> None:
    from web.records import records

    for path in ("akku-laedt-nicht", "akku-lagern", "akku-laedt-nicht"):
        visitor.get(f"/de/articles/{path}", headers=PERSON)
    with visitor.application.app_context():
        records().log.flush()
    page = {**PERSON, "Sec-Fetch-Site": "same-origin"}
    told = {"event": "read", "document": "article/battery-not-charging", "seconds": 190}
    visitor.post("/api/v1/events", json=told, headers=page)
    shown = Markup(post(visitor, {**start(visitor), **FIELDS, "step": "review"}).text).text
    assert "Gelesen: Akku lädt nicht" in shown
    assert shown.count("Gelesen:") == 2
    assert shown.count("im Blick") == shown.count("3 Minuten im Blick") == 1
    send(visitor)
    (case,) = cases_of(database)
    assert [(item.kind, item.document, item.seconds) for item in case.packet] == [
        (ItemKind.READ, "article/battery-not-charging", 180),
        (ItemKind.READ, "article/battery-storage", 0),
    ]


def test_what_is_unticked_stays_out_and_stays_unticked(
    visitor: FlaskClient, database: Database
) -> None:
    asked_and_voted(visitor)
    typed = {**start(visitor), **FIELDS, "reviewed": "1"}
    page = post(visitor, {**typed, "step": "review"}).text
    assert not [one for one in Markup(page).all("input", name="keep") if "checked" in one]
    second = keys(page)[1]
    form = post(visitor, {**typed, "keep": [second], "step": "edit"}).text
    assert keys(form) == [second]
    post(visitor, {**typed, "keep": [second, "search:of-somebody-else"], "step": "send"})
    (case,) = cases_of(database)
    assert [item.text for item in case.packet] == ["Ladegerät"]


def test_other_visitors_days_do_not_go_along(visitor: FlaskClient, database: Database) -> None:
    asked_and_voted(visitor)
    other = {"User-Agent": "Mozilla/5.0 (Macintosh) Safari/605.1"}
    typed = {**start(visitor), **FIELDS, "step": "review"}
    assert keys(visitor.post(WRITE, data=typed, headers=other).text) == []


def test_answers_of_the_finder_go_along_in_words(visitor: FlaskClient, database: Database) -> None:
    way = visitor.get("/de/products/ebike/finder?use=city&price=5000&all=1", headers=PERSON)
    assert way.status_code in (200, 302)
    path = "/de/contact/write?finder=ebike%3Fuse%3Dcity"
    send(visitor, path)
    (case,) = cases_of(database)
    (item,) = case.packet
    assert item.kind is ItemKind.FINDER
    assert item.text.startswith("E-Bikes – ")
    assert "Stadt" in item.text or "City" in item.text or "Alltag" in item.text


@pytest.mark.parametrize("finder", ["nothing?a=b", "ebike", "ebike?use=%00", "?&&=", "x" * 9000])
def test_a_finder_that_says_nothing_adds_nothing(
    visitor: FlaskClient, database: Database, finder: str
) -> None:
    send(visitor, finder=finder)
    (case,) = cases_of(database)
    assert case.packet == ()


def test_what_is_known_is_filled_in_and_what_helps_is_asked(visitor: FlaskClient) -> None:
    visitor.post("/de/preferences", data={"product": "trek-7", "customer": "business"})
    page = Markup(visitor.get(f"{WRITE}?q=Wo+ist+meine+Lieferung", headers=PERSON).text)
    assert "selected" in page.all("option", value="trek-7")[0]
    assert "Wo ist meine Lieferung" in page.text
    assert page.all("input", name="order_number")  # an order, in the phase after buying
    assert visitor.get(WRITE).headers["Cache-Control"] == "no-store"
    buying = visitor.get(f"{WRITE}?q=Welche+Rahmengröße+brauche+ich", headers=PERSON)
    assert not Markup(buying.text).all("input", name="order_number")


def test_the_form_is_offered_where_people_need_it(visitor: FlaskClient) -> None:
    assert WRITE in Markup(visitor.get("/de/contact").text).values("a", "href")
    page = Markup(visitor.get("/de/search?q=qqqq+wwww").text)
    assert f"{WRITE}?q=qqqq%20wwww" in page.values("a", "href")


def test_without_records_no_form_is_offered(real_index: Path, real_encoder: OnnxEncoder) -> None:
    visitor = client(real_index, real_encoder, database_url="sqlite:////nowhere/kb.sqlite3")
    page = Markup(visitor.get("/de/contact").text)
    assert not [link for link in page.values("a", "href") if "write" in link]
    assert visitor.get(WRITE).status_code == 503
    reply = visitor.post("/api/v1/contacts", json=FIELDS)
    assert reply.status_code == 503


def test_the_same_person_on_the_same_topic_is_marked_in_both(
    visitor: FlaskClient, database: Database
) -> None:
    send(visitor)
    send(visitor, email=" KIM@Example.org")
    send(visitor, message="Welche Rahmengröße brauche ich?")
    send(visitor, email="other@example.org")
    first, second, *others = sorted(cases_of(database), key=lambda case: case.opened)
    assert (first.repeated_by, second.repeat_of) == (second.number, first.number)
    assert {one.repeat_of or one.repeated_by for one in others} == {""}


@pytest.mark.parametrize("path", [WRITE, "/de/contact/answers"])
def test_forms_of_other_sites_are_refused(
    visitor: FlaskClient, database: Database, path: str
) -> None:
    data = {**start(visitor), **FIELDS, "reviewed": "1", "step": "send"}
    reply = visitor.post(path, data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403
    assert cases_of(database) == []


def test_too_many_messages_are_refused_without_losing_one(
    real_index: Path, real_encoder: OnnxEncoder, tmp_path: Path
) -> None:
    visitor = client(real_index, real_encoder, records=tmp_path, contacts_per_hour=2)
    for _ in range(2):
        assert send(visitor).status_code == 303
    reply = send(visitor)
    assert reply.status_code == 429
    assert "Nichts ist verloren" in reply.text
    assert hidden(reply.text)["message"] == QUESTION


def test_a_body_beyond_all_measure_is_refused(visitor: FlaskClient) -> None:
    assert post(visitor, {"message": "x" * LARGEST}).status_code == 413


@pytest.mark.parametrize(
    "message",
    ["\x00\ud800 Hallo", "<script>alert(1)</script>", "{{ 7*7 }}", "\u202e\u0000x", "🔋" * 500],
)
def test_hostile_text_is_kept_and_shown_as_text(
    visitor: FlaskClient, database: Database, message: str
) -> None:
    data = message.encode("utf-8", "replace").decode()
    page = visitor.get(send(visitor, message=data).location).text
    (case,) = cases_of(database)
    assert "\x00" not in case.contact.message
    assert "<script>alert" not in page
    assert "49" not in case.contact.message


class TestCasePage:
    """The customer's own case."""

    @pytest.fixture
    def opened(self, visitor: FlaskClient) -> tuple[str, str]:
        """Number, and address with key."""
        location = send(visitor).location
        return location.split("/cases/")[1].split("?")[0], location

    def act(self, visitor: FlaskClient, page: str, number: str, **data: str) -> TestResponse:
        return post(visitor, {**hidden(page), **data}, f"/de/cases/{number}")

    def test_a_customer_adds_says_solved_and_reopens(
        self, visitor: FlaskClient, database: Database, opened: tuple[str, str]
    ) -> None:
        number, address = opened
        for step, typed, state in [
            ("send", "Jetzt blinkt die LED.", CaseState.OPEN),
            ("solved", "", CaseState.SOLVED),
            ("reopen", "", CaseState.OPEN),
            ("solved", "Danke, Stecker war lose.", CaseState.SOLVED),
        ]:
            page = visitor.get(address).text
            reply = self.act(visitor, page, number, step=step, message=typed)
            assert reply.status_code == 303
            address = reply.location
            found = conversation(database, number)
            assert found and found.case.state is state
        assert [(m.author, m.text) for m in found.messages] == [
            (Author.CUSTOMER, QUESTION),
            (Author.CUSTOMER, "Jetzt blinkt die LED."),
            (Author.CUSTOMER, "Danke, Stecker war lose."),
        ]

    def test_pressing_twice_adds_once(
        self, visitor: FlaskClient, database: Database, opened: tuple[str, str]
    ) -> None:
        number, address = opened
        page = visitor.get(address).text
        for _ in range(2):
            self.act(visitor, page, number, step="send", message="Noch etwas.")
        found = conversation(database, number)
        assert found and len(found.messages) == 2

    def test_what_was_typed_survives_the_end_of_the_key(
        self, visitor: FlaskClient, opened: tuple[str, str], database: Database
    ) -> None:
        number, address = opened
        code = re.findall(r"<dd>([\w-]+)</dd>", visitor.get(address).text)[1]
        data = {"key": "ended", "step": "send", "message": "Noch etwas."}
        page = post(visitor, data, f"/de/cases/{number}")
        assert page.status_code == 403
        assert "Noch etwas." in page.text
        typed = {"number": number, "code": code, "message": "Noch etwas."}
        again = post(visitor, typed, "/de/cases")
        assert again.status_code == 200
        assert "Noch etwas." in Markup(again.text).text
        assert hidden(again.text)["key"]

    def test_an_empty_message_is_told(self, visitor: FlaskClient, opened: tuple[str, str]) -> None:
        number, address = opened
        reply = self.act(visitor, visitor.get(address).text, number, step="send", message=" ")
        assert reply.status_code == 422
        assert "Bitte schreiben, worum es geht." in reply.text

    def test_a_key_opens_its_own_case_only(
        self, visitor: FlaskClient, opened: tuple[str, str]
    ) -> None:
        other = send(visitor, message="Wo ist meine Rechnung?").location
        key = opened[1].partition("?")[2]
        reply = visitor.get(other.partition("?")[0] + "?" + key)
        assert "Rechnung" not in Markup(reply.text).text.replace("Rechnung herunterladen", "")
        assert Markup(reply.text).all("input", name="code")

    def test_a_wrong_code_and_an_unknown_number_get_the_same_answer(
        self, visitor: FlaskClient, opened: tuple[str, str]
    ) -> None:
        known = visitor.post("/de/cases", data={"number": opened[0], "code": "0000-0000-0000"})
        typed = {"number": "1234-0000", "code": "0000-0000-0000"}
        unknown = visitor.post("/de/cases", data=typed)
        assert known.status_code == unknown.status_code == 403
        assert known.text.replace(opened[0], "") == unknown.text.replace("1234-0000", "")
        assert visitor.get(f"/de/cases/{opened[0]}").status_code == 200
        assert visitor.get("/de/cases/1234-0000").status_code == 200

    def test_guessing_codes_is_slowed_down(
        self, visitor: FlaskClient, opened: tuple[str, str]
    ) -> None:
        typed = {"number": opened[0], "code": "0000-0000-0000"}
        answers = [visitor.post("/de/cases", data=typed).status_code for _ in range(12)]
        assert answers.count(429) >= 2
        assert answers[0] == 403

    def test_a_code_ends_some_days_after_the_last_change(
        self, real_index: Path, real_encoder: OnnxEncoder, tmp_path: Path
    ) -> None:
        from kb.store.cases import code_of, may_open

        app = application(real_index, real_encoder, records=tmp_path)
        visitor = app.test_client()
        number = send(visitor).location.split("/cases/")[1].split("?")[0]
        opened = Database.in_folder(tmp_path)
        key = app.secret_key
        assert isinstance(key, bytes)
        code, now = code_of(opened, key, number), datetime.now(UTC)
        assert may_open(opened, key, number, code, now + timedelta(days=89), 90)
        assert not may_open(opened, key, number, code, now + timedelta(days=91), 90)
        assert not may_open(opened, b"another key" * 3, number, code, now, 90)
        opened.close()

    @pytest.mark.parametrize("path", ["/de/cases/{}", "/de/cases"])
    def test_forms_of_other_sites_change_nothing(
        self, visitor: FlaskClient, opened: tuple[str, str], path: str, database: Database
    ) -> None:
        number, address = opened
        data = {**hidden(visitor.get(address).text), "step": "solved"}
        headers = {"Origin": "https://elsewhere.example"}
        reply = visitor.post(path.format(number), data=data, headers=headers)
        assert reply.status_code == 403
        assert cases_of(database, states=[CaseState.SOLVED]) == []
