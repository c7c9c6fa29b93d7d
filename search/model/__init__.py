"""Where an encoder comes from: weights found, exported once, kept below `data/models`.

Runs when a model is prepared or changed, never while questions are answered: this is the only
room that may import torch, transformers and sentence-transformers, and it does so inside
functions. What serving needs from here is the prepared folder, read by `search.encoder`.
"""
