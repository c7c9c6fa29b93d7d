"""Words and terms: what must be the same word, and what must not."""

import pytest

from kb.text import visible
from search.analysis import analyzer, tokens
from search.compounds import Decompounder


def words(text: str) -> list[str]:
    return [token.word for token in tokens(visible(text))]


def terms(text: str, locale: str = "de") -> list[str]:
    return [analyzer(locale).term(word) for word in words(text)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Größe", "Groesse"),
        ("Größe", "GRÖSSE"),
        ("Größe", "Gro\u0308ße"),  # decomposed
        ("Straße", "Strasse"),
        ("E-Bike", "Ebike"),
        ("E‑Bike", "E-Bike"),  # with a non-breaking hyphen
        ("Lie\u00adferung", "Lieferung"),  # soft hyphen
        ("Ak\u200bku", "Akku"),  # zero-width space
        ("AB-1200/X", "ab1200x"),
        ("2.299", "2299"),
        ("2.299,00", "2299"),
        ("3,5", "3.5"),
        ("3,50", "3.5"),
        ("ﬁrmware", "firmware"),  # ligature
        ("café", "cafe"),
    ],
)
def test_spellings_of_one_word_are_one_word(left: str, right: str) -> None:
    assert words(left) == words(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Rechnungen", "Rechnung"),
        ("Bremsbeläge", "Bremsbelag"),
        ("ladt", "lädt"),
        ("Häuser", "Haeuser"),
        ("bestellten", "bestellte"),
    ],
)
def test_inflected_german_words_share_a_term(left: str, right: str) -> None:
    assert terms(left) == terms(right)


def test_english_words_are_stemmed_by_english_rules() -> None:
    assert terms("charging batteries", "en") == terms("charged battery", "en")


def test_codes_and_numbers_are_not_stemmed() -> None:
    assert terms("E04 RB-500 23,4") == ["e04", "rb500", "23.4"]


def test_pieces_of_a_joined_word_are_known_but_not_of_a_number() -> None:
    joined, number, unit = tokens("AB-1200/X 2.299 25km/h")
    assert joined.pieces == ("ab", "1200", "x")
    assert number.pieces == ()
    assert unit.pieces == ("25", "km", "h")


@pytest.mark.parametrize(("left", "right"), [("3,5", "35"), ("0.125", "125"), ("1.000", "1,00")])
def test_different_numbers_are_different_words(left: str, right: str) -> None:
    assert words(left) != words(right)


def pieces(text: str) -> dict[str, tuple[str, ...]]:
    return {token.word: token.pieces for token in tokens(text)}


@pytest.mark.parametrize(
    ("text", "word", "full"),
    [
        ("Vorder- und Hinterrad", "vorder", "vorderrad"),
        ("Vorder-, Mittel- und Hinterrad", "mittel", "mittelrad"),
        ("Vorder-/Hinterrad", "vorder", "vorderrad"),
        ("Helmgrößen und -farben", "farben", "helmfarben"),
        ("Wie gebe ich es zurück?", "gebe", "zurueckgebe"),
        ("Wo melde ich mich an, und wie?", "melde", "anmelde"),
        ("Schalten Sie das Licht aus.", "schalten", "ausschalten"),
        ("alle Kund*innen", "kund", "kundinnen"),
    ],
)
def test_incomplete_words_know_what_they_may_be_in_full(text: str, word: str, full: str) -> None:
    assert full in pieces(text)[word]


@pytest.mark.parametrize(
    "text", ["Der Akku - neu", "ein Ende-", "- erstens", "auf dem Rad an der Wand", "Ab", "a - b"]
)
def test_other_words_are_complete(text: str) -> None:
    assert not any(pieces(text).values())


def test_long_lists_of_words_cut_short_take_no_long_time() -> None:
    assert len(list(tokens("Vorder-, " * 5_000 + "Hinterrad"))) == 5_001


def test_offsets_point_at_the_word_as_written() -> None:
    text = "Das „E-Bike“ lädt."
    assert [text[t.start : t.end] for t in tokens(text)] == ["Das", "E-Bike", "lädt"]


def test_overlong_runs_are_data_not_words() -> None:
    assert words("a" * 65 + " Akku") == ["akku"]


def test_a_locale_without_stemmer_still_yields_words() -> None:
    assert terms("Вело Akku", "xx") == ["вело", "akku"]


KNOWN = {
    "rechnung": 5, "adresse": 4, "ersatz": 3, "akku": 9, "bremse": 2, "belag": 2, "fahrrad": 7,
    "helm": 4, "groesse": 3, "schloss": 2, "arbeit": 2, "geber": 1, "wechsel": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("compound", "parts"),
    [
        ("rechnungsadresse", ("rechnung", "adresse")),
        ("ersatzakku", ("ersatz", "akku")),
        ("fahrradhelmgroesse", ("fahrrad", "helm", "groesse")),
        ("bremsenbelag", ("bremse", "belag")),
        ("arbeitgeberwechsel", ("arbeit", "geber", "wechsel")),
    ],
)
def test_compounds_split_into_known_words(compound: str, parts: tuple[str, ...]) -> None:
    assert Decompounder(lambda word: KNOWN.get(word, 0)).split(compound) == parts


def test_a_compound_of_compounds_is_read_both_ways() -> None:
    known = {**KNOWN, "fahrradhelm": 1}
    split = Decompounder(lambda word: known.get(word, 0))
    assert split.readings("fahrradhelmgroesse") == (
        ("fahrradhelm", "groesse"),
        ("fahrrad", "helm", "groesse"),
    )
    assert split.split("fahrradhelmgroesse") == ("fahrradhelm", "groesse", "fahrrad", "helm")


@pytest.mark.parametrize("word", ["rechnungen", "akkus", "schlosser", "ersatzakkux", "helm", "ab1"])
def test_words_that_are_no_full_compound_stay_whole(word: str) -> None:
    assert Decompounder(lambda w: KNOWN.get(w, 0)).split(word) == ()
