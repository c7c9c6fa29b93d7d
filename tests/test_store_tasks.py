"""Content tasks on real databases: opened once, joined, accepted, merged, closed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kb.errors import TaskError
from kb.feedback import Place, Reason, Vote
from kb.store.database import Database
from kb.store.feedback import keep_vote, numbered_votes
from kb.store.staff import actions
from kb.store.tasks import (
    accept,
    acted_upon,
    close,
    confirm,
    counts,
    find_task,
    known_subjects,
    list_tasks,
    merge,
    record,
    reopen,
    teams_with_tasks,
    withdraw,
)
from kb.tasks import Evidence, Finding, Source, State, Subject, Task, TaskKind, by_weight

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ERIKA = "erika@example.org"
ARTICLE = Subject(TaskKind.ARTICLE, "article/a", "", "", "service", "service")
GAP = Subject(TaskKind.GAP, "", "de", "Gibt es das in Pink?", "advice", "")
QUESTION = Subject(TaskKind.QUESTION, "article/a", "de", "Wie geht das?", "service", "service")
VOTE = Vote(
    visitor="v1",
    day=NOW.date(),
    document="article/a",
    locale="de",
    place=Place.ARTICLE,
    query_id="",
    solved=False,
    reason=Reason.OUTDATED,
    comment="",
    at=NOW,
)


def search(name: str, visitor: str = "v1", at: datetime = NOW) -> Evidence:
    return Evidence(Source.SEARCH, name, visitor, at)


def confirmation(name: str, visitor: str) -> Evidence:
    return Evidence(Source.CONFIRMATION, name, visitor, NOW)


def opened(database: Database, *findings: Finding) -> list[Task]:
    record(database, findings)
    return list_tasks(database)


def test_the_same_evidence_never_makes_a_second_task(database: Database) -> None:
    finding = Finding(GAP, (search("q1"), search("q2")))
    assert record(database, [finding, finding]) == 1
    assert record(database, [finding]) == 0
    assert record(database, [Finding(ARTICLE, finding.evidence)]) == 0
    (task,) = list_tasks(database)
    assert (task.subject, task.evidence, task.state) == (GAP, finding.evidence, State.OPEN)


@pytest.mark.parametrize("subject", [ARTICLE, GAP, QUESTION])
def test_new_evidence_joins_the_open_task(database: Database, subject: Subject) -> None:
    record(database, [Finding(subject, (search("q1"),))])
    record(database, [Finding(subject, (search("q1"), search("q2")))])
    (task,) = list_tasks(database)
    assert [one.reference for one in task.evidence] == ["q1", "q2"]


def test_what_is_complained_of_after_the_fix_is_a_new_task(database: Database) -> None:
    (first,) = opened(database, Finding(ARTICLE, (search("q1"),)))
    close(database, first.id, ERIKA, State.DONE)
    both = opened(database, Finding(ARTICLE, (search("q2"),)))
    assert [task.state for task in both] == [State.DONE, State.OPEN]


def test_a_dismissed_gap_takes_what_means_the_same_in_silence(database: Database) -> None:
    (gap,) = opened(database, Finding(GAP, (search("q1"),)))
    close(database, gap.id, ERIKA, State.DISMISSED)
    assert known_subjects(database, TaskKind.GAP) == [(gap.id, GAP)]
    (still,) = opened(database, Finding(GAP, (search("q2"),), gap.id))
    assert (still.state, len(still.evidence)) == (State.DISMISSED, 2)


def test_weight_is_count_and_recency(database: Database) -> None:
    old = [search(f"old{n}", at=NOW - timedelta(days=30)) for n in range(3)]
    opened(database, Finding(ARTICLE, tuple(old)), Finding(GAP, (search("q1"), search("q2"))))
    first, second = by_weight(list_tasks(database), NOW)
    assert (first.subject, round(first.weight(NOW), 3)) == (GAP, 2.0)
    assert (second.subject, round(second.weight(NOW), 3)) == (ARTICLE, 1.5)
    assert (first.age(NOW), second.age(NOW)) == (0, 30)


def test_filters_name_state_kind_and_team(database: Database) -> None:
    article, gap = opened(
        database, Finding(ARTICLE, (search("q1"),)), Finding(GAP, (search("q2"),))
    )
    accept(database, gap.id, ERIKA)
    assert [task.id for task in list_tasks(database, states=[State.OPEN])] == [article.id]
    assert [task.id for task in list_tasks(database, kind=TaskKind.GAP)] == [gap.id]
    assert [task.id for task in list_tasks(database, team="advice")] == [gap.id]
    assert teams_with_tasks(database) == ["advice", "service"]
    assert counts(database)[State.ACCEPTED] == 1


def test_merging_moves_the_evidence_and_later_evidence_too(database: Database) -> None:
    article, gap = opened(
        database, Finding(ARTICLE, (search("q1"),)), Finding(GAP, (search("q2"),))
    )
    merge(database, gap.id, article.id, ERIKA)
    record(database, [Finding(GAP, (search("q3"),), gap.id)])
    target, merged = find_task(database, article.id), find_task(database, gap.id)
    assert [one.reference for one in target.evidence] == ["q1", "q2", "q3"]
    assert (merged.state, merged.merged_into, merged.evidence) == (
        State.DISMISSED,
        article.id,
        (),
    )
    for change in (accept, reopen):
        with pytest.raises(TaskError):
            change(database, gap.id, ERIKA)


def test_a_task_is_not_merged_into_itself_or_a_closed_one(database: Database) -> None:
    article, gap = opened(
        database, Finding(ARTICLE, (search("q1"),)), Finding(GAP, (search("q2"),))
    )
    close(database, article.id, ERIKA, State.DONE)
    for into in (gap.id, article.id, 999):
        with pytest.raises(TaskError):
            merge(database, gap.id, into, ERIKA)
    assert find_task(database, gap.id).evidence == (search("q2"),)


def test_closing_names_the_commit_now_or_later(database: Database) -> None:
    (task,) = opened(database, Finding(ARTICLE, (search("q1"),)))
    close(database, task.id, ERIKA, State.DONE)
    close(database, task.id, ERIKA, State.DONE, "715b710")
    found = find_task(database, task.id)
    assert (found.state, found.fixed_by) == (State.DONE, "715b710")
    with pytest.raises(TaskError, match="commit"):
        close(database, task.id, ERIKA, State.DONE, "<script>")
    reopen(database, task.id, ERIKA)
    assert find_task(database, task.id).state is State.OPEN


def test_every_change_is_in_the_log(database: Database) -> None:
    (task,) = opened(database, Finding(ARTICLE, (search("q1"),)))
    accept(database, task.id, ERIKA)
    close(database, task.id, ERIKA, State.DONE, "715b710")
    done = [(line.staff, line.action, line.target) for line in actions(database, 9)]
    assert done == [
        (ERIKA, "task.done", f"task {task.id} 715b710"),
        (ERIKA, "task.accept", f"task {task.id}"),
    ]


def test_a_question_needs_two_visitors_or_one_of_staff(database: Database) -> None:
    (task,) = opened(
        database, Finding(QUESTION, (confirmation("1", "v1"), confirmation("2", "v1")))
    )
    with pytest.raises(TaskError, match="second visitor"):
        accept(database, task.id, ERIKA)
    confirm(database, task.id, "agent@example.org")
    confirm(database, task.id, "agent@example.org")
    accept(database, task.id, ERIKA)
    other = replace(QUESTION, title="Wie geht es denn?")
    *_, second = opened(
        database, Finding(other, (confirmation("3", "v1"), confirmation("4", "v2")))
    )
    accept(database, second.id, ERIKA)
    assert counts(database)[State.ACCEPTED] == 2


def test_a_mind_that_changed_takes_its_evidence_back(database: Database) -> None:
    keep_vote(database, VOTE)
    (number,) = numbered_votes(database, LONG_AGO)
    evidence = Evidence(Source.VOTE, str(number), "v1", NOW)
    (task,) = opened(database, Finding(ARTICLE, (evidence,)))
    keep_vote(database, replace(VOTE, solved=True, reason=None))
    withdraw(database)
    found = find_task(database, task.id)
    assert (found.state, found.evidence) == (State.DISMISSED, ())


def test_an_accepted_task_stays_without_evidence(database: Database) -> None:
    judgment = Evidence(Source.JUDGMENT, "hash", "", NOW)
    (task,) = opened(database, Finding(ARTICLE, (judgment,)))
    accept(database, task.id, ERIKA)
    withdraw(database, [(Source.JUDGMENT, "hash")])
    found = find_task(database, task.id)
    assert (found.state, found.evidence) == (State.ACCEPTED, ())


def test_the_share_of_feedback_that_led_to_a_change_is_told(database: Database) -> None:
    assert acted_upon(database, LONG_AGO).share is None
    for visitor in ("v1", "v2", "v3"):
        keep_vote(database, replace(VOTE, visitor=visitor, document=f"article/{visitor}"))
    keep_vote(database, replace(VOTE, visitor="v4", solved=True, reason=None))
    for number, vote in numbered_votes(database, LONG_AGO).items():
        subject = replace(ARTICLE, document=vote.document)
        record(database, [Finding(subject, (Evidence(Source.VOTE, str(number), "", NOW),))])
    first, second, _ = list_tasks(database)[:3]
    close(database, first.id, ERIKA, State.DONE)
    accept(database, second.id, ERIKA)
    acted = acted_upon(database, LONG_AGO)
    assert (acted.negative, acted.in_tasks, acted.fixed) == (3, 2, 1)
    assert acted.share == pytest.approx(1 / 3)
