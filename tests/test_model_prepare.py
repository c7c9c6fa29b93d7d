"""Any sentence-transformers model can be prepared: tiny random ones stand for their families."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.errors import ModelError
from search.encoder import FloatArray, OnnxEncoder, find_model
from search.model import source as source_module
from search.model.prepare import prepare
from search.model.quiet import quiet
from search.model.source import describe, usage_of

pytest.importorskip("transformers", reason="needs the extra lotse-kb[model]")
pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

TEXTS = ["wo ist meine rechnung", "reset my password please", "lieferzeit", "a b c d e f g h i j k"]
LETTERS = "abcdefghijklmnopqrstuvwxyzäöüß"


def write_tokenizer(folder: Path) -> int:
    """A tokenizer of single letters; returns the size of its vocabulary."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["<s>", "<pad>", "</s>", "<unk>", *LETTERS]
    tokenizer: Any = Tokenizer(
        models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "pad": "<pad>"}
    config = {f"{name}_token": token for name, token in names.items()} | {
        "unk_token": "<unk>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 64,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return len(words)


def make_model(
    folder: Path,
    family: str = "Bert",
    pooling: str | tuple[str, ...] = "mean",
    dense: bool = False,
    normalize: bool = True,
    prompts: dict[str, str] | None = None,
    **pooling_options: Any,
) -> Path:
    """Write a tiny random SentenceTransformer of a transformers family."""
    with quiet():
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Dense, Transformer
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        raw = folder.with_name(f"{folder.name}-raw")
        raw.mkdir(parents=True)
        vocabulary = write_tokenizer(raw)
        torch.manual_seed(7)
        config = getattr(transformers, f"{family}Config")(
            vocab_size=vocabulary,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=80,
            pad_token_id=1,
        )
        getattr(transformers, f"{family}Model")(config).save_pretrained(raw)
        transformer = Transformer(str(raw))
        modules: list[Any] = [transformer, Pooling(32, pooling, **pooling_options)]
        if dense:
            modules.append(Dense(32, 16))
        if normalize:
            modules.append(Normalize())
        model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
        model.save(str(folder), create_model_card=False)
    return folder


def original_vectors(folder: Path, texts: Sequence[str]) -> FloatArray:
    with quiet():
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        vectors: FloatArray = np.stack(
            [model.encode(text, prompt="", normalize_embeddings=True) for text in texts]
        )
    return vectors


def prepared(source: Path, models: Path) -> OnnxEncoder:
    return OnnxEncoder.open(prepare(str(source), models, lambda _: None))


@pytest.mark.parametrize(
    "options",
    [
        {"family": "Bert", "pooling": "cls"},
        {"family": "Bert", "pooling": "max", "normalize": False},
        {"family": "XLMRoberta", "pooling": "mean"},
        {"family": "MPNet", "pooling": "mean", "dense": True},
        {"family": "XLMRoberta", "pooling": ("mean", "max")},
    ],
    ids=lambda options: f"{options['family']}-{options['pooling']}",
)
def test_a_prepared_model_agrees_with_the_original(tmp_path: Path, options: Any) -> None:
    folder = make_model(tmp_path / "model", **options)
    encoder = prepared(folder, tmp_path / "models")
    encoded = [encoder.encode_query(text) for text in TEXTS]
    found = np.stack([text.vector for text in encoded])
    expected = original_vectors(folder, TEXTS)
    assert encoder.dimensions == expected.shape[1]
    assert (found * expected).sum(axis=1).min() > 0.98
    words = {(len(text.split()), encoder.hidden) for text in TEXTS}
    assert {text.words.shape for text in encoded} == words


def test_prompts_come_from_the_models_own_configuration(tmp_path: Path) -> None:
    prompts = {"query": "frage ", "document": "text "}
    folder = make_model(tmp_path / "model", prompts=prompts)
    encoder = prepared(folder, tmp_path / "models")
    assert (encoder.facts.query_prompt, encoder.facts.passage_prompt) == ("frage ", "text ")
    expected = original_vectors(folder, ["frage lieferzeit", "text lieferzeit"])
    ((_, (passage,)),) = encoder.encode_passages(["lieferzeit"])
    assert encoder.encode_query("lieferzeit").vector @ expected[0] > 0.98
    assert passage.vector @ expected[1] > 0.98


def test_an_e5_folder_without_prompts_gets_those_of_the_family(tmp_path: Path) -> None:
    encoder = prepared(make_model(tmp_path / "my-E5-large"), tmp_path / "models")
    assert encoder.facts.query_prompt == "query: "
    assert encoder.facts.passage_prompt == "passage: "


def test_the_same_folder_is_prepared_once_and_a_changed_one_anew(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    said: list[str] = []
    first = prepare(str(folder), tmp_path / "models", said.append)
    said.clear()
    assert prepare(str(folder), tmp_path / "models", said.append) == first
    assert said == ["model is prepared already."]
    (folder / "note.txt").write_text("another revision")
    second = prepare(str(folder), tmp_path / "models", said.append)
    assert second != first
    assert find_model(tmp_path / "models") == second
    assert first.is_dir()  # an index made with it may still be served
    one, other = OnnxEncoder.open(first), OnnxEncoder.open(second)
    assert one.fingerprint == other.fingerprint  # same weights, same vectors


def test_a_damaged_prepared_model_is_made_again(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    models = tmp_path / "models"
    made = prepare(str(folder), models, lambda _: None)
    (made / "model.onnx").write_bytes(b"damaged")
    said: list[str] = []
    assert prepare(str(folder), models, said.append) == made
    assert "damaged" in said[0]
    OnnxEncoder.open(made).encode_query("rechnung")


def test_what_a_killed_build_left_is_cleared(tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / ".half-made.new").mkdir(parents=True)
    prepare(str(make_model(tmp_path / "model")), models, lambda _: None)
    assert sorted(path.name for path in models.iterdir() if path.is_dir()) == [
        find_model(models).name
    ]


def test_a_failed_build_leaves_nothing_and_keeps_the_model_in_use(tmp_path: Path) -> None:
    models = tmp_path / "models"
    in_use = prepare(str(make_model(tmp_path / "good")), models, lambda _: None)
    unusable = make_model(tmp_path / "bad", include_prompt=False)
    with pytest.raises(ModelError, match="leave the prompt out"):
        prepare(str(unusable), models, lambda _: None)
    assert find_model(models) == in_use
    assert [path for path in models.iterdir() if path.is_dir()] == [in_use]


def test_an_empty_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        prepare(str(tmp_path / "empty"), tmp_path / "models", lambda _: None)
    assert "\n" not in str(caught.value)


def test_a_folder_that_does_not_exist_is_no_hub_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        prepare(str(tmp_path / "nowhere"), tmp_path / "models", lambda _: None)


def test_an_unreachable_hub_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "_hub_answers", lambda name: False)
    with pytest.raises(ModelError, match="give the path of a downloaded folder") as caught:
        prepare("someone/some-model", tmp_path / "models", lambda _: None)
    assert "\n" not in str(caught.value)


def test_a_model_that_disagrees_with_its_export_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.model.prepare.MIN_COSINE", 1.01)
    with pytest.raises(ModelError, match="disagrees with the original"):
        prepare(str(make_model(tmp_path / "model")), tmp_path / "models", lambda _: None)


def test_matrices_with_outliers_get_a_scale_per_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every matrix counts as an outlier here: none may be missed by its name in the graph."""
    import onnx

    monkeypatch.setattr("search.model.probes.MAX_INT8_LOSS", 0.0)
    folder = prepare(str(make_model(tmp_path / "m")), tmp_path / "models", lambda _: None)
    graph = onnx.load(folder / "model.onnx", load_external_data=False).graph
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulNBits") == 2 * 6
    assert "MatMulInteger" not in kinds


def test_pooling_and_sizes_are_read_from_the_model(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model", pooling=("mean", "max"))
    with quiet():
        from sentence_transformers import SentenceTransformer

        usage = usage_of(SentenceTransformer(str(folder), device="cpu"), describe(str(folder)))
    assert (usage.pooling, usage.dimensions, usage.max_tokens) == ("mean+max", 64, 64)
