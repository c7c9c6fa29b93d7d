"""What visitors typed is forgotten in time, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from postbox import jobs_of
from sqlalchemy import select
from test_store_cases import ALL, KEY, NEW
from test_store_records import SEARCH
from test_store_subscriptions import CUSTOMER, letter
from test_store_tasks import ERIKA, GAP, VOTE, search

from kb.cases import Contact
from kb.mail import Mail
from kb.staff import SERVER
from kb.store import retention
from kb.store.cases import answer_case, conversation, note_missing, open_case
from kb.store.database import Database
from kb.store.feedback import add_searches, keep_vote, searches_since, votes_since
from kb.store.mails import queue_mail
from kb.store.outbox import claim_job, dead_jobs, job_failed
from kb.store.retention import AFTER_MAIL, UNCONFIRMED, Forgotten, Limits, retain, retain_daily
from kb.store.schema import salts, subscriptions
from kb.store.staff import actions
from kb.store.subscriptions import confirm, subscribe
from kb.store.tasks import accept, list_tasks, record
from kb.store.visitors import Visitors
from kb.tasks import Finding, State

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
OLD = NOW - timedelta(days=31)
NOTHING = Forgotten(0, 0, 0, 0, 0, 0)
LIMITS = Limits(searches_days=30, least_visitors=5, comments_days=365, cases_days=365)


def run(database: Database, now: datetime = NOW) -> Forgotten:
    return retain(database, now, LIMITS)


def questions(database: Database) -> list[str]:
    return [one.question for one in searches_since(database, LONG_AGO)]


def test_rare_old_questions_are_forgotten_and_still_counted(database: Database) -> None:
    add_searches(database, [replace(SEARCH, at=OLD), replace(SEARCH, query_id="new", at=NOW)])
    assert run(database).questions == 1
    assert questions(database) == ["", SEARCH.question]
    assert run(database) == NOTHING


@pytest.mark.parametrize(("visitors", "kept"), [(4, False), (5, True)])
def test_what_five_visitor_days_asked_stays(database: Database, visitors: int, kept: bool) -> None:
    for number in range(visitors):
        words = "Akku  lädt nicht" if number else "akku lädt NICHT"
        one = replace(SEARCH, query_id=f"q{number}", visitor=f"v{number}", question=words, at=OLD)
        add_searches(database, [one, replace(one, query_id=f"again{number}")])
    run(database)
    assert all(questions(database)) is kept


def test_the_same_words_in_another_language_are_another_question(database: Database) -> None:
    for number in range(5):
        one = replace(SEARCH, query_id=f"q{number}", visitor=f"v{number}", at=OLD)
        add_searches(database, [replace(one, locale="de" if number else "en")])
    assert run(database).questions == 5


def test_tasks_forget_with_their_searches_unless_an_editor_took_them(database: Database) -> None:
    record(database, [Finding(GAP, (search("q1", "v1"), search("q2", "v2")))])
    record(database, [Finding(replace(GAP, title="Andere Frage"), (search("q3"),))])
    often = tuple(search(f"o{n}", f"v{n}") for n in range(5))
    record(database, [Finding(replace(GAP, title="Oft gefragt"), often)])
    accept(database, list_tasks(database)[1].id, ERIKA)
    later = datetime.now(UTC) + timedelta(days=31)
    assert run(database, later).tasks == 1
    found = [(task.subject.title, task.state) for task in list_tasks(database)]
    assert found == [
        ("", State.DISMISSED),
        ("Andere Frage", State.ACCEPTED),
        ("Oft gefragt", State.OPEN),
    ]
    assert run(database, later) == NOTHING


def test_what_staff_say_is_missing_is_no_visitors_question(database: Database) -> None:
    number = open_case(database, KEY, NEW, ALL)
    note_missing(database, number, "Die rote LED", NOW, by=ERIKA)
    later = datetime.now(UTC) + timedelta(days=400)
    assert run(database, later).tasks == 0
    assert [task.subject.title for task in list_tasks(database)] == ["Die rote LED"]


def test_answered_cases_forget_their_customer_after_a_year_and_are_still_counted(
    database: Database,
) -> None:
    waiting, answered = (
        open_case(database, KEY, replace(NEW, submission=name), ALL) for name in ("a", "b")
    )
    answer_case(database, answered, "Stecker prüfen.", NOW, ALL, "article/a", by=ERIKA)
    assert run(database, NOW + timedelta(days=364)) == NOTHING
    later = NOW + timedelta(days=366)
    assert (run(database, later).cases, run(database, later)) == (1, NOTHING)
    known = conversation(database, answered)
    assert known
    assert (known.case.contact, known.case.packet) == (Contact("", "", "", "trek-7", ""), ())
    assert known.case.topic == NEW.topic
    assert [(one.text, one.document) for one in known.messages] == [("", ""), ("", "article/a")]
    assert jobs_of(database, answered) == []
    kept = conversation(database, waiting)
    assert kept and kept.case.contact == NEW.contact


def test_mails_that_were_given_up_go_with_their_address(database: Database) -> None:
    with database.write() as connection:
        queue_mail(connection, Mail(CUSTOMER, "s", "t", "k"))
    later = datetime.now(UTC) + AFTER_MAIL + timedelta(hours=1)
    run(database, later)
    job = claim_job(database, ALL, later)
    assert job and job.mail is not None  # as long as it waits, it is kept
    job_failed(database, job, "no", None)
    run(database, later)
    assert dead_jobs(database) == []


def test_comments_go_after_a_year_and_votes_stay(database: Database) -> None:
    said = replace(VOTE, comment="Stimmt nicht", at=NOW - timedelta(days=366))
    keep_vote(database, said)
    keep_vote(database, replace(said, visitor="v2", at=NOW))
    assert run(database).comments == 1
    assert [vote.comment for vote in votes_since(database, LONG_AGO)] == ["", "Stimmt nicht"]


def test_addresses_go_when_nobody_confirmed_or_all_is_said(database: Database) -> None:
    keep_vote(database, VOTE)
    subscribe(database, VOTE, CUSTOMER, "", letter, NOW)
    assert run(database, NOW + UNCONFIRMED - timedelta(hours=1)) == NOTHING
    assert run(database, NOW + UNCONFIRMED + timedelta(hours=1)).addresses == 1
    subscribe(database, VOTE, CUSTOMER, "", letter, NOW)
    with database.read() as connection:
        name = connection.execute(select(subscriptions.c.id)).scalar_one()
    confirm(database, name, letter)
    assert run(database, NOW + timedelta(days=400)) == NOTHING  # it was promised a mail
    with database.write() as connection:
        connection.execute(subscriptions.update().values(state="told", changed=NOW))
    assert run(database, NOW + AFTER_MAIL + timedelta(hours=1)).addresses == 1


def test_a_day_is_tidied_once_however_many_processes_look(database: Database) -> None:
    now = datetime.now(UTC)
    add_searches(database, [replace(SEARCH, at=now - timedelta(days=31))])
    Visitors(database).name("127.0.0.1", "browser", now - timedelta(days=1))
    with ThreadPoolExecutor(4) as processes:
        looks = list(processes.map(lambda _: retain_daily(database, now, LIMITS, SERVER), range(8)))
    assert sorted(filter(None, looks), key=str) == [replace(NOTHING, questions=1)]
    (line,) = actions(database, 10)
    assert (line.staff, line.action) == (SERVER, "records.retain")
    assert line.target.startswith("questions 1, comments 0,")
    with database.read() as connection:
        assert connection.execute(select(salts.c.day)).all() == []
    tomorrow = now + timedelta(days=1)
    assert retain_daily(database, tomorrow, LIMITS, SERVER) == NOTHING


def test_what_a_process_died_over_is_done_by_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    add_searches(database, [replace(SEARCH, at=now - timedelta(days=31))])
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(retention, "_forget_cases", _die)
        retain_daily(database, now, LIMITS, SERVER)
    assert questions(database) == [SEARCH.question]
    assert retain_daily(database, now, LIMITS, SERVER) == replace(NOTHING, questions=1)


def _die(*_arguments: object) -> int:
    raise KeyboardInterrupt


def test_a_clock_that_ran_ahead_stops_no_forgetting(database: Database) -> None:
    now = datetime.now(UTC)
    assert retain_daily(database, now + timedelta(days=400), LIMITS, SERVER) == NOTHING
    add_searches(database, [replace(SEARCH, at=now - timedelta(days=31))])
    assert retain_daily(database, now, LIMITS, SERVER) == replace(NOTHING, questions=1)
    assert retain_daily(database, now, LIMITS, SERVER) is None


def test_who_tidied_by_hand_leaves_the_server_nothing_to_do(database: Database) -> None:
    now = datetime.now(UTC)
    run(database, now)
    assert retain_daily(database, now, LIMITS, SERVER) is None
