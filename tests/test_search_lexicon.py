"""Words on disk: found by themselves, by number and by prefix."""

from pathlib import Path

import pytest

from search.lexicon import Lexicon, write_lexicon

WORDS = sorted(["", "a", "akku", "akkus", "rad", "räder", "日本", "zz"], key=str.encode)


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    write_lexicon(tmp_path, "words", WORDS)
    return Lexicon(tmp_path, "words")


def test_every_word_is_found_at_its_place(lexicon: Lexicon) -> None:
    assert [lexicon.find(word) for word in WORDS] == list(range(len(WORDS)))
    assert [lexicon[number] for number in range(len(lexicon))] == WORDS


@pytest.mark.parametrize("word", ["akk", "akkusx", "b", "ä"])
def test_other_words_are_not_found(lexicon: Lexicon, word: str) -> None:
    assert lexicon.find(word) is None


def test_words_are_found_by_their_start(lexicon: Lexicon) -> None:
    starting = [WORDS[number] for number in lexicon.starting_with("ak")]
    assert starting == ["akku", "akkus"]
    assert not lexicon.starting_with("q")


def test_an_empty_list_finds_nothing(tmp_path: Path) -> None:
    write_lexicon(tmp_path, "words", [])
    assert Lexicon(tmp_path, "words").find("akku") is None


def test_a_damaged_file_is_a_value_error(tmp_path: Path) -> None:
    write_lexicon(tmp_path, "words", WORDS)
    (tmp_path / "words.trie").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="words"):
        Lexicon(tmp_path, "words")
