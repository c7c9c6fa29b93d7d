"""Questions in, ranked hits and answers out.

The only room that knows FAISS, Whoosh, onnxruntime and sentence-transformers. At request time it
reads one published generation and writes nothing; the builders of its files stand beside their
readers and are called by `indexer` alone.
"""
