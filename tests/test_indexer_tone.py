"""Tone and plain language in `check`: what is found, where, and what is let be."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from indexer.check import check_content
from indexer.reader import read_content
from indexer.tone.lint import Lint
from indexer.tone.phrases import language_of
from indexer.tone.prose import read_prose
from indexer.tone.readability import amstad, english_syllables, flesch, german_syllables
from kb.problems import Problem, Severity
from kb.progress import Silent
from kb.tone import HOUSE_STYLE, Tone, ToneCode

SITE = 'default_locale = "en"\n[locales.en]\n[locales.de]\n[locales.fr]\n'
HEAD = "---\ntitle: T\n---\n"  # the text begins in line 4

Check = Callable[..., list[Problem]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Problems of one article."""

    def problems(text: str, locale: str = "en", site: str = "", head: str = HEAD) -> list[Problem]:
        folder = tmp_path / locale / "articles"
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site.toml").write_text(SITE + site)
        (folder / "a.md").write_text(head + text)
        return check_content(tmp_path, Silent())

    return problems


def places(problems: list[Problem]) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.code) for problem in problems]


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def words(count: int, word: str = "go") -> str:
    return " ".join([word] * count)


FOUND = [
    ("en", "Sign it prior to use.", "prior to", "stilted-wording"),
    ("en", "Use A and/or B.", "and/or", "stilted-wording"),
    ("en", "That is not uncommon.", "not uncommon", "double-negation"),
    ("en", "You failed to pay.", "You failed to", "blaming-wording"),
    ("en", "As already stated, pay.", "As already stated", "blaming-wording"),
    ("en", "Under no circumstances open it.", "Under no circumstances", "harsh-command"),
    ("en", "1. Open it.\n2. Now simply press.", "simply", "belittling-word"),
    ("en", "We apologise for any inconvenience.", "We", "empty-phrase"),
    ("en", "1. The lid must be removed.", "must be removed", "passive-step"),
    ("en", "For prices [click here](https://a.example).", "click here", "vague-link"),
    ("en", "Do it now!! Then wait.", "!!", "shouting"),
    ("en", "Do NOT open it.", "NOT", "shouting"),
    ("en", "See (the list (below)).", "(below", "nested-brackets"),
    ("en", "Ask the WGBF for it.", "WGBF", "unexplained-abbreviation"),
    ("de", "Das wurde zum Abschluss gebracht.", "zum Abschluss", "stilted-wording"),
    ("de", "Wir nehmen seitens des Werks nichts an.", "seitens", "stilted-wording"),
    ("de", "Die Inanspruchnahme ist frei.", "Inanspruchnahme", "stilted-wording"),
    ("de", "Das ist nicht unübliches Wetter.", "nicht unübliches", "double-negation"),
    ("de", "Sie haben es versäumt zu zahlen.", "Sie haben", "blaming-wording"),
    ("de", "Wie bereits mehrfach erwähnt, geht es.", "Wie bereits", "blaming-wording"),
    ("de", "Öffne ihn unter keinen Umständen.", "unter keinen", "harsh-command"),
    ("de", "1. Wähle ihn.\n2. Drücke einfach los.", "einfach", "belittling-word"),
    ("de", "Wir bitten um dein Verständnis.", "Wir bitten", "empty-phrase"),
    ("de", "1. Der Deckel muss entfernt werden.", "muss", "passive-step"),
    ("de", "Preise findest du [hier](https://a.example).", "hier", "vague-link"),
    ("de", "Öffne ihn NICHT selbst.", "NICHT", "shouting"),
    ("de", "Frag beim WGBF nach.", "WGBF", "unexplained-abbreviation"),
]


def found_in(folder: Path, texts: list[tuple[str, str]]) -> list[list[Problem]]:
    """What `check` says of each of these texts, by language, in one go."""
    (folder / "site.toml").write_text(SITE)
    files = []
    for number, (locale, text) in enumerate(texts):
        file = folder / locale / "articles" / f"a{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HEAD + text)
        files.append(f"{locale}/articles/a{number}.md")
    problems = check_content(folder, Silent())
    return [[problem for problem in problems if problem.file == file] for file in files]


def test_clumsy_wording_is_a_warning_where_it_stands(tmp_path: Path) -> None:
    expected = []
    for _, text, first, code in FOUND:
        before = text[: text.index(first)]
        line, column = before.count("\n") + 4, len(before) - before.rfind("\n")
        expected.append([(line, column, code)])
    found = found_in(tmp_path, [(locale, text) for locale, text, _, _ in FOUND])
    assert [places(problems) for problems in found] == expected
    assert {problem.severity for problems in found for problem in problems} == {Severity.WARNING}


FALSE_FRIENDS = [
    ("en", "Change it as soon as you know it."),
    ("en", "The simplest way is just-in-time delivery. It is simply good."),
    ("en", "1. Take the simple one."),
    ("en", "Only a note (of ours) and file(s) here; f() too."),
    ("en", "The GPS and the World Bike Federation (WGBF) are there. Ask the WGBF."),
    ("en", "LASER and NTA 8776 and A-WGBF are names."),
    ("en", "Is that right? Yes! You must not open it."),
    ("en", "See [what a click here does](https://a.example)."),
    ("en", "Never open it: under no circumstances, because it burns."),
    ("en", '!!! warning "Fire"\n    Under no circumstances open it.'),
    ("en", "> [!DANGER]\n> Under no circumstances open it."),
    ("en", "The lid must be removed by us."),
    ("de", "Es ist einfach, und nur das."),
    ("de", "1. Nimm die einfache Fassung. Sie ist nicht einfach zu finden."),
    ("de", "Nicht unter 0 °C, nicht und nie. Das ist nicht unbedingt so."),
    ("de", "Der Bezug der Zeitung gemäß § 5."),
    ("de", "Das geht unter keinen Umständen, weil der Akku brennt."),
    ("de", "Kommt die Nachricht? Sie kommt. Ihr Inhalt hilft dir."),
    ("de", "Du liest es. ‚Können Sie helfen?‘ fragen sie."),
    ("fr", "In order to utilize this, kindly note: und seitens, mittels!"),
]


def test_what_only_looks_alike_is_let_be(tmp_path: Path) -> None:
    found = found_in(tmp_path, FALSE_FRIENDS)
    assert [str(problem) for problems in found for problem in problems] == []


NO_PROSE = [
    "`prior to` it",
    "```\nprior to\n```",
    "    prior to",
    "> We said: prior to it.",
    'We said “prior to that” and "prior to this".',
    "| a | b |\n|---|---|\n| prior to | c |",
    "[Guide](https://a.example/prior to/x 'prior to')",
    "<!-- prior to -->",
    "<div>prior to</div>",
    "Write to prior@to.example or /prior/to/file.",
]


def test_code_tables_quotations_and_addresses_are_no_prose(tmp_path: Path) -> None:
    found = found_in(tmp_path, [("en", text) for text in NO_PROSE])
    assert [str(p) for problems in found for p in problems if p.code == "stilted-wording"] == []


def test_a_warning_says_what_was_found_why_and_what_is_better(check: Check) -> None:
    (problem,) = check("Das wird\nzum **Abschluss\n  gebracht**.", "de")
    assert str(problem) == (
        "de/articles/a.md:5:1: stilted-wording “zum Abschluss gebracht” is office language, which "
        "keeps customers at a distance. Better: abschließen."
    )


def test_places_are_right_within_lists_call_outs_and_quotes(check: Check) -> None:
    text = (
        "- Item\n\n    It is **prior to**.\n\n"
        '!!! note "Note"\n    Text.\n\n    - And prior to.\n\n'
        "::: business\nNow prior to.\n:::\n\n"
        "> [!TIP]\n> Well, prior to.\n\n"
        "Term\n:   Long prior to.\n\n"
        "1. Item\n\tprior\tto.\n"
    )
    found = [(line, column) for line, column, _ in places(check(text))]
    assert found == [(6, 13), (11, 11), (14, 5), (18, 9), (21, 10), (24, 2)]


def test_title_and_summary_are_read_too(check: Check) -> None:
    head = "---\ntitle: T\nsummary: >\n  What to do\n  prior to use.\n---\n"
    assert places(check("Text.", head=head)) == [(3, 1, "stilted-wording")]


def test_drafts_are_checked_and_what_customers_never_read_is_not(check: Check) -> None:
    check("Published.", "de")
    for status, expected in (("draft", ["stilted-wording"]), ("internal", []), ("archived", [])):
        head = f"---\ntitle: T\nstatus: {status}\n---\n"
        assert codes(check("Do it prior to use.", head=head)) == expected


@pytest.mark.parametrize(("locale", "limit"), [("en", 35), ("de", 30)])
def test_long_sentences_begin_where_they_are_told(check: Check, locale: str, limit: int) -> None:
    fits, too_long = words(limit).capitalize(), words(limit + 1).capitalize()
    assert places(check(f"- One. {fits}.\n- Two. {too_long}.", locale)) == [(5, 8, "long-sentence")]


def test_numbers_lists_and_line_breaks_make_no_sentence_long(check: Check) -> None:
    items = "\n".join(f"- {words(9)}" for _ in range(9))
    breaks = "  \n".join(words(9) for _ in range(9))
    assert codes(check(f"See {words(30, '12')}:\n\n{items}\n\n{breaks}")) == []


def test_a_wall_of_text_is_told_once(check: Check) -> None:
    text = " ".join(f"{words(10).capitalize()}." for _ in range(13))
    assert places(check(f"Short.\n\n{text}")) == [(6, 1, "long-paragraph")]


def test_an_article_that_is_hard_as_a_whole_says_so_once(check: Check) -> None:
    german = (
        "Die Bereitstellung personenbezogener Abrechnungsinformationen erfordert Autorisierung. "
    )
    english = "Organisational accountability necessitates institutional reconfiguration. "
    assert codes(check(german * 20, "de")) == ["hard-to-read"]
    (_, problem) = check(english * 20)
    assert (problem.file, problem.code) == ("en/articles/a.md", "hard-to-read")


def test_reading_ease_is_computed_as_its_authors_did() -> None:
    assert flesch(1, ["the", "cat", "sat"]) == pytest.approx(206.835 - 1.015 * 3 - 84.6)
    assert amstad(2, ["die", "Katze", "saß", "da"]) == pytest.approx(180 - 2 - 58.5 * 5 / 4)


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("make", 1), ("table", 2), ("while", 1), ("moved", 1), ("added", 2), ("makes", 1)]
    + [("boxes", 2), ("the", 1), ("battery", 3), ("rhythm", 1), ("enabled", 3)],
)
def test_english_syllables(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("Akku", 2), ("Leine", 2), ("Häuser", 2), ("Theater", 3), ("Rückgabe", 3), ("pst", 1)],
)
def test_german_syllables(word: str, syllables: int) -> None:
    assert german_syllables(word) == syllables


def test_du_and_sie_in_one_article_are_told_at_the_rarer_one(check: Check) -> None:
    text = "Lade ihn, wenn du willst.\n\nDein Rad steht.\n\nHier finden Sie es."
    (problem,) = check(text, "de")
    assert (problem.line, problem.column, problem.code) == (8, 13, "mixed-address")
    assert "“du” in line 4" in problem.message


def test_blocks_for_du_and_for_sie_are_no_mix(check: Check) -> None:
    text = "::: du\nNimm dein Rad.\n:::\n::: sie\nHier nehmen Sie Ihr Rad.\n:::\n"
    assert codes(check(text, "de")) == []


def test_codes_are_switched_off_and_abbreviations_made_known_for_the_site(check: Check) -> None:
    text = "Ask the WGBF prior to use."
    assert codes(check(text)) == ["unexplained-abbreviation", "stilted-wording"]
    site = '[tone]\noff = ["stilted-wording"]\nabbreviations = ["WGBF"]\n'
    assert codes(check(text, site=site)) == []


def test_a_site_adds_wording_of_its_own_in_any_language(check: Check) -> None:
    site = (
        "[[tone.phrases]]\nlocale = 'fr'\nfind = 'vélos? électriques?'\n"
        "why = 'is not what we say'\nbetter = 'VAE'\n"
    )
    (problem,) = check("Un Vélo  électrique.", "fr", site)
    assert problem.code == HOUSE_STYLE
    assert problem.message == "“Vélo électrique” is not what we say. Better: VAE."
    assert problem.column == 4


@pytest.mark.parametrize(
    "site",
    [
        '[tone]\noff = ["no-such-code"]\n',
        "[[tone.phrases]]\nlocale = 'en'\nfind = '(open'\nwhy = 'w'\n",
        "[[tone.phrases]]\nlocale = 'en'\nfind = 'a*'\nwhy = 'w'\n",
        "[[tone.phrases]]\nlocale = 'en'\nfind = '(a|b)'\nwhy = 'w'\n",
        "[[tone.phrases]]\nlocale = 'en'\nfind = '(?i)ab'\nwhy = 'w'\n",
        "[[tone.phrases]]\nlocale = 'en'\nfind = 'Customer'\nwhy = 'w'\n",
    ],
)
def test_slips_in_the_sites_rules_are_errors(check: Check, site: str) -> None:
    (problem,) = check("Text.", site=site)
    assert (problem.file, problem.code) == ("site.toml", "site-invalid")


def test_a_comment_accepts_what_stands_below_it_or_beside_it(check: Check) -> None:
    text = (
        "<!-- accept stilted-wording -->\nDo it prior to use.\n\n"
        "1. Open it prior to use. <!-- accept stilted-wording, shouting -->\n"
        "2. Close it prior to use.\n"
    )
    assert places(check(text)) == [(7, 26, "accepts-nothing"), (8, 13, "stilted-wording")]


def test_a_comment_anywhere_accepts_what_is_said_of_the_whole_article(check: Check) -> None:
    text = "Lade ihn, wenn du willst. Hier finden Sie es.\n\n<!-- accept mixed-address -->\n"
    assert codes(check(text, "de")) == []


def test_the_index_is_built_of_any_tone(check: Check, tmp_path: Path) -> None:
    assert codes(check("Do it prior to use.")) == ["stilted-wording"]
    assert read_content(tmp_path, cache=None, progress=Silent()).problems == ()


@pytest.mark.parametrize("locale", ["de", "en"])
def test_the_data_files_hold_known_codes_and_lower_case(locale: str) -> None:
    language = language_of(locale)
    assert language is not None
    for wording in language.wordings:
        assert wording.code in get_args(ToneCode)
        assert wording.pattern.replace(r"\W", "") == wording.pattern.replace(r"\W", "").lower()
        assert wording.why and not wording.why.endswith(".")


HOSTILE = "wort ,[,[a,](,<!--,<a ,`,``a`,„a ,(,a.@,*a_,{:,!,- ,> ,|a,1. ".split(",")


@pytest.mark.parametrize("locale", ["de", "en"])
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_line_of_a_megabyte_costs_less_than_a_second(piece: str, locale: str) -> None:
    lint = Lint(locale, Tone())
    line = piece * (1_000_000 // len(piece))
    began = time.process_time()
    lint.findings(read_prose([line], 1))
    assert time.process_time() - began < 1
