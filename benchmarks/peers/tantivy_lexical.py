"""Tantivy: words alone, with a German analyser."""

import re
from collections.abc import Sequence
from pathlib import Path

import tantivy

from peers.engine import Engine, one_thread
from peers.prepared import FloatArray, Prepared
from search.encoder import Encoder

_ANALYSER = "german"


class Tantivy(Engine):
    packages = ("tantivy",)
    dense = False
    note = "lowercase, German stop words and stemmer; BM25; words alone"

    def build(self, folder: Path, data: Prepared) -> None:
        index = _index(folder)
        writer = index.writer(num_threads=1 if one_thread() else 0)
        for number, text in enumerate(data.texts):
            writer.add_document(tantivy.Document(id=number, text=text))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._index = _index(folder)
        self._searcher = self._index.searcher()

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        words = " ".join(re.findall(r"\w+", text.lower()))
        query, _ = self._index.parse_query_lenient(words, ["text"])
        found = self._searcher.search(query, limit).hits
        return [self._searcher.doc(address)["id"][0] for _, address in found]


def _index(folder: Path) -> tantivy.Index:
    schema = tantivy.SchemaBuilder()
    schema.add_integer_field("id", stored=True)
    schema.add_text_field("text", tokenizer_name=_ANALYSER, index_option="freq")
    path = folder / "tantivy"
    path.mkdir(exist_ok=True)
    index = tantivy.Index(schema.build(), path=str(path))
    analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(40),
        tantivy.Filter.lowercase(),
        tantivy.Filter.stopword(_ANALYSER),
        tantivy.Filter.stemmer(_ANALYSER),
    ):
        analyser = analyser.filter(step)
    index.register_tokenizer(_ANALYSER, analyser.build())
    return index
