"""The vector index: sketches against full comparison, restricted searches, damaged files."""

from pathlib import Path

import numpy as np
import pytest

from kb.errors import DamagedIndex
from search import dense
from search.dense import (
    SKETCHED_FROM,
    SKETCHES_FILE,
    VECTORS_FILE,
    DenseIndex,
    FloatArray,
    IntArray,
    build_dense_index,
)

SIZES = [500, SKETCHED_FROM - 1, SKETCHED_FROM]


def unit_vectors(count: int) -> FloatArray:
    """Clustered, as texts are: many vectors that are nearly alike."""
    random = np.random.default_rng(7)
    topics = random.normal(size=(40, 32))
    found = topics[random.integers(40, size=count)] + 0.4 * random.normal(size=(count, 32))
    unit: FloatArray = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


def exact(vectors: FloatArray, query: FloatArray, limit: int) -> set[int]:
    return set(np.argsort(-(vectors @ query))[:limit].tolist())


@pytest.mark.parametrize("size", SIZES)
def test_the_ten_nearest_are_always_found(tmp_path: Path, size: int) -> None:
    vectors = unit_vectors(size)
    build_dense_index(tmp_path, vectors)
    index = DenseIndex(tmp_path)
    for number in range(0, size, size // 50):
        found = index.near(vectors[number], 300)
        assert len(found) == len(set(found.tolist())) == 300
        assert exact(vectors, vectors[number], 10) <= set(found.tolist())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("read_all", [0, dense.READ_ALL])
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_a_restricted_search_finds_the_nearest_within_its_bounds(
    tmp_path: Path, size: int, read_all: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "READ_ALL", read_all)
    vectors = unit_vectors(size)
    build_dense_index(tmp_path, vectors)
    allowed = np.random.default_rng(3).random(size) < share
    found = DenseIndex(tmp_path).near(vectors[3], 40, allowed)
    assert len(found) == min(40, allowed.sum())
    assert allowed[found].all()
    within: IntArray = np.flatnonzero(allowed)
    assert {int(within[n]) for n in exact(vectors[within], vectors[3], 5)} <= set(found.tolist())


def test_cosines_of_named_vectors_come_in_their_order(tmp_path: Path) -> None:
    vectors = unit_vectors(100)
    build_dense_index(tmp_path, vectors)
    numbers = np.array([9, 3, 42])
    assert DenseIndex(tmp_path).cosines(vectors[3], numbers) == pytest.approx(
        vectors[numbers] @ vectors[3], abs=1e-6
    )


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    build_dense_index(tmp_path, np.empty((0, 32), np.float32))
    index = DenseIndex(tmp_path)
    assert not len(index.near(np.ones(32, np.float32), 5))
    assert not len(index.cosines(np.ones(32, np.float32), np.empty(0, np.int64)))


@pytest.mark.parametrize("name", [VECTORS_FILE, SKETCHES_FILE])
def test_a_file_that_is_no_index_is_refused(tmp_path: Path, name: str) -> None:
    build_dense_index(tmp_path, unit_vectors(SKETCHED_FROM))
    (tmp_path / name).write_bytes(b"no index")
    with pytest.raises(DamagedIndex, match="vector index"):
        DenseIndex(tmp_path)


def test_sketches_of_other_vectors_are_refused(tmp_path: Path) -> None:
    build_dense_index(tmp_path, unit_vectors(SKETCHED_FROM))
    np.save(tmp_path / VECTORS_FILE, unit_vectors(SKETCHED_FROM + 1))
    with pytest.raises(DamagedIndex, match="fit together"):
        DenseIndex(tmp_path)
