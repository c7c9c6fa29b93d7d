"""Mails to complainants reach a real mail server, once, and are forgotten when they did."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup
from flask.testing import FlaskClient
from postbox import text_of
from staffed import member_added, sign_in, submit
from test_delivery import Post
from test_web_notify import ARTICLE, CUSTOMER, PERSON, ROOT, act, ask, links, queued

from kb.delivery.jobs import JobState, Way
from kb.delivery.rounds import Round
from kb.mail import Mail
from kb.staff import Role
from kb.store.outbox import claim_job, dead_jobs, job_done, waiting_jobs
from kb.store.subjects import erase_subject

NOTHING = Round(sent=0, failed=0, dead=0)
ONE = Round(sent=1, failed=0, dead=0)


@pytest.fixture
def post(built_index: Path, tmp_path: Path) -> Iterator[Post]:
    made = Post(built_index, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def visitor(post: Post) -> FlaskClient:
    """Somebody who complained, and gave an address."""
    browser = post.app.test_client()
    browser.environ_base["HTTP_USER_AGENT"] = PERSON["User-Agent"]
    token = Markup(browser.get(ARTICLE).text).all("input", name="about")[0]["value"]
    browser.post("/de/feedback", data={"about": token, "solved": "no"})
    assert ask(browser, token) == 303
    return browser


def arrived(post: Post) -> Mail:
    """The last mail, as its reader has it."""
    mail = post.box.mails[-1]
    return Mail(str(mail["To"]), str(mail["Subject"]), text_of(mail), "")


def test_the_question_and_the_fix_arrive_once_each(
    post: Post, visitor: FlaskClient, tmp_path: Path
) -> None:
    with post.mail():
        assert (post.deliver(), post.deliver()) == (ONE, NOTHING)
        question = arrived(post)
        assert question.to == CUSTOMER and question.subject.startswith("Bitte bestätigen")
        act(visitor, links(question)["confirm"])
        member_added(tmp_path, role=Role.EDITOR)
        sign_in(visitor)
        submit(visitor, "/admin/tasks/", "/admin/tasks/refresh")
        for _ in range(2):
            submit(visitor, "/admin/tasks/1", "/admin/tasks/1/close", state="done")
        assert (post.deliver(), post.deliver()) == (ONE, NOTHING)
    told = arrived(post)
    assert told.subject.startswith("Verbessert: ") and f"{ROOT}{ARTICLE}" in told.text
    assert "geholfen" in act(visitor, links(told)["solved"])
    assert post.box.recipients == [CUSTOMER, CUSTOMER]
    assert queued(tmp_path) == [] and waiting_jobs(post.database) == 0
    ids = [str(mail["Message-ID"]) for mail in post.box.mails]
    assert len(set(ids)) == 2 and all(mail["References"] is None for mail in post.box.mails)


def test_while_the_server_is_down_a_notice_waits(
    post: Post, visitor: FlaskClient, tmp_path: Path
) -> None:
    assert post.deliver() == Round(sent=0, failed=1, dead=0)
    assert len(queued(tmp_path)) == 1
    post.make_due()
    with post.mail():
        assert (post.deliver(), post.deliver()) == (ONE, NOTHING)


def test_who_dies_after_sending_sends_again_under_the_same_id(
    post: Post, visitor: FlaskClient
) -> None:
    from web.telling import tell

    job = claim_job(post.database, {Way.NOTICE}, datetime.now(UTC))
    assert job
    with post.mail():
        tell(post.app, post.settings, job)  # and dies here
        post.make_due()
        assert post.deliver() == ONE
    assert len({str(mail["Message-ID"]) for mail in post.box.mails}) == 1
    assert not job_done(post.database, job)  # it comes back late


def test_a_refused_address_is_given_up_unnamed_and_can_be_erased(
    post: Post, visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    post.box.to_recipient = "550 no such user"
    with post.mail():
        assert post.deliver() == Round(sent=0, failed=0, dead=1)
    (dead,) = dead_jobs(post.database)
    assert (dead.state, dead.about) == (JobState.DEAD, "notice by e-mail")
    assert not re.search(CUSTOMER, caplog.text + dead.error)
    assert erase_subject(post.database, CUSTOMER)["mails"] == 1
    assert dead_jobs(post.database) == []
