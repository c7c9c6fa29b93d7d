"""Deliveries to real servers on loopback: once each, whatever breaks meanwhile."""

import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from centers import application
from fakes import FakeEncoder
from flask import Flask
from postbox import NEW, Hook, Mailbox, jobs_of, mail_server, text_of, web_server
from serving import free_port

from kb.delivery.jobs import LEASE, JobState, Way, pause_after
from kb.delivery.rounds import Round, deliver_due
from kb.delivery.webhook import signature
from kb.errors import DeliveryError
from kb.settings import Settings
from kb.store.cases import NewCase, add_message, answer_case, close_case, code_of, open_case
from kb.store.database import Database
from kb.store.outbox import (
    claim_job,
    dead_jobs,
    job_done,
    revive_dead_jobs,
    waiting_jobs,
)
from web.background import Background
from web.delivery import deliver_now
from web.telling import tell

NOW = datetime.now(UTC)
ERIKA = "erika@example.org"
KEY = b"a secret key for tests"
ALL = frozenset(Way)
SECRET = "a webhook secret"


class Post:
    """An application that delivers to two servers, which may be up or down."""

    def __init__(self, index: Path, folder: Path, attempts: int = 12) -> None:
        self.box, self.hook = Mailbox(), Hook()
        self.smtp_port, self.http_port = free_port(), free_port()
        options: dict[str, Any] = {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.smtp_port,
            "smtp_security": "none",
            "smtp_sender": "help@brise-kette.example",
            "webhook_url": f"http://127.0.0.1:{self.http_port}/hook",
            "webhook_secret": SECRET,
            "public_url": "https://help.example.org",
            "secret_key": KEY.decode(),
            "delivery_attempts": attempts,
        }
        self.app: Flask = application(index, FakeEncoder(), records=folder, **options)
        self.settings: Settings = self.app.config["SETTINGS"]
        self.database = Database.in_folder(folder)

    def mail(self) -> Any:
        return mail_server(self.smtp_port, self.box)

    def web(self) -> Any:
        return web_server(self.http_port, self.hook)

    def open(self, new: NewCase = NEW) -> str:
        return open_case(self.database, KEY, new, ALL)

    def deliver(self) -> Round:
        return deliver_now(self.app, self.settings)

    def make_due(self) -> None:
        """As if the pauses and leases had passed."""
        from sqlalchemy import update

        from kb.store.schema import outbox

        with self.database.write() as connection:
            connection.execute(update(outbox).values(due=NOW, lease=NOW))


@pytest.fixture
def post(built_index: Path, tmp_path: Path) -> Iterator[Post]:
    made = Post(built_index, tmp_path)
    yield made
    made.database.close()


def test_a_case_reaches_team_customer_and_program_once_each(post: Post) -> None:
    number = post.open()
    with post.mail(), post.web():
        assert post.deliver() == Round(sent=3, failed=0, dead=0)
        assert post.deliver() == Round(sent=0, failed=0, dead=0)
    assert sorted(post.box.recipients) == ["kim@example.org", "werkstatt@brise-kette.example"]
    assert len(post.hook.posts) == 1
    assert {job.state for job in jobs_of(post.database, number)} == {JobState.SENT}


def test_the_teams_mail_holds_all_and_answers_to_the_customer(post: Post) -> None:
    number = post.open()
    with post.mail():
        post.deliver()
    mail = next(one for one in post.box.mails if "werkstatt" in str(one["To"]))
    assert str(mail["Reply-To"]) == "Kim Muster <kim@example.org>"
    assert str(mail["From"]) == "Brise & Kette <help@brise-kette.example>"
    assert str(mail["Subject"]).startswith(f"[{number}] Der Akku lädt nicht.")
    text = text_of(mail)
    assert text.startswith("Der Akku lädt nicht.\nWas tun?")
    for part in ("Trek 7", "Akku lädt nicht", "Gesucht: „Akku“", "93", "Phase: nach dem Kauf"):
        assert part in text
    assert re.search(r"Gelesen: .*(lagern|Lagern).* – 2 Minuten im Blick\n", text)
    assert re.search(r"Gelesen: .*[Rr]echnung.*[^k]\n", text)  # nobody measured for how long


def test_the_confirmation_holds_number_and_code_and_nothing_that_was_typed(post: Post) -> None:
    number = post.open()
    with post.mail():
        post.deliver()
    mail = next(one for one in post.box.mails if "kim@" in str(one["To"]))
    text = text_of(mail)
    assert number in text
    assert code_of(post.database, KEY, number) in text
    assert f"https://help.example.org/de/cases/{number}" in text
    assert "Akku" not in text  # strangers could send their text to anybody
    assert "Kim" not in text
    assert str(mail["Auto-Submitted"]) == "auto-generated"


def test_answers_go_to_the_customer_and_further_words_to_the_team(post: Post) -> None:
    number = post.open()
    with post.mail():
        post.deliver()
        post.box.mails.clear()
        article = "article/battery-storage"
        answer_case(post.database, number, "Stecker prüfen.", NOW, ALL, article, by=ERIKA)
        add_message(post.database, number, "Er war lose.", NOW, ALL)
        close_case(post.database, number, NOW, ALL, by=ERIKA)
        post.make_due()
        post.deliver()
    mails = {str(mail["To"]): text_of(mail) for mail in post.box.mails}
    assert set(mails) == {"kim@example.org", "werkstatt@brise-kette.example"}
    assert mails["kim@example.org"].startswith("Stecker prüfen.")
    assert "https://help.example.org/de/articles/" in mails["kim@example.org"]
    assert mails["werkstatt@brise-kette.example"].startswith("Er war lose.")


def test_the_webhook_is_signed_and_tells_all(post: Post) -> None:
    number = post.open()
    with post.web():
        post.deliver()
    (headers, body), (data,) = post.hook.posts[0], post.hook.bodies()
    timestamp, job_id = int(headers["webhook-timestamp"]), headers["webhook-id"]
    assert headers["webhook-signature"] == signature(SECRET, job_id, timestamp, body)
    assert headers["webhook-signature"] != signature("another secret..", job_id, timestamp, body)
    assert abs(timestamp - datetime.now(UTC).timestamp()) < 60
    assert data["type"] == "case.created"
    assert data["data"]["number"] == number
    assert data["data"]["contact"]["email"] == "kim@example.org"
    assert data["data"]["topic"]["team"] == "workshop"
    assert data["data"]["packet"][0]["text"] == "Akku"
    assert data["data"]["packet"][1]["seconds"] == 130


def test_a_signature_is_the_one_of_the_specification() -> None:
    # The example of https://www.standardwebhooks.com for libraries to be tested with.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_a_webhook_that_says_no_is_asked_again_and_not_followed(post: Post, status: int) -> None:
    number = post.open()
    post.hook.status = status
    with post.web():
        post.deliver()
        (job,) = [one for one in jobs_of(post.database, number) if one.way == Way.WEBHOOK]
        assert (job.state, job.attempts, len(post.hook.posts)) == (JobState.WAITING, 1, 1)
        assert str(status) in job.error
        assert job.due > datetime.now(UTC)
        post.hook.status = 200
        post.make_due()
        post.deliver()
    ids = {headers["webhook-id"] for headers, _ in post.hook.posts}
    assert ids == {job.id}  # so that the other side can tell a repetition


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("451 try again later", JobState.WAITING),
        ("554 no", JobState.WAITING),
    ],
)
def test_mail_that_is_refused_waits(post: Post, reply: str, state: JobState) -> None:
    number = post.open()
    post.box.after_data = reply
    with post.mail():
        post.deliver()
        mails = [one for one in jobs_of(post.database, number) if one.way != Way.WEBHOOK]
        assert {job.state for job in mails} == {state}
        post.box.after_data = ""
        post.make_due()
        post.deliver()
    assert len(post.box.mails) == 2


def test_a_recipient_that_does_not_exist_is_given_up_without_naming_it(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.open()
    post.box.to_recipient = "550 kim@example.org is unknown here"
    with caplog.at_level(logging.INFO), post.mail():
        post.deliver()
    dead = dead_jobs(post.database)
    assert {job.way for job in dead} == {Way.TEAM_MAIL, Way.CUSTOMER_MAIL}
    assert "550" in dead[0].error
    said = " ".join(one.getMessage() for one in caplog.records if one.name.startswith("kb."))
    assert "kim@" not in said + dead[0].error
    assert "Given up" in said


def test_after_the_last_attempt_it_is_given_up_and_can_be_revived(
    built_index: Path, tmp_path: Path
) -> None:
    post = Post(built_index, tmp_path, attempts=2)
    post.open()
    post.deliver()
    assert dead_jobs(post.database) == []
    post.make_due()
    assert post.deliver() == Round(sent=0, failed=0, dead=3)
    assert len(dead_jobs(post.database)) == 3
    assert revive_dead_jobs(post.database, NOW) == 3
    with post.mail(), post.web():
        assert post.deliver().sent == 3
    assert dead_jobs(post.database) == []
    post.database.close()


def test_pauses_double_are_spread_and_end() -> None:
    for attempts, longest in [(1, 30), (2, 60), (5, 480), (12, 21600), (1000, 21600)]:
        pauses = {pause_after(attempts).total_seconds() for _ in range(50)}
        assert all(longest / 2 <= pause <= longest for pause in pauses)
        assert len(pauses) > 1


def test_down_for_long_then_up_every_case_once_over_each_way_by_many_workers(post: Post) -> None:
    numbers = [post.open(replace(NEW, submission=f"s{n}")) for n in range(8)]
    for _ in range(3):
        post.make_due()
        assert post.deliver().sent == 0  # both servers are down
    post.make_due()
    with post.mail(), post.web():
        rounds: list[Round] = []
        workers = [threading.Thread(target=lambda: rounds.append(post.deliver())) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sum(one.sent for one in rounds) == 24
    assert Counter(data["data"]["number"] for data in post.hook.bodies()) == Counter(numbers)
    assert len(post.box.mails) == 16
    subjects = Counter(str(mail["Message-ID"]) for mail in post.box.mails)
    assert set(subjects.values()) == {1}
    assert waiting_jobs(post.database) == 0


def test_who_dies_before_sending_costs_nothing_but_the_lease(post: Post) -> None:
    post.open()
    now = datetime.now(UTC)
    died = [claim_job(post.database, ALL, now) for _ in range(3)]
    assert all(died)
    assert claim_job(post.database, ALL, now) is None  # held by the dead
    assert claim_job(post.database, ALL, now + LEASE - timedelta(seconds=5)) is None
    post.make_due()
    with post.mail(), post.web():
        assert post.deliver().sent == 3
    assert (len(post.box.mails), len(post.hook.posts)) == (2, 1)


def test_who_dies_after_sending_sends_again_under_the_same_id(post: Post) -> None:
    post.open()
    with post.mail(), post.web():
        for _ in range(3):
            job = claim_job(post.database, ALL, datetime.now(UTC))
            assert job
            tell(post.app, post.settings, job)  # and dies here
        post.make_due()
        post.deliver()
    assert len({str(mail["Message-ID"]) for mail in post.box.mails}) == 2 < len(post.box.mails)
    assert len({headers["webhook-id"] for headers, _ in post.hook.posts}) == 1


def test_who_comes_back_late_does_not_end_anothers_job(post: Post) -> None:
    post.open()
    late = claim_job(post.database, frozenset({Way.WEBHOOK}), datetime.now(UTC))
    post.make_due()
    other = claim_job(post.database, frozenset({Way.WEBHOOK}), datetime.now(UTC))
    assert late and other and late.id == other.id
    assert not job_done(post.database, late)
    assert job_done(post.database, other)


def test_one_job_that_cannot_be_told_does_not_hold_up_the_others(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.open()
    told = []

    def send(job: Any) -> None:
        if job.way is Way.WEBHOOK:
            raise KeyError("a mistake in the program")
        told.append(job)

    assert deliver_due(post.database, ALL, send, attempts=3) == Round(2, 1, 0)
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["Kim\r\nBcc: evil@example.org", "Kim\nX: y", 'a" <evil@example.org>, "b', "Kîm 🔋", "@"],
)
def test_no_name_makes_a_header(post: Post, name: str) -> None:
    hostile = replace(NEW.contact, name=name, message="Hallo\r\nBcc: evil@example.org\n\nx")
    post.open(replace(NEW, contact=hostile))
    with post.mail():
        post.deliver()
    assert sorted(post.box.recipients) == ["kim@example.org", "werkstatt@brise-kette.example"]
    for mail in post.box.mails:
        assert mail["Bcc"] is None
        assert mail["X"] is None
        assert len(mail["To"].addresses) == 1
    team = next(one for one in post.box.mails if "werkstatt" in str(one["To"]))
    assert [one.addr_spec for one in team["Reply-To"].addresses] == ["kim@example.org"]


def test_an_address_that_is_none_is_given_up(post: Post) -> None:
    post.open(replace(NEW, contact=replace(NEW.contact, email="kim@example.org, evil@b.org")))
    with post.mail():
        post.deliver()
    assert post.box.mails == []
    assert len(dead_jobs(post.database)) == 2


def test_domains_in_other_scripts_are_reached(post: Post) -> None:
    post.open(replace(NEW, contact=replace(NEW.contact, email="kim@müller.example")))
    with post.mail():
        post.deliver()
    assert "kim@xn--mller-kva.example" in post.box.recipients
    team = next(one for one in post.box.mails if "werkstatt" in str(one["To"]))
    assert "kim@müller.example" in text_of(team)


def test_only_ways_that_are_set_up_are_written_down(post: Post) -> None:
    number = open_case(post.database, KEY, NEW, frozenset())
    assert jobs_of(post.database, number) == []
    number = open_case(post.database, KEY, replace(NEW, submission="s2"), frozenset({Way.WEBHOOK}))
    assert [job.way for job in jobs_of(post.database, number)] == [Way.WEBHOOK]


def test_the_sender_delivers_what_it_is_woken_for(post: Post) -> None:
    sent = threading.Event()

    def send(job: Any) -> None:
        if job.way is Way.WEBHOOK:
            sent.set()
        raise DeliveryError()

    def deliver() -> None:
        deliver_due(post.database, ALL, send, attempts=3)

    sender = Background("delivery", deliver)
    sender.start()
    post.open()
    sender.wake()
    assert sent.wait(10)
    sender.stop()


def test_secrets_stay_out_of_logs(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    number = post.open()
    with caplog.at_level(logging.DEBUG):
        post.deliver()
    code = code_of(post.database, KEY, number)
    for secret in (SECRET, KEY.decode(), code, "kim@example.org", "Akku"):
        assert secret not in caplog.text
