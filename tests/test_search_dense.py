"""The vector index: exact below the switch-over, restricted searches, damaged files."""

from pathlib import Path

import numpy as np
import pytest

from kb.errors import DamagedIndex
from search.dense import VECTORS_FILE, DenseIndex, FloatArray, build_dense_index


@pytest.fixture
def vectors() -> FloatArray:
    found = np.random.default_rng(7).normal(size=(500, 32)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("exact_up_to", [1000, 10])
def test_the_nearest_are_those_of_a_full_comparison(
    tmp_path: Path, vectors: FloatArray, exact_up_to: int
) -> None:
    build_dense_index(tmp_path, vectors, exact_up_to)
    found, cosines = DenseIndex(tmp_path).nearest(vectors[3], 10)
    everything = vectors @ vectors[3]
    assert set(found) == set(np.argsort(-everything)[:10])
    assert cosines == pytest.approx(everything[found], abs=1e-5)


@pytest.mark.parametrize("exact_up_to", [1000, 10])
def test_a_restricted_search_stays_within_its_bounds(
    tmp_path: Path, vectors: FloatArray, exact_up_to: int
) -> None:
    build_dense_index(tmp_path, vectors, exact_up_to)
    allowed = np.zeros(len(vectors), np.bool_)
    allowed[100:140] = True
    found, _ = DenseIndex(tmp_path).nearest(vectors[3], 10, allowed)
    assert len(found) == 10
    assert all(allowed[found])


def test_cosines_of_named_vectors_come_in_their_order(tmp_path: Path, vectors: FloatArray) -> None:
    build_dense_index(tmp_path, vectors)
    numbers = np.array([9, 3, 42])
    assert DenseIndex(tmp_path).cosines(vectors[3], numbers) == pytest.approx(
        vectors[numbers] @ vectors[3], abs=1e-6
    )


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    build_dense_index(tmp_path, np.empty((0, 32), np.float32))
    found, cosines = DenseIndex(tmp_path).nearest(np.ones(32, np.float32), 5)
    assert not len(found)
    assert not len(cosines)


def test_a_file_that_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / VECTORS_FILE).write_bytes(b"no index")
    with pytest.raises(DamagedIndex, match="vector index"):
        DenseIndex(tmp_path)
