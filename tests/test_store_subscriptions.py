"""Who complained hears of the fix: once, if they want, and may answer it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from test_store_tasks import ARTICLE, ERIKA, VOTE

from kb.feedback import Vote
from kb.mail import Mail
from kb.store.database import Database
from kb.store.feedback import keep_vote, numbered_votes
from kb.store.mails import queue_mail
from kb.store.schema import mails, subscriptions
from kb.store.subjects import erase_subject, export_subject
from kb.store.subscriptions import (
    MOST_A_DAY_BY_VISITOR,
    MOST_A_DAY_TO_ADDRESS,
    confirm,
    find_subscription,
    listeners,
    reopen,
    solved,
    subscribe,
    unsubscribe,
)
from kb.store.tasks import close, find_task, list_tasks, record
from kb.subscriptions import Progress, Subscription
from kb.tasks import Evidence, Finding, Source, State

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CUSTOMER = "kunde@example.org"


def letter(subscription: Subscription, vote: Vote) -> Mail:
    key = f"{subscription.state}:{subscription.id}:{subscription.round}"
    return Mail(subscription.email, vote.document, "text", key)


def queued(database: Database) -> list[str]:
    """What is said to the customer, in order."""
    with database.read() as connection:
        keys = connection.execute(select(mails.c.key).order_by(mails.c.id)).scalars()
        return [key.split(":")[0] for key in keys]


def only(database: Database) -> str:
    with database.read() as connection:
        return str(connection.execute(select(subscriptions.c.id)).scalar_one())


@pytest.fixture
def asked(database: Database) -> Database:
    """A complaint in an open task, and an address that is not confirmed."""
    keep_vote(database, VOTE)
    (number,) = numbered_votes(database, LONG_AGO)
    record(database, [Finding(ARTICLE, (Evidence(Source.VOTE, str(number), "v1", NOW),))])
    subscribe(database, VOTE, CUSTOMER, "Eine E-Mail.", letter, NOW)
    return database


def fix(database: Database) -> int:
    (task,) = list_tasks(database)
    return close(database, task.id, ERIKA, State.DONE, letter=letter)


def state(database: Database) -> Progress:
    found = find_subscription(database, only(database))
    assert found
    return found[0].state


def test_an_address_nobody_confirmed_gets_only_the_question(asked: Database) -> None:
    assert fix(asked) == 0
    assert queued(asked) == ["asked"]


def test_a_confirmed_address_gets_one_mail_of_the_fix(asked: Database) -> None:
    confirm(asked, only(asked), letter)
    assert fix(asked) == 1
    assert fix(asked) == 0
    assert queued(asked) == ["asked", "confirmed"]
    assert state(asked) is Progress.TOLD


def test_who_confirms_after_the_fix_hears_at_once(asked: Database) -> None:
    fix(asked)
    confirm(asked, only(asked), letter)
    assert queued(asked) == ["asked", "confirmed"]


def test_dismissing_tells_nobody(asked: Database) -> None:
    confirm(asked, only(asked), letter)
    (task,) = list_tasks(asked)
    assert close(asked, task.id, ERIKA, State.DISMISSED, letter=letter) == 0


def test_reopening_opens_the_task_and_the_next_fix_is_told(asked: Database) -> None:
    confirm(asked, only(asked), letter)
    fix(asked)
    reopen(asked, only(asked))
    reopen(asked, only(asked))
    (task,) = list_tasks(asked)
    assert find_task(asked, task.id).state is State.OPEN
    assert fix(asked) == 1
    assert queued(asked) == ["asked", "confirmed", "confirmed"]


def test_editors_see_how_many_wait_were_told_and_helped(asked: Database) -> None:
    (task,) = list_tasks(asked)
    assert listeners(asked, task.id) == {}  # nobody confirmed the address
    confirm(asked, only(asked), letter)
    assert listeners(asked, task.id) == {Progress.CONFIRMED: 1}
    fix(asked)
    assert listeners(asked, task.id) == {Progress.TOLD: 1}
    solved(asked, only(asked))
    assert listeners(asked, task.id) == {Progress.SOLVED: 1}
    assert listeners(asked, task.id + 1) == {}


def test_solved_is_solved(asked: Database) -> None:
    solved(asked, only(asked))
    assert state(asked) is Progress.ASKED  # nothing was told yet
    confirm(asked, only(asked), letter)
    fix(asked)
    solved(asked, only(asked))
    assert state(asked) is Progress.SOLVED


def test_unsubscribing_forgets_the_address(asked: Database) -> None:
    name = only(asked)
    unsubscribe(asked, name)
    assert find_subscription(asked, name) is None
    confirm(asked, name, letter)
    assert fix(asked) == 0


def test_asking_twice_sends_one_mail(asked: Database) -> None:
    subscribe(asked, VOTE, CUSTOMER, "Eine E-Mail.", letter, NOW)
    assert queued(asked) == ["asked"]


def test_only_a_complaint_can_be_followed(database: Database) -> None:
    subscribe(database, VOTE, CUSTOMER, "", letter, NOW)
    keep_vote(database, replace(VOTE, solved=True, reason=None))
    subscribe(database, VOTE, CUSTOMER, "", letter, NOW)
    assert queued(database) == []


def test_nobodys_mailbox_can_be_filled(database: Database) -> None:
    for number in range(MOST_A_DAY_TO_ADDRESS + 2):
        vote = replace(VOTE, visitor=f"v{number}")
        keep_vote(database, vote)
        subscribe(database, vote, CUSTOMER, "", letter, NOW)
    assert len(queued(database)) == MOST_A_DAY_TO_ADDRESS
    vote = replace(VOTE, visitor="later")
    keep_vote(database, vote)
    subscribe(database, vote, CUSTOMER, "", letter, NOW + timedelta(days=1, seconds=1))
    assert len(queued(database)) == MOST_A_DAY_TO_ADDRESS + 1


def test_a_visitor_cannot_write_to_many_addresses(database: Database) -> None:
    keep_vote(database, VOTE)
    for number in range(MOST_A_DAY_BY_VISITOR + 2):
        subscribe(database, VOTE, f"k{number}@example.org", "", letter, NOW)
    assert len(queued(database)) == MOST_A_DAY_BY_VISITOR


def test_a_mail_of_the_same_key_is_queued_once(database: Database) -> None:
    with database.write() as connection:
        queue_mail(connection, Mail(CUSTOMER, "eins", "text", "key"))
        queue_mail(connection, Mail(CUSTOMER, "zwei", "text", "key"))
    with database.read() as connection:
        assert connection.execute(select(mails.c.subject)).scalars().all() == ["eins"]


def test_all_that_is_known_of_an_address_is_told_and_erased(asked: Database) -> None:
    told = export_subject(asked, CUSTOMER)
    assert [row["document"] for row in told["subscriptions"]] == ["article/a"]
    assert [row["text"] for row in told["mails"]] == ["text"]
    assert not any(export_subject(asked, "other@example.org").values())
    erased = {name: number for name, number in erase_subject(asked, CUSTOMER).items() if number}
    assert erased == {"subscriptions": 1, "mails": 1}
    assert not any(erase_subject(asked, CUSTOMER).values())
    assert not any(export_subject(asked, CUSTOMER).values())
    assert list(numbered_votes(asked, LONG_AGO).values()) == [VOTE]  # nobody's, so it stays
