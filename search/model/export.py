"""Turns a loaded SentenceTransformer into one ONNX graph: token ids in, vectors out.

Beside the text's unit vector the graph gives the states of its tokens, less what all texts share.
The whole module chain is exported, pooling and normalisation included, so serving needs to know
nothing about the model. The graph takes texts of equal length (no padding, no mask): serving
encodes one at a time.
"""

from collections.abc import Set
from pathlib import Path
from typing import Any

from kb.errors import ModelError
from search.encoder import FloatArray
from search.model.store import EMBEDDINGS, GRAPH

_OPSET = 17
_ROWS_PER_STEP = 1 << 14  # keeps the temporaries of quantising a vocabulary small
_EXAMPLE = ((0, 5, 6, 7, 2), (0, 8, 9, 10, 2))  # token ids; both dimensions are dynamic
_OUTLIER_BLOCK = 128  # inputs per scale; 32 is no more exact and slower


def export(model: Any, outliers: Set[str], centre: FloatArray, folder: Path) -> None:
    """Write the int8 graph and its memory-mapped embedding rows into `folder`.

    `outliers` names the matrices that need a scale per block of inputs, `centre` is what is
    subtracted from the token states (see `probes`).
    Changes `model`: its vocabulary embedding is int8 afterwards.
    Raises ModelError when the model is of a kind that cannot be exported.
    """
    traced = folder / "float.onnx"
    try:
        _trace(_chain(model, centre), traced)
        _quantise(traced, outliers, folder / GRAPH)
    except ImportError:
        raise  # says which package is missing; the caller names the way out
    except Exception as error:  # tracers fail with anything
        raise ModelError(f"The model cannot be exported to ONNX: {error}") from error
    traced.unlink()


def _chain(model: Any, centre: FloatArray) -> Any:
    """The model as one torch module: (batch, tokens) int64 -> (batch, dimensions) float32 of unit
    length, and (batch, tokens, hidden) float32."""
    import torch

    class Chain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.centre: torch.Tensor
            first, *rest = list(model)
            self.transformer = first.auto_model
            self.rest = torch.nn.ModuleList(rest)
            self.register_buffer("centre", torch.from_numpy(centre))

        def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            mask = torch.ones_like(input_ids)
            output = self.transformer(input_ids=input_ids, attention_mask=mask)
            features: dict[str, Any] = {
                "input_ids": input_ids,
                "attention_mask": mask,
                "token_embeddings": output.last_hidden_state,
            }
            for module in self.rest:
                features = module(features)
            text = torch.nn.functional.normalize(features["sentence_embedding"], dim=1)
            return text, output.last_hidden_state - self.centre

    transformer = model[0].auto_model
    transformer.set_input_embeddings(_int8_rows(transformer.get_input_embeddings()))
    return Chain().eval()


def _int8_rows(embedding: Any) -> Any:
    """The vocabulary embedding with int8 rows and one scale per row.

    Done before tracing: 250,037 x 384 float32 numbers are 384 MB that need never be written.
    """
    import torch

    class Int8Embedding(torch.nn.Module):
        rows: torch.Tensor
        scales: torch.Tensor

        def __init__(self, rows: torch.Tensor, scales: torch.Tensor) -> None:
            super().__init__()
            self.register_buffer("rows", rows)
            self.register_buffer("scales", scales)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.rows[ids].float() * self.scales[ids]

    weight = embedding.weight.detach()
    rows = torch.empty(weight.shape, dtype=torch.int8)
    scales = torch.empty(len(weight), 1)
    for start in range(0, len(weight), _ROWS_PER_STEP):
        step = slice(start, start + _ROWS_PER_STEP)
        scales[step] = weight[step].abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        rows[step] = torch.round(weight[step] / scales[step]).to(torch.int8)
    return Int8Embedding(rows, scales)


def _trace(chain: Any, target: Path) -> None:
    """The tracing exporter: 2 s, where the newer one takes 8 s for the same graph."""
    import torch

    with torch.inference_mode():
        torch.onnx.export(
            chain,
            (torch.tensor(_EXAMPLE),),
            str(target),
            dynamo=False,
            opset_version=_OPSET,
            input_names=["input_ids"],
            output_names=["sentence_embedding", "token_states"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "sentence_embedding": {0: "batch"},
                "token_states": {0: "batch", 1: "tokens"},
            },
        )


def _quantise(traced: Path, outliers: Set[str], target: Path) -> None:
    """int8 weights per output channel, 7 bits of them used; inputs scaled as a whole, at run time.

    With 8 bits, processors without VNNI saturate their 16-bit sums: cosine .9981 instead of
    .9990, and other vectors than elsewhere. With 7 bits sums are exact everywhere (.9988).
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    names = [node.name for node in onnx.load(traced).graph.node if node.op_type == "MatMul"]
    quantize_dynamic(
        traced,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gemm"],
        nodes_to_exclude=[name for name in names if _module_of(name) in outliers],
        # Attention's products of two activations stay float: they lose most and cost little.
        extra_options={"MatMulConstBOnly": True},
    )
    # What is left with constant weights are the outliers.
    quantizer = MatMulNBitsQuantizer(
        onnx.load(target),
        bits=8,
        block_size=_OUTLIER_BLOCK,
        is_symmetric=True,
        accuracy_level=4,  # int8 inputs, too
    )
    quantizer.process()
    _write_mapped(quantizer.model.model, target)


def _module_of(node: str) -> str:
    """`/transformer/encoder/layer.4/output/dense/MatMul` -> `encoder.layer.4.output.dense`."""
    return node.removeprefix("/transformer/").removesuffix("/MatMul").replace("/", ".")


def _write_mapped(model: Any, target: Path) -> None:
    """Write the graph; its largest tensor goes into a file that onnxruntime maps, not copies.

    Processes then share its pages, and only rows that are used are read at all.
    """
    from onnx.external_data_helper import set_external_data

    tensor = max(model.graph.initializer, key=lambda candidate: len(candidate.raw_data))
    (target.parent / EMBEDDINGS).write_bytes(tensor.raw_data)
    set_external_data(tensor, EMBEDDINGS, 0, len(tensor.raw_data))
    tensor.ClearField("raw_data")
    target.write_bytes(model.SerializeToString())
