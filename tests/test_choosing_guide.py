"""The engine of all guides: what answers leave, and what is asked next."""

import math

import pytest

from kb.choosing.guide import (
    SKIP,
    Guide,
    Option,
    OptionKind,
    Question,
    information,
    members,
    most_telling,
    offers,
)


def question(key: str, *fits: int, kind: OptionKind = OptionKind.CHOICE) -> Question:
    options = tuple(Option(f"{key}{n}", kind, f"{key}{n}", kept) for n, kept in enumerate(fits))
    return Question(key, key, "", "", options)


EVERY = 0b1111
HALVES = question("halves", 0b0011, 0b1100)
SINGLES = question("singles", 0b0001, 0b0010, 0b0100, 0b1000)
SAME = question("same", EVERY)


def guide(*questions: Question, most: int = 5, may_skip: bool = True) -> Guide:
    return Guide(4, questions, most_telling(1), most=most, may_skip=may_skip)


def test_the_information_of_exclusive_answers_is_half_of_the_bits_they_tell_apart() -> None:
    """Everybody leaves a question out as often as not, and that tells nothing."""
    assert information(HALVES, EVERY) == pytest.approx(0.5)
    assert information(SINGLES, EVERY) == pytest.approx(1.0)


def test_the_information_is_the_mutual_information_of_candidate_and_answer() -> None:
    limits = question("limits", 0b0001, 0b0011, 0b0111)
    given = {c: [n for n in range(3) if 0b111 >> n & 1 and c <= n] + ["skip"] for c in range(4)}
    total = {
        a: sum(1 / len(said) / 4 for said in given.values() if a in said) for a in (0, 1, 2, "skip")
    }
    expected = sum(
        math.log2(1 / len(said) / total[answer]) / len(said) / 4
        for said in given.values()
        for answer in said
    )
    assert information(limits, EVERY) == pytest.approx(expected)


def test_overlapping_answers_tell_less_than_exclusive_ones() -> None:
    limits = question("limits", 0b0001, 0b0011, 0b0111)
    assert information(limits, EVERY) < information(SINGLES, EVERY)


def test_what_everybody_answers_alike_tells_nothing_and_is_never_asked() -> None:
    assert information(SAME, EVERY) == pytest.approx(0)
    assert guide(SAME).state({}).question is None


def test_the_question_that_tells_most_comes_first_whatever_the_order() -> None:
    assert guide(HALVES, SINGLES).state({}).question is SINGLES
    assert guide(SAME, SINGLES, HALVES).state({}).question is SINGLES


def test_equal_answers_give_the_equal_state_in_the_order_of_asking() -> None:
    asked = guide(HALVES, SAME, question("odd", 0b0101, 0b1010))
    one = asked.state({"odd": "odd0", "halves": "halves0"})
    two = asked.state({"halves": "halves0", "odd": "odd0"})
    assert one == two
    assert one.given == (("halves", "halves0"), ("odd", "odd0"))
    assert members(one.remaining) == [0]


def test_what_a_guide_does_not_know_is_dropped() -> None:
    asked = guide(HALVES)
    assert asked.state({"x": "1", "halves": "nothing"}).given == ()
    assert asked.state({"halves": "halves1", "y": SKIP}).given == (("halves", "halves1"),)


def test_an_answer_that_would_leave_nothing_is_dropped() -> None:
    state = guide(HALVES, SINGLES).state({"halves": "halves0", "singles": "singles3"})
    assert state.count == 1
    assert len(state.answers) == 1


def test_a_skipped_question_is_an_answer_that_keeps_everything() -> None:
    state = guide(HALVES).state({"halves": SKIP})
    assert (state.remaining, state.given) == (EVERY, (("halves", SKIP),))
    assert state.question is None
    assert guide(HALVES, may_skip=False).state({"halves": SKIP}).given == ()


def test_no_more_questions_are_asked_than_allowed() -> None:
    many = [question(f"q{n}", 0b0001 << n % 4, EVERY ^ 0b0001 << n % 4) for n in range(8)]
    state = guide(*many, most=3).state({q.key: SKIP for q in many})
    assert len(state.answers) == 3
    assert state.question is None


def test_an_answer_can_be_changed_and_taken_back() -> None:
    asked = guide(HALVES)
    state = asked.state({"halves": "halves0"})
    assert asked.answered(state, HALVES, "halves1").given == (("halves", "halves1"),)
    assert asked.without(state, HALVES) == asked.state({})
    assert [offer.count for offer in asked.offers(HALVES, state.answers)] == [2, 2]


def test_options_that_leave_nothing_are_not_offered() -> None:
    assert [offer.option.key for offer in offers(SINGLES, 0b0110)] == ["singles1", "singles2"]


def test_of_limits_that_leave_the_same_only_the_strictest_is_offered() -> None:
    most = question("m", 0b0001, 0b0011, 0b0111, kind=OptionKind.AT_MOST)
    assert [offer.option.key for offer in offers(most, 0b1001)] == ["m0"]
    least = question("l", 0b1110, 0b1100, 0b1000, kind=OptionKind.AT_LEAST)
    assert [offer.option.key for offer in offers(least, 0b1001)] == ["l2"]


def test_a_limit_that_everything_keeps_is_not_offered() -> None:
    most = question("m", 0b0001, 0b0011, kind=OptionKind.AT_MOST)
    assert [offer.option.key for offer in offers(most, 0b0011)] == ["m0"]
