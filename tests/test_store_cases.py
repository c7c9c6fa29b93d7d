"""Cases and their outbox on real databases: SQLite and PostgreSQL say the same."""

import json
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from postbox import jobs_of

from kb.cases import (
    Author,
    CaseState,
    Contact,
    ItemKind,
    PacketItem,
    Topic,
    clean_code,
    clean_number,
    new_number,
    opens,
    resume_code,
    topic_of,
)
from kb.delivery.jobs import Event, JobState, Way, ways_for
from kb.feedback import Channel
from kb.store.cases import (
    NewCase,
    add_message,
    answer_case,
    cases_of,
    close_case,
    conversation,
    note_missing,
    open_case,
    reopen_case,
    solve_case,
)
from kb.store.database import Database
from kb.store.outbox import claim_job, job_done, waiting_jobs
from kb.store.staff import actions
from kb.store.subjects import erase_subject, export_subject
from kb.store.tasks import list_tasks
from kb.tasks import Source, State, Subject, TaskKind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ERIKA = "erika@example.org"
KEY = b"a secret key for tests"
ALL = frozenset(Way)
NONE: frozenset[Way] = frozenset()

NEW = NewCase(
    submission="s1",
    at=NOW,
    channel=Channel.SITE,
    locale="de",
    contact=Contact(
        "Akku lädt nicht 🔋\n\x27 OR 1=1 --", "kim@example.org", "Kim", "trek-7", "B-1"
    ),
    topic=Topic("workshop", 0.93, "article/battery-not-charging", "battery", "service"),
    packet=(
        PacketItem(ItemKind.SEARCH, "", "Akku", "related", "article/battery-storage"),
        PacketItem(ItemKind.READ, "", "", document="article/battery-storage", seconds=95),
    ),
)


def test_a_case_comes_back_as_it_was_sent(database: Database) -> None:
    number = open_case(database, KEY, NEW, ALL)
    found = conversation(database, number)
    assert found
    case = found.case
    assert (case.number, case.opened, case.changed) == (number, NOW, NOW)
    assert (case.contact, case.topic, case.packet) == (NEW.contact, NEW.topic, NEW.packet)
    assert [(one.author, one.text) for one in found.messages] == [
        (Author.CUSTOMER, NEW.contact.message)
    ]
    assert cases_of(database) == [case]
    assert {(job.event, job.way) for job in jobs_of(database, number)} == {
        (Event.CREATED, way) for way in ways_for(Event.CREATED, ALL)
    }


def test_an_unknown_number_is_no_case(database: Database) -> None:
    assert conversation(database, "1234-5678") is None
    assert not answer_case(database, "1234-5678", "x", NOW, ALL, by=ERIKA)
    assert not solve_case(database, "1234-5678", NOW, ALL)
    assert not note_missing(database, "1234-5678", "x", NOW, by=ERIKA)


def test_a_case_goes_through_its_states_and_tells_each_once(database: Database) -> None:
    number = open_case(database, KEY, NEW, NONE)
    webhook = frozenset({Way.WEBHOOK})
    later = NOW + timedelta(hours=1)
    answer_case(database, number, "Stecker prüfen.", later, webhook, "article/a", by=ERIKA)
    assert state_of(database, number) is CaseState.ANSWERED
    add_message(database, number, "Hilft nicht.", later, webhook)
    assert state_of(database, number) is CaseState.OPEN
    for act, state in [
        (solve_case, CaseState.SOLVED),
        (reopen_case, CaseState.OPEN),
        (partial(close_case, by=ERIKA), CaseState.CLOSED),
    ]:
        for _ in range(2):  # pressed twice
            assert act(database, number, later, webhook)
        assert state_of(database, number) is state
    note_missing(database, number, "Was die rote LED bedeutet", NOW, by=ERIKA)
    found = conversation(database, number)
    assert found
    assert found.case.missing == "Was die rote LED bedeutet"
    assert found.case.changed == later
    assert [one.document for one in found.messages] == ["", "article/a", ""]
    events = Counter(job.event for job in jobs_of(database, number))
    assert events == Counter(set(Event) - {Event.CREATED, Event.NOTICE})


def test_the_staffs_deeds_stand_in_the_audit_log_and_the_customers_do_not(
    database: Database,
) -> None:
    number = open_case(database, KEY, NEW, NONE)
    answer_case(database, number, "Stecker prüfen.", NOW, NONE, by=ERIKA)
    solve_case(database, number, NOW, NONE)
    reopen_case(database, number, NOW, NONE)
    for _ in range(2):
        close_case(database, number, NOW, NONE, by=ERIKA)
        note_missing(database, number, "Die rote LED", NOW, by=ERIKA)
    reopen_case(database, number, NOW, NONE, by=ERIKA)
    logged = [(one.staff, one.action, one.target) for one in reversed(actions(database, 9))]
    names = ("answered", "closed", "missing", "reopened")
    assert logged == [(ERIKA, f"case.{name}", f"case {number}") for name in names]


def test_a_missing_article_is_one_task_that_each_case_speaks_for_once(database: Database) -> None:
    numbers = [open_case(database, KEY, replace(NEW, submission=n), NONE) for n in "ab"]
    for _ in range(2):
        for number in numbers:
            note_missing(database, number, "Die rote LED", NOW, by=ERIKA)
    (task,) = list_tasks(database)
    assert task.subject == Subject(TaskKind.GAP, "", "de", "Die rote LED", "workshop", "service")
    assert [(one.source, one.reference) for one in task.evidence] == [
        (Source.CASE, number) for number in numbers
    ]
    note_missing(database, numbers[0], "Fehlercodes", NOW, by=ERIKA)
    assert [len(one.evidence) for one in list_tasks(database)] == [1, 1]
    for number in numbers:
        note_missing(database, number, "", NOW, by=ERIKA)
    assert {one.state for one in list_tasks(database)} == {State.DISMISSED}


def state_of(database: Database, number: str) -> CaseState:
    found = conversation(database, number)
    assert found
    return found.case.state


def test_cases_are_listed_by_team_and_state_the_longest_untouched_first(
    database: Database,
) -> None:
    teams = ["workshop", "leasing", "workshop"]
    numbers = [
        open_case(
            database,
            KEY,
            replace(
                NEW,
                submission=str(n),
                at=NOW + timedelta(minutes=n),
                topic=replace(NEW.topic, team=team),
            ),
            NONE,
        )
        for n, team in enumerate(teams)
    ]
    close_case(database, numbers[0], NOW + timedelta(hours=1), NONE, by=ERIKA)
    assert [case.number for case in cases_of(database, team="workshop")] == [
        numbers[2],
        numbers[0],
    ]
    assert [case.number for case in cases_of(database, states=[CaseState.OPEN])] == numbers[1:]
    assert [case.number for case in cases_of(database, limit=1)] == [numbers[1]]
    later = NOW + timedelta(minutes=2)
    assert [case.number for case in cases_of(database, since=later)] == [numbers[2]]


@pytest.mark.parametrize(
    ("change", "is_repeat"),
    [
        ({}, True),
        ({"email": "KIM@example.ORG"}, True),
        ({"email": "lou@example.org"}, False),
        ({"document": "article/other"}, True),  # the same category
        ({"category": ""}, True),  # the same document
        ({"document": "article/other", "category": "orders"}, False),
        ({"document": "", "category": ""}, False),
        ({"at": NOW + timedelta(days=7)}, True),
        ({"at": NOW + timedelta(days=7, seconds=1)}, False),
    ],
)
def test_a_repeat_is_the_same_person_topic_and_week(
    database: Database, change: dict[str, object], is_repeat: bool
) -> None:
    first = open_case(database, KEY, NEW, NONE)
    second = NewCase(
        "s2",
        change.get("at", NOW + timedelta(hours=1)),  # type: ignore[arg-type]
        NEW.channel,
        NEW.locale,
        replace(NEW.contact, **{k: v for k, v in change.items() if k == "email"}),
        replace(NEW.topic, **{k: v for k, v in change.items() if k in ("document", "category")}),
        (),
    )
    number = open_case(database, KEY, second, NONE)
    found, earlier = conversation(database, number), conversation(database, first)
    assert found and earlier
    assert found.case.repeat_of == (first if is_repeat else "")
    assert earlier.case.repeated_by == (number if is_repeat else "")


def test_the_same_submission_opens_one_case_however_many_send_it(database: Database) -> None:
    numbers: list[str] = []
    threads = [
        threading.Thread(target=lambda: numbers.append(open_case(database, KEY, NEW, ALL)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 5
    assert len(set(numbers)) == 1
    assert waiting_jobs(database) == len(ways_for(Event.CREATED, ALL))


def test_each_job_is_claimed_by_one_of_many(database: Database) -> None:
    for number in range(10):
        open_case(database, KEY, replace(NEW, submission=f"s{number}"), ALL)
    taken: list[str] = []

    def work() -> None:
        while job := claim_job(database, ALL, NOW):
            taken.append(job.id)
            assert job_done(database, job)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Counter(taken).values()) == {1}
    assert len(taken) == 30
    assert waiting_jobs(database) == 0


def test_a_job_of_a_way_that_is_not_set_up_waits(database: Database) -> None:
    number = open_case(database, KEY, NEW, ALL)
    assert claim_job(database, [], NOW) is None
    job = claim_job(database, [Way.WEBHOOK], NOW)
    assert job and job.way is Way.WEBHOOK
    assert {one.state for one in jobs_of(database, number)} == {JobState.WAITING}


def test_numbers_tell_nothing_and_codes_are_forgiving() -> None:
    numbers = {new_number() for _ in range(500)}
    assert len(numbers) > 490
    code = resume_code(KEY, "4827-1935", b"salt")
    assert code == resume_code(KEY, "4827-1935", b"salt")
    assert code != resume_code(KEY, "4827-1936", b"salt")
    assert code != resume_code(b"other", "4827-1935", b"salt")
    for typed in (code, code.lower(), code.replace("-", " "), f" {code}\n"):
        assert opens(KEY, "4827-1935", b"salt", typed)
    assert clean_code("oil0-oil1-abcd") == "0110-0111-ABCD"
    for wrong in ("", "x", code[:-1], code + "0", "É" * 12, "0" * 9999):
        assert not opens(KEY, "4827-1935", b"salt", wrong)
    assert clean_number("Nr. 48 27 19 35") == "4827-1935"
    for wrong in ("", "123", "482719355", "a" * 999, "４８２７１９３５"):
        assert clean_number(wrong) == ""


def test_the_team_is_the_best_documents_and_the_confidence_its_share() -> None:
    def match(score: float, team: str) -> tuple[float, Topic]:
        return score, Topic(team, 1.0, f"article/{team}", "c", "service")

    alone = topic_of([match(0.9, "workshop"), match(0.2, "service")], "service")
    assert (alone.team, alone.document) == ("workshop", "article/workshop")
    assert alone.confidence > 0.99
    near = [match(0.9, "workshop"), match(0.89, "service"), match(0.88, "service")]
    outnumbered = topic_of(near, "service")
    assert outnumbered.team == "workshop"
    assert outnumbered.confidence < 0.5
    assert topic_of([], "service") == Topic("service", 0.0)
    assert topic_of([match(0.0, "workshop")], "service").confidence == 0.0


def test_a_person_is_told_all_of_their_cases_and_can_have_them_erased(database: Database) -> None:
    contact = replace(NEW.contact, email="Kim@Example.org")
    number = open_case(database, KEY, replace(NEW, contact=contact), ALL)
    answer_case(database, number, "Stecker prüfen.", NOW, ALL, by=ERIKA)
    other = replace(NEW.contact, email="other@example.org")
    others = open_case(database, KEY, replace(NEW, submission="s2", contact=other), ALL)
    told = export_subject(database, "kim@example.org")
    (case,) = told["cases"]
    assert (case["number"], case["order_number"], case["opened"]) == (
        number,
        "B-1",
        NOW.isoformat(),
    )
    assert case["packet"] == [
        {
            "kind": "search",
            "key": "",
            "text": "Akku",
            "outcome": "related",
            "document": "article/battery-storage",
            "seconds": 0,
        },
        {
            "kind": "read",
            "key": "",
            "text": "",
            "outcome": "",
            "document": "article/battery-storage",
            "seconds": 95,
        },
    ]
    assert "salt" not in case
    texts = [message["text"] for message in told["messages"]]
    assert texts == [NEW.contact.message, "Stecker prüfen."]
    assert {row["case"] for row in told["deliveries"]} == {number}
    json.dumps(told)
    erased = erase_subject(database, "kim@example.org")
    assert (erased["cases"], erased["messages"]) == (1, 2)
    assert erased["deliveries"] == len(told["deliveries"])
    assert conversation(database, number) is None
    assert not any(export_subject(database, "kim@example.org").values())
    assert conversation(database, others) and jobs_of(database, others)
