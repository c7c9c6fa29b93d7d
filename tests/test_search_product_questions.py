"""Questions that the products' attributes answer, and questions they must leave alone."""

from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE, WriteArticle

from indexer.build import build_index
from indexer.wording import word
from kb.documents import BlockKind, Kind
from kb.site import SITE_FILE, load_site
from kb.store.library import LIBRARY_FILE, Library
from search.generation import current_generation
from search.products.answers import MAX_PRODUCTS, ProductAnswerForm, ProductAnswers
from search.products.quantities import Quantities
from search.products.words import BUILT_IN, Comparison, language


@pytest.fixture(scope="module")
def example(built_index: Path) -> Any:
    yield from opened(built_index, load_site(EXAMPLE)[0])


def opened(index: Path, site: Any) -> Any:
    library = Library(index / str(current_generation(index)) / LIBRARY_FILE)
    yield ProductAnswers(library, site), library
    library.close()


def said(example: Any, query: str, locale: str) -> list[str]:
    answer = example[0].answer(query, locale)
    return [] if answer is None else answer.text.splitlines()


GERMAN = {
    # one product, one attribute
    "Wie schwer ist das City 3?": ["City 3 – Gewicht: 23,4 kg"],
    "wie schwer ist das cargo mini": ["Cargo Mini – Gewicht: 32 kg"],
    "Wie viel wiegt denn das Berg 9 FS?": ["Berg 9 FS – Gewicht: 24,6 kg"],
    "gewicht sprint 45": ["Sprint 45 – Gewicht: 27,9 kg"],
    "Was kostet das Trek 7?": ["Trek 7 – Preis: 3.799 €"],
    "Wie teuer ist eigentlich das Falt 1": ["Falt 1 – Preis: 1.999 €"],
    "Wie weit komme ich mit dem Tour X?": ["Tour X – Reichweite: 140 km"],
    "Wie weit fährt das City5 mit einer Akkuladung?": ["City 5 – Reichweite: 110 km"],
    "Welche Höchstgeschwindigkeit hat das Junior 24?": ["Junior 24 – Unterstützung bis: 20 km/h"],
    "Wie schnell fährt das Sprint 45?": ["Sprint 45 – Unterstützung bis: 45 km/h"],
    "Wie groß ist der Akku vom Kies 1?": ["Kies 1 – Akkukapazität: 360 Wh"],
    "Wie viele Gänge hat das Trek 4": ["Trek 4 – Schaltung: 9-Gang-Kettenschaltung"],
    "Wie viel Nm hat das Berg 6?": ["Berg 6 – Drehmoment: 85 Nm"],
    "Hat das City 5 Kette oder Riemen?": ["City 5 – Antrieb: Riemen"],
    "Hat das Trek 7 einen Nabenmotor?": ["Trek 7 – Motorposition: Mittelmotor"],
    "Kann man beim City Light den Akku herausnehmen?": ["City Light – Akku entnehmbar: Nein"],
    "Lässt sich der Akku vom Falt 1 rausnehmen?": ["Falt 1 – Akku entnehmbar: Ja"],
    "Hat das City 3 hydraulische Bremsen?": ["City 3 – Bremsen: hydraulische Scheibenbremsen"],
    "Gibt es das City 3 in XL?": ["City 3 – Rahmengrößen: S, M, L"],
    "zulässiges Gesamtgewicht City 5": ["City 5 – Zulässiges Gesamtgewicht: 150 kg"],
    "Kann das Cargo Mini 190 kg tragen?": ["Cargo Mini – Zulässiges Gesamtgewicht: 200 kg"],
    "Ich bin 1,50 m groß, passt mir das Trek 4?": [
        "Trek 4 – Körpergröße ab: 158 cm",
        "Trek 4 – Körpergröße bis: 200 cm",
    ],
    "Was wiegt der RB-625?": ["Akku RB-625 – Gewicht: 3,5 kg"],
    "Wie lange muss der RB-750 laden?": ["Akku RB-750 – Ladezeit mit Ladegerät C2: 9 h"],
    "Wie viele Ladezyklen hat der Akku RB-500": ["Akku RB-500 – Garantierte Vollzyklen: 500"],
    "Wie schnell lädt das C4?": ["Schnellladegerät C4 – Ladezeit für 500 Wh: 3,2 h"],
    "Welche Norm hat der Helm Speed 45?": ["Helm Speed 45 – Norm: NTA 8776"],
    "Wie lang ist das Bügelschloss U15?": ["Bügelschloss U15 – Länge: 30 cm"],
    "Wie viel passt in die Packtasche 20?": ["Packtasche 20 – Volumen: 20 l"],
    "Ist die Korbtasche 15 wasserdicht?": ["Korbtasche 15 – Wasserdicht: Nein"],
    "Bis wieviel kg geht der Kindersitz Mio?": [
        "Kindersitz Mio – Kindergewicht ab: 9 kg",
        "Kindersitz Mio – Kindergewicht bis (zusammen): 22 kg",
    ],
    "Wie viele Kinder passen in den Kinderanhänger Duo?": ["Kinderanhänger Duo – Kinder: 2"],
    "Artikelnummer vom Faltschloss F10": ["Faltschloss F10 – Artikelnummer: LK-F10"],
    "Was kostet AB-1200/X?": ["Doppelakku-Set 1200 – Preis: 1.290 €"],
    "Wofür ist das Berg 6 geeignet?": [
        "Berg 6 – Geeignet für: Waldwege, Schotter und leichte Trails; "
        "Einstieg ins E-Mountainbiken; steile Anstiege"
    ],
    # several products
    "Was ist schwerer, City 3 oder City 5?": [
        "City 3 – Gewicht: 23,4 kg",
        "City 5 – Gewicht: 25,1 kg",
    ],
    "Hat das Trek 7 mehr Reichweite als das Trek 4?": [
        "Trek 4 – Reichweite: 110 km",
        "Trek 7 – Reichweite: 150 km",
    ],
    "Reichweite und Gewicht vom Kies 1": [
        "Kies 1 – Reichweite: 90 km",
        "Kies 1 – Gewicht: 15,9 kg",
    ],
    "Wie schwer ist das Cargo?": ["Cargo 2 – Gewicht: 41 kg", "Cargo Mini – Gewicht: 32 kg"],
    # products of a kind
    "Was kostet ein Lastenrad?": ["Cargo 2 – Preis: 5.799 €", "Cargo Mini – Preis: 4.499 €"],
    "Wie schwer ist das Faltrad?": ["Falt 1 – Gewicht: 17,9 kg"],
    "Welche Räder tragen mehr als 170 kg?": [
        "Cargo 2 – Zulässiges Gesamtgewicht: 220 kg",
        "Cargo Mini – Zulässiges Gesamtgewicht: 200 kg",
        "Tour X – Zulässiges Gesamtgewicht: 180 kg",
    ],
    "E-Bikes unter 17 kg": ["Kies 1 – Gewicht: 15,9 kg", "City Light – Gewicht: 16,8 kg"],
    "Welches Rad ist leichter als 16,5 kg?": ["Kies 1 – Gewicht: 15,9 kg"],
    "Habt ihr E-Bikes bis 2000 Euro?": ["Junior 24 – Preis: 1.899 €", "Falt 1 – Preis: 1.999 €"],
    "Elektrofahrrad zwischen 2.000 und 2.500 €": [
        "City 3 – Preis: 2.299 €",
        "City Light – Preis: 2.499 €",
    ],
    "Ich suche ein Pedelec mit mindestens 140 km Reichweite": [
        "Trek 7 – Reichweite: 150 km",
        "Tour X – Reichweite: 140 km",
    ],
    "Fahrrad für 1,40 m Körpergröße": [
        "Junior 24 – Körpergröße ab: 125 cm",
        "Junior 24 – Körpergröße bis: 150 cm",
    ],
    "Welche E-Bikes haben Riemenantrieb und kosten unter 2600 Euro?": [
        "City Light – Preis: 2.499 €",
        "City Light – Antrieb: Riemen",
    ],
    "Rad mit tiefem Einstieg unter 3000 Euro": [
        "City 5 – Preis: 2.899 €",
        "City 5 – Rahmenform: Tiefeinsteiger",
    ],
    "Welche Taschen sind wasserdicht?": ["Packtasche 20 – Wasserdicht: Ja"],
    "Helm für 57 cm Kopfumfang": [
        "Helm Speed 45 – Kopfumfang ab: 54 cm",
        "Helm Speed 45 – Kopfumfang bis: 61 cm",
        "Helm Urban – Kopfumfang ab: 51 cm",
        "Helm Urban – Kopfumfang bis: 61 cm",
    ],
    "Schloss mit mindestens Stufe 12": ["Bügelschloss U15 – Sicherheitsstufe (1–15): 15"],
    "welche akkus sind in unter 7 stunden voll": ["Akku RB-500 – Ladezeit mit Ladegerät C2: 6 h"],
    # the most and the least
    "Welches E-Bike ist am leichtesten?": ["Kies 1 – Gewicht: 15,9 kg"],
    "günstigstes Lastenrad": ["Cargo Mini – Preis: 4.499 €"],
    "Welches Rad hat die größte Reichweite?": ["Trek 7 – Reichweite: 150 km"],
    "Mit welchem Fahrrad kommt man am weitesten?": ["Trek 7 – Reichweite: 150 km"],
    "e-bike mit dem stärksten motor": ["Berg 9 FS – Drehmoment: 95 Nm"],
    "Rad mit den kleinsten Laufrädern": [
        "Cargo Mini – Laufradgröße: 20 Zoll",
        "Falt 1 – Laufradgröße: 20 Zoll",
    ],
    "Welcher Helm wiegt am wenigsten?": ["Helm Kids – Gewicht: 260 g"],
}

ENGLISH = {
    "how much does the city light weigh": ["City Light – Weight: 16.8 kg"],
    "What's the weight of the Trek 4 in kg?": ["Trek 4 – Weight: 24.9 kg"],
    "top speed of the junior 24": ["Junior 24 – Assistance up to: 20 km/h"],
    "How fast does the City 3 go?": ["City 3 – Assistance up to: 25 km/h"],
    "how much is the berg 6": ["Berg 6 – Price: €3,499"],
    "How far can I ride on the Sprint 45?": ["Sprint 45 – Range: 90 km"],
    "how far does the trek 7 go on a single charge": ["Trek 7 – Range: 150 km"],
    "How big is the battery of the Falt 1?": ["Falt 1 – Battery capacity: 300 Wh"],
    "how many gears does the city 5 have": ["City 5 – Gears: 5-speed hub gears"],
    "does the tour x have a belt or a chain": ["Tour X – Drive: Belt"],
    "Can the battery of the Kies 1 be removed?": ["Kies 1 – Removable battery: No"],
    "can i take the battery out of the berg 6": ["Berg 6 – Removable battery: Yes"],
    "weight limit of the city 3": ["City 3 – Maximum total weight: 140 kg"],
    "I'm 6 ft 5, does the City 5 fit me?": [
        "City 5 – Rider height from: 150 cm",
        "City 5 – Rider height up to: 190 cm",
    ],
    "How tall do I have to be for the Sprint 45?": [
        "Sprint 45 – Rider height from: 165 cm",
        "Sprint 45 – Rider height up to: 205 cm",
    ],
    "how long does the rb-500 take to charge": [
        "Battery RB-500 – Charging time with charger C2: 6 h"
    ],
    "Is the Kies 1 suitable for gravel?": [
        "Kies 1 – Suitable for: sporty riders on tarmac and gravel; long rides after work; "
        "anyone after a light e-bike"
    ],
    "how heavy can a child be in the seat mio": [
        "Child seat Mio – Child weight from: 9 kg",
        "Child seat Mio – Child weight up to (in total): 22 kg",
    ],
    "how many litres does the pannier 20 hold": ["Pannier 20 – Volume: 20 l"],
    "how much weight can the basket bag carry": ["Basket bag 15 – Maximum load: 5 kg"],
    "item number of the U15": ["U-lock U15 – Item number: LK-U15"],
    "Which one is cheaper, City 5 or City Light?": [
        "City 5 – Price: €2,899",
        "City Light – Price: €2,499",
    ],
    "how heavy are your cargo bikes": ["Cargo 2 – Weight: 41 kg", "Cargo Mini – Weight: 32 kg"],
    "which bikes carry 180 kg": [
        "Cargo 2 – Maximum total weight: 220 kg",
        "Cargo Mini – Maximum total weight: 200 kg",
        "Tour X – Maximum total weight: 180 kg",
    ],
    "I need a bike under 17 kg": ["Kies 1 – Weight: 15.9 kg", "City Light – Weight: 16.8 kg"],
    "do you have e-bikes that go more than 120 km": [
        "Trek 7 – Range: 150 km",
        "Tour X – Range: 140 km",
    ],
    "electric bikes between 2,000 and 2,300 euros": ["City 3 – Price: €2,299"],
    "e-bike for someone over 2 m": [
        "Sprint 45 – Rider height from: 165 cm",
        "Sprint 45 – Rider height up to: 205 cm",
        "Tour X – Rider height from: 165 cm",
        "Tour X – Rider height up to: 205 cm",
    ],
    "which bikes have a hub motor": [
        "City Light – Motor position: Rear hub",
        "Falt 1 – Motor position: Rear hub",
        "Junior 24 – Motor position: Rear hub",
        "Kies 1 – Motor position: Rear hub",
    ],
    "bikes with a range of 90 miles": ["Trek 7 – Range: 150 km"],
    "helmets under 300 g": ["Helmet Kids – Weight: 260 g"],
    "which bags are waterproof": ["Pannier 20 – Waterproof: Yes"],
    "battery with more than 700 Wh": [
        "Battery RB-750 – Capacity: 750 Wh",
        "Dual battery kit 1200 – Capacity: 1,200 Wh",
    ],
    "cheapest bike that carries 180 kg": [
        "Tour X – Price: €4,299",
        "Tour X – Maximum total weight: 180 kg",
    ],
    "which bike has the longest range": ["Trek 7 – Range: 150 km"],
    "what is the fastest charger": ["Fast charger C4 – Charging time for 500 Wh: 3.2 h"],
    "most secure lock": ["U-lock U15 – Security level (1–15): 15"],
}

LEFT_ALONE = {
    "de": [
        "Warum ist das City 3 so schwer geworden?",
        "Wie schwer darf mein Paket bei der Rücksendung sein?",
        "Was kostet der Versand vom City 3?",
        "City 3 Akku lädt nicht",
        "Wie schnell kommt das Cargo 2 an?",
        "Wie schwer ist der Akku vom City 3?",
        "Was kostet ein Ersatzakku fürs City 3?",
        "Was kosten neue Bremsen für das Trek 4?",
        "Was kostet ein Riemen für E-Bikes?",
        "Was kostet der 750er Akku?",
        "Wie schwer darf ich für das City 3 sein?",
        "Ich wiege 110 kg, trägt mich das Trek 4?",
        "Rad für 120 kg schweren Fahrer",
        "E-Bike für 130 kg",
        "Kann ich das City Light in den dritten Stock tragen?",
        "Welche Reichweite hat das City 3 im Winter?",
        "Wie schnell darf man mit dem City 3 fahren?",
        "Ist das City 3 auf Lager?",
        "Was kostet das City 3 gebraucht?",
        "Was kostet das City 7?",
        "Wie viel wiegt AB-1300/X?",
        "Welche E-Bikes haben keinen Riemen?",
        "Welche E-Bikes sind leichter als das City 5?",
        "Was ist der Unterschied zwischen City 3 und City 5?",
        "Was ist ein S-Pedelec?",
        "Was kosten eure E-Bikes?",
        "Welches E-Bike passt zu mir?",
        "Wie groß ist das City 3?",
        "Passt der RB-625 ins City 3?",
        "Gutschein über 50 Euro für Taschen",
        "Ist ein Rad über 3000 Euro versichert?",
        "E-Bikes unter 5 kg",
        "lastenrad",
        "City 3",
        "",
        "Mein City 3 wiegt viel. " * 12,
    ],
    "en": [
        "How long does delivery of the City 3 take?",
        "how heavy is the City 3 battery",
        "price of a belt for the City 5",
        "which bike can carry me if I weigh 130 kg",
        "bike for a 130 kg rider",
        "maximum rider weight City 3",
        "does the Falt 1 fit in a car boot",
        "what size City 3 do I need",
        "which bikes don't have a chain",
        "is my bike insured if it costs over 3000 euros",
        "how much is leasing the cargo 2 per month",
        "can I make the City 3 faster",
        "City 3 discount",
        "how fast can I legally ride",
        "who designed the City 3",
        "is the junior 24 suitable for adults",
        "does the charger c2 fit the city 3",
        "what helmet do I need for the Sprint 45",
        "wie schwer ist das City 3",
        "how much is it",
    ],
}


@pytest.mark.parametrize("query", GERMAN)
def test_german_questions_get_the_facts(example: Any, query: str) -> None:
    assert said(example, query, "de") == GERMAN[query]


@pytest.mark.parametrize("query", ENGLISH)
def test_english_questions_get_the_facts(example: Any, query: str) -> None:
    assert said(example, query, "en") == ENGLISH[query]


@pytest.mark.parametrize(
    ("locale", "query"), [(locale, query) for locale, all_ in LEFT_ALONE.items() for query in all_]
)
def test_other_questions_are_left_alone(example: Any, locale: str, query: str) -> None:
    assert example[0].answer(query, locale) is None


# Foreseen questions of articles that products answer as well, and with their own figures.
ASKED_OF_BOTH = {
    "Gibt es ein Lastenrad unter 5.000 Euro?",
    "Wie viel Kilo wiegt ein Transportrad?",
    "Wie viel leichter ist das City Light als das City 5?",
    "Welches City fährt am weitesten?",
    "Welche eurer Räder haben den Motor im Hinterrad?",
    "Gibt es Fahrräder für Leute über zwei Meter?",
    "Welches Rad trägt am meisten?",
    "Which of your bikes can carry the most?",
}


def test_titles_and_questions_of_articles_are_left_to_articles(example: Any) -> None:
    answers, library = example
    answered = {
        question
        for locale in ("de", "en")
        for article in library.documents(locale, Kind.ARTICLE)
        for question in (article.title, *article.questions)
        if answers.answer(question, locale) is not None
    }
    assert answered == ASKED_OF_BOTH


def test_every_fact_stands_in_the_section_it_names(example: Any) -> None:
    answers, library = example
    answer = answers.answer("Was kosten die Helme?", "de")
    assert len(answer.documents) == 3
    for fact in answer.facts:
        section = next(s for s in library.page(fact.document).sections if s.anchor == fact.anchor)
        assert section.heading == fact.heading == word("facts", "de")
        assert fact.text in {b.text for b in section.blocks if b.kind is BlockKind.FACT}


def test_long_lists_hold_the_best_and_tell_how_many_there_are(example: Any) -> None:
    answer = example[0].answer("which bikes carry 100 kg", "en")
    assert answer.form is ProductAnswerForm.LIST
    assert len(answer.documents) == MAX_PRODUCTS < answer.total == 13
    assert answer.facts[0].text == "Cargo 2 – Maximum total weight: 220 kg"


def test_long_lists_without_an_order_are_no_answer(example: Any) -> None:
    assert example[0].answer("which bikes have a chain", "en") is None


@pytest.mark.parametrize(
    ("query", "certainty"),
    [("Gewicht City 3", 1.0), ("Gewicht Cargo", 0.75), ("E-Bikes unter 20 kg", 0.83)],
)
def test_guesses_make_an_answer_less_certain(example: Any, query: str, certainty: float) -> None:
    assert example[0].answer(query, "de").certainty == pytest.approx(certainty, abs=0.01)


@pytest.mark.parametrize("query", ["Gewicht  City\u00ad 3", "GEWICHT CITY-3", "gewicht city3"])
def test_names_are_found_however_they_are_written(example: Any, query: str) -> None:
    assert said(example, query, "de") == ["City 3 – Gewicht: 23,4 kg"]


def test_a_site_without_product_types_answers_nothing(example: Any) -> None:
    _, library = example
    site = load_site(EXAMPLE)[0]
    bare = site.model_copy(update={"product_types": {}})
    assert ProductAnswers(library, bare).answer("Gewicht City 3", "de") is None


@pytest.mark.parametrize("locale", ["xx", "fr", ""])
def test_a_locale_without_products_has_no_answers(example: Any, locale: str) -> None:
    assert example[0].answer("Gewicht City 3", locale) is None


FRENCH_SITE = """
default_locale = "fr"
[locales.fr]
[product_types.bike]
title = { fr = "Vélos" }
attributes.weight = { type = "number", unit = "kg", label = { fr = "Poids" } }
attributes.belt = { type = "boolean", label = { fr = "Courroie" }, asked = { fr = ["à courroie"] } }
"""


@pytest.fixture
def french(write_article: WriteArticle, tmp_path: Path) -> Any:
    for name, weight in (("Paris 1", 20.5), ("Paris 2", 18)):
        attributes = {"weight": weight, "belt": name == "Paris 1"}
        write_article(
            f"bike/{name}", "Texte.", locale="fr", room="products",
            title=name, type="bike", attributes=attributes, price=1200.5,
        )  # fmt: skip
    content = tmp_path / "content"
    (content / SITE_FILE).write_text(FRENCH_SITE, encoding="utf-8")
    build_index(content, tmp_path / "index", None)
    yield from opened(tmp_path / "index", load_site(content)[0])


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ("le poids du Paris 1 ?", ["Paris 1 – Poids: 20,5 kg"]),
        ("prix paris 2", ["Paris 2 – Prix: 1 200,50 €"]),
        ("Paris 2 à courroie", ["Paris 2 – Courroie: Non"]),
        ("Paris 1 volé", []),
        ("vélos de plus de 19 kg", []),
    ],
)
def test_a_language_without_a_table_finds_attributes_of_named_products(
    french: Any, query: str, facts: list[str]
) -> None:
    assert said(french, query, "fr") == facts


@pytest.mark.parametrize(
    ("locale", "text", "value", "measures", "comparison"),
    [
        ("de", "unter 20 kg", 20_000, "mass", Comparison.LESS),
        ("de", "1.500 g", 1_500, "mass", None),
        ("de", "1,5 kg", 1_500, "mass", None),
        ("de", "1.5 kg", 1_500, "mass", None),
        ("en", "1,500 g", 1_500, "mass", None),
        ("en", "up to 2.5 lbs", 1_133.98, "mass", Comparison.UP_TO),
        ("de", "1,60 m", 1_600, "length", None),
        ("de", "1 m 60", 1_600, "length", None),
        ("de", "160 Zentimeter", 1_600, "length", None),
        ("en", "5 ft 3", 1_600.2, "length", None),
        ("de", "25 km h", 25, "speed", None),
        ("en", "at least 28 mph", 45.06, "speed", Comparison.AT_LEAST),
        ("de", "2000 euro oder weniger", 2_000, "EUR", Comparison.AT_MOST),
        ("en", "euro 2,000 max", 2_000, "EUR", Comparison.AT_MOST),
        ("de", "nicht mehr als zwei", 2, "", Comparison.AT_MOST),
        ("de", "mehr als 80 newtonmeter", 80, "torque", Comparison.MORE),
    ],
)
def test_quantities_are_read_as_the_language_writes_them(
    locale: str, text: str, value: float, measures: str, comparison: Comparison | None
) -> None:
    words = text.lower().replace("ö", "oe").split()
    found = Quantities(language(locale), locale).at(words, 0)
    assert found is not None
    _, quantity, end = found
    assert end == len(words)
    assert quantity.value == pytest.approx(value, rel=1e-4)
    assert (quantity.measures, quantity.comparison) == (measures, comparison)


ABOUT = {
    ("Hat das Trek 7 eine Federgabel?", "de"): ("trek-7", "ebike", ()),
    ("Was wiegt das City 3 mit Korb?", "de"): ("city-3", "ebike", ("weight",)),
    ("Passt der Akku RB-500 ins City 3?", "de"): ("rb-500", "battery", ()),
    ("Lackiert ihr mein Fahrrad in Pink?", "de"): ("", "ebike", ()),  # `in` is no inch
    ("Wie viel Volt?", "de"): ("", "battery", ("voltage",)),
    ("Does the Sprint 45 have lights?", "en"): ("sprint-45", "ebike", ()),
    ("Is my bike insured?", "en"): ("", "ebike", ()),
}


@pytest.mark.parametrize(("question", "locale"), ABOUT)
def test_whom_a_question_is_about_is_known_though_nothing_answers_it(
    example: Any, question: str, locale: str
) -> None:
    answers, library = example
    found = answers.question(question, locale)
    product, type_name, keys = ABOUT[question, locale]
    named = "" if found.product is None else library.document(found.product).id
    assert (named, found.type) == (product, type_name)
    assert found.attributes == {(type_name, key) for key in keys}


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Hat das TREK-7 eine Federgabel?", "Hat das eine Federgabel?"),
        ("trek7 federgabel", "federgabel"),
        ("Passt der Akku RB-500 ins City 3?", "Passt der ins City 3?"),
        ("Passt der rb 500 ins Rad?", "Passt der ins Rad?"),
        ("Trek 7", "Trek 7"),
        ("Wie schwer ist ein Rad?", "Wie schwer ist ein Rad?"),
    ],
)
def test_what_is_asked_of_a_product_is_told_without_its_name(
    example: Any, question: str, rest: str
) -> None:
    assert example[0].question(question, "de").rest == rest


def test_words_that_several_types_are_asked_with_name_none_of_them(example: Any) -> None:
    found = example[0].question("Wie schwer?", "de")
    assert (found.product, found.type) == (None, "")
    assert {("ebike", "weight"), ("battery", "weight")} <= found.attributes


@pytest.mark.parametrize(
    ("question", "locale"),
    [
        ("Wie lange dauert die Erstattung?", "de"),
        ("Wo ist meine Rechnung?", "de"),
        ("how long does delivery take?", "en"),
        ("Wie schwer?", "fr"),
        ("", "de"),
        ("rad " * 40, "de"),
    ],
)
def test_questions_about_no_product_are_left_alone(
    example: Any, question: str, locale: str
) -> None:
    assert example[0].question(question, locale) is None


def test_facts_of_every_product_have_words_of_their_own_in_both_languages() -> None:
    for key, schema in BUILT_IN.items():
        assert schema.asked.keys() == {"de", "en"}, key


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ('type = "number", asked = { de = "schwer" }', "valid list"),
        ('type = "number", asked = { de = ["…"] }', "should match pattern"),
        ('type = "number", asked = { German = ["schwer"] }', "should match pattern"),
        ('type = "text", asked_most = { de = ["meiste"] }', "belong to the type number"),
        ('type = "boolean", bound = "max"', "belong to the type number"),
        ('type = "number", bound = "upper"', "'max' or 'min'"),
        ('type = "number", asked_with = "none"', "must name another attribute"),
        ('type = "number", asked_with = "a"', "must name another attribute"),
        ('type = "choice", choices = { x = {} }, asked_choices = { y = {} }', "no `choices`: y"),
    ],
)
def test_wrong_words_in_the_site_are_told(tmp_path: Path, attribute: str, sentence: str) -> None:
    text = f"[product_types.bike]\nattributes.a = {{ {attribute} }}\n"
    (tmp_path / SITE_FILE).write_text(text, encoding="utf-8")
    _, problems = load_site(tmp_path)
    assert [problem.code for problem in problems] == ["site-invalid"]
    assert sentence in problems[0].message
