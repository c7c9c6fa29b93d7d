"""From votes, searches and judgments to tasks, over the example help center."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from test_store_records import SEARCH, VOTE

from kb.feedback import Place, Search
from kb.judgments import Judgment
from kb.store.database import Database
from kb.store.feedback import add_searches, keep_vote
from kb.store.migrate import migrate
from kb.store.tasks import close, list_tasks
from kb.tasks import Source, State, Task, TaskKind
from search.clusters import by_words, clustered
from search.evaluation import evaluate
from search.searcher import Searcher
from web.refreshing import refresh

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PINK = "Lackiert ihr mein Fahrrad in Pink?"
GAP = replace(SEARCH, status="no_answer", confidence=0.1, document="", phase="", at=NOW)


@pytest.fixture
def records(tmp_path: Path) -> Database:
    database = Database.in_folder(tmp_path)
    migrate(database)
    return database


def asked(database: Database, *questions: str, status: str = "no_answer") -> None:
    """Each question by a visitor of its own."""
    add_searches(
        database,
        [
            replace(GAP, query_id=f"{q}{n}"[-32:], visitor=f"v{n}", question=q, status=status)
            for n, q in enumerate(questions)
        ],
    )


def tasks(database: Database, kind: TaskKind) -> list[Task]:
    return list_tasks(database, kind=kind)


def test_negative_votes_of_a_document_are_one_task_of_its_team(
    records: Database, searcher: Searcher
) -> None:
    for visitor in ("v1", "v2"):
        keep_vote(records, replace(VOTE, visitor=visitor, at=NOW))
    keep_vote(records, replace(VOTE, visitor="v3", solved=True, reason=None, at=NOW))
    assert refresh(records, searcher, NOW).opened == 1
    assert refresh(records, searcher, NOW).opened == 0
    (task,) = list_tasks(records)
    assert task.subject.document == "article/order-invoice"
    assert (task.subject.team, task.subject.phase) == ("service", "service")
    assert [one.visitor for one in task.evidence] == ["v1", "v2"]


def test_questions_that_nothing_answers_are_a_gap_once_two_ask(
    records: Database, searcher: Searcher
) -> None:
    asked(records, PINK, "Wie ist das Wetter morgen in Bremen?")
    refresh(records, searcher, NOW)
    assert list_tasks(records) == []
    add_searches(records, [replace(GAP, query_id="x", visitor="v9", question=f"{PINK} Bitte")])
    refresh(records, searcher, NOW)
    (gap,) = list_tasks(records)
    assert (gap.subject.kind, gap.subject.title, gap.subject.locale) == (TaskKind.GAP, PINK, "de")
    assert len(gap.evidence) == 2


def test_what_means_the_same_joins_the_gap_and_answered_searches_do_not(
    records: Database, searcher: Searcher
) -> None:
    asked(records, PINK, PINK)
    refresh(records, searcher, NOW)
    add_searches(records, [replace(GAP, query_id="later", question=PINK.lower())])
    add_searches(records, [replace(GAP, query_id="fine", question=PINK, status="related")])
    assert refresh(records, searcher, NOW).opened == 0
    (gap,) = list_tasks(records)
    assert {one.reference for one in gap.evidence} >= {"later"}
    assert "fine" not in {one.reference for one in gap.evidence}


def test_the_same_visitor_asking_twice_is_no_gap(records: Database, searcher: Searcher) -> None:
    for number in range(3):
        add_searches(records, [replace(GAP, query_id=f"q{number}", question=PINK)])
    refresh(records, searcher, NOW)
    assert list_tasks(records) == []


FORK = "Hat das Trek 7 eine Federgabel?"


def test_a_gap_of_a_product_is_its_teams_and_names_it(
    records: Database, searcher: Searcher
) -> None:
    asked(records, FORK, f"{FORK} Bitte")
    assert refresh(records, searcher, NOW).opened == 1
    add_searches(records, [replace(GAP, query_id="later", question=FORK.lower(), visitor="v9")])
    assert refresh(records, searcher, NOW).opened == 0
    (gap,) = tasks(records, TaskKind.GAP)
    assert (gap.subject.document, gap.subject.title) == ("product/trek-7", FORK)
    assert (gap.subject.team, gap.subject.phase) == ("advice", "consideration")
    assert len(gap.evidence) == 3


def about(product: str, *visitors: str) -> list[Search]:
    """The same question about this product, by each of these visitors."""
    question = FORK.replace("Trek 7", product)
    return [
        replace(GAP, query_id=f"{visitor}{product}", visitor=visitor, question=question)
        for visitor in visitors
    ]


def test_what_one_visitor_asked_of_each_of_several_products_is_a_gap_of_none(
    records: Database, searcher: Searcher
) -> None:
    for product in ("Trek 7", "Trek 4", "City 3"):
        add_searches(records, about(product, f"owner of {product}"))
    refresh(records, searcher, NOW)
    add_searches(records, about("City 3", "v1", "v2"))  # known already
    assert refresh(records, searcher, NOW).opened == 0
    (gap,) = tasks(records, TaskKind.GAP)
    assert (gap.subject.document, gap.subject.team) == ("", GAP.team)
    assert len(gap.evidence) == 5


def test_a_question_about_a_product_never_joins_the_gap_of_another(
    records: Database, searcher: Searcher
) -> None:
    for product in ("Trek 7", "City 3"):
        add_searches(records, about(product, "v1", "v2"))
        refresh(records, searcher, NOW)
    gaps = [task.subject.document for task in tasks(records, TaskKind.GAP)]
    assert gaps == ["product/trek-7", "product/city-3"]
    close(records, 2, "erika@example.org", State.DISMISSED)
    add_searches(records, about("City 3", "v3", "v4"))
    assert refresh(records, searcher, NOW).opened == 0


def test_a_failing_judgment_opens_a_task_that_ends_when_it_passes(
    records: Database, searcher: Searcher
) -> None:
    wrong = Judgment(query="Akku lädt nicht", locale="de", expects=("order-invoice",))
    failed = evaluate(searcher, [wrong]).outcomes
    refresh(records, searcher, NOW, failed)
    refresh(records, searcher, NOW, failed)
    (task,) = list_tasks(records)
    assert task.subject.document == "article/order-invoice"
    assert [one.source for one in task.evidence] == [Source.JUDGMENT]
    (outcome,) = failed
    good = replace(outcome, ranked=("order-invoice",))
    refresh(records, searcher, NOW, [good])
    assert [task.state for task in list_tasks(records)] == [State.DISMISSED]


def confirmed(database: Database, question: str, *visitors: str) -> None:
    for visitor in visitors:
        name = f"{visitor}{question}"[:32]
        search = replace(SEARCH, query_id=name, visitor=visitor, question=question, at=NOW)
        add_searches(database, [search])
        yes = replace(VOTE, visitor=visitor, query_id=name, solved=True, reason=None, comment="")
        keep_vote(database, replace(yes, place=Place.ANSWER, at=NOW))


def test_a_question_that_was_solved_is_proposed_to_the_article(
    records: Database, searcher: Searcher
) -> None:
    confirmed(records, "Beleg für das Finanzamt besorgen", "v1")
    refresh(records, searcher, NOW)
    (proposed,) = tasks(records, TaskKind.QUESTION)
    assert not proposed.is_confirmed
    confirmed(records, "beleg für das Finanzamt besorgen", "v2")
    refresh(records, searcher, NOW)
    (proposed,) = tasks(records, TaskKind.QUESTION)
    assert proposed.is_confirmed
    assert proposed.subject.document == "article/order-invoice"
    assert proposed.subject.title == "Beleg für das Finanzamt besorgen"


def test_what_the_article_says_already_is_not_proposed(
    records: Database, searcher: Searcher
) -> None:
    number = searcher.library.find_id("order-invoice", "de")
    assert number is not None
    document = searcher.library.document(number)
    for question in (document.title, *document.questions):
        confirmed(records, question.upper(), "v1")
    refresh(records, searcher, NOW)
    assert tasks(records, TaskKind.QUESTION) == []


@pytest.mark.parametrize("question", ["Rechnung", "Rechnung an [e-mail] schicken", "wort " * 40])
def test_single_words_masked_and_endless_texts_are_not_proposed(
    records: Database, searcher: Searcher, question: str
) -> None:
    confirmed(records, question, "v1", "v2")
    refresh(records, searcher, NOW)
    assert tasks(records, TaskKind.QUESTION) == []


def test_a_question_that_was_applied_or_dismissed_is_not_proposed_again(
    records: Database, searcher: Searcher
) -> None:
    confirmed(records, "Beleg für das Finanzamt besorgen", "v1", "v2")
    refresh(records, searcher, NOW)
    (task,) = list_tasks(records)
    for state in (State.DONE, State.DISMISSED):
        close(records, task.id, "erika@example.org", state)
        confirmed(records, "Beleg für das Finanzamt besorgen", f"v{state}")
        assert refresh(records, searcher, NOW).opened == 0


def test_old_records_are_left_alone(records: Database, searcher: Searcher) -> None:
    keep_vote(records, replace(VOTE, at=NOW - timedelta(days=31)))
    assert refresh(records, searcher, NOW).opened == 0


def test_clusters_are_the_same_whenever_they_are_made() -> None:
    near, far = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    between = np.array([0.8, 0.6], np.float32)
    questions = np.stack([between, far, near])
    assert clustered(questions, np.zeros((0, 2), np.float32), 0.7) == [0, 1, 0]
    assert clustered(questions, np.stack([far, near]), 0.7) == [1, 0, 1]
    assert clustered(questions, np.zeros((0, 2), np.float32), 0.9) == [0, 1, 2]


def test_without_an_encoder_only_equal_words_mean_the_same() -> None:
    meanings = by_words(["Wie geht das?", "wie  geht das?", "Geht das?"])
    assert clustered(meanings, meanings[:0], 0.5) == [0, 0, 1]
