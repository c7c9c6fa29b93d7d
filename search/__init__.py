"""Questions in, ranked hits and answers out.

The only room that knows FAISS, Whoosh, onnxruntime and sentence-transformers. At request time it
reads one published generation and writes nothing; the builders of its files stand beside their
readers and are called by `indexer` alone.
"""

import os

# The official builds of onnxruntime report usage to their vendor from the moment of import: they
# look up a host and start a thread that uploads. No third-party request is made by this product,
# so it is switched off here, before anything in this room can import it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
