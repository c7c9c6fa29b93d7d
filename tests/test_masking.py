"""Personal data in what visitors type is not written down."""

import pytest

from kb.masking import masked


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Schreibt an anna.b+x@mail.example bitte", "Schreibt an [e-mail] bitte"),
        ("IBAN DE89 3704 0044 0532 0130 00 ist falsch", "IBAN [iban] ist falsch"),
        ("de89370400440532013000", "[iban]"),
        ("Ruf +49 40 66969-120 an", "Ruf [phone] an"),
        ("0171/2345678", "[phone]"),
        ("Bestellung BK-2048151 fehlt", "Bestellung [number] fehlt"),
        ("Karte 4111 1111 1111 1111", "Karte [number]"),
        ("a@b.example und c@d.example", "[e-mail] und [e-mail]"),
    ],
)
def test_personal_data_is_masked(typed: str, written: str) -> None:
    assert masked(typed) == written


@pytest.mark.parametrize(
    "typed",
    [
        "Passt der RB-500 ins Trek 7?",
        "Reichweite 110 km, 24,9 kg, 2.799 €",
        "Am 22.11.2026 um 18:30 Uhr",
        "DIN EN 15194 und 12345",
        "Seriennummer RB5-2509",
    ],
)
def test_what_a_question_is_about_stays(typed: str) -> None:
    assert masked(typed) == typed


def test_hostile_lengths_are_quick() -> None:
    for letter in ("1", "a", "@", "+1 ", "DE", "a@"):
        assert masked(letter * 20_000) is not None
