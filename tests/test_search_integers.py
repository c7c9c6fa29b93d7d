"""Products of small integers are exact, and computed by the graph that a test can rebuild."""

import os

import numpy as np
import pytest

from search.integers import GRAPH, products


@pytest.mark.parametrize(("rows", "inner", "columns"), [(1, 1, 1), (7, 96, 3), (1000, 385, 40)])
def test_products_are_exact(rows: int, inner: int, columns: int) -> None:
    random = np.random.default_rng(1)
    left = random.integers(0, 4, (rows, inner), np.uint8)
    right = random.integers(-127, 128, (inner, columns), np.int8)
    found = products(left, right)
    assert found.dtype == np.int32
    assert np.array_equal(found, left.astype(np.int64) @ right.astype(np.int64))


def test_nothing_times_something_is_nothing() -> None:
    assert products(np.zeros((0, 8), np.uint8), np.ones((8, 3), np.int8)).shape == (0, 3)
    assert products(np.zeros((4, 8), np.uint8), np.ones((8, 0), np.int8)).shape == (4, 0)


def test_products_are_right_in_a_process_forked_later() -> None:
    products(np.ones((2, 2), np.uint8), np.ones((2, 2), np.int8))
    child = os.fork()
    if child == 0:
        found = products(np.ones((2, 2), np.uint8), np.ones((2, 2), np.int8))
        os._exit(0 if found.tolist() == [[2, 2], [2, 2]] else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_the_graph_is_what_the_library_for_graphs_writes() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx comes with the model extra")
    helper, types = onnx.helper, onnx.TensorProto

    def value(name: str, kind: int, shape: str) -> object:
        return helper.make_tensor_value_info(name, kind, list(shape))

    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["rows", "columns"], ["products"])],
        "products",
        [value("rows", types.UINT8, "mk"), value("columns", types.INT8, "kn")],
        [value("products", types.INT32, "mn")],
    )
    opset = [helper.make_opsetid("", 10)]
    written = helper.make_model(graph, opset_imports=opset, ir_version=8)
    assert written.SerializeToString() == GRAPH
