"""Sample texts, and what they show about a loaded model."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from search.encoder import FloatArray

PROBES = (
    "Wie setze ich mein Passwort zurück?",
    "Wo finde ich meine Rechnung?",
    "Kann ich den Vertrag vorzeitig kündigen, wenn ich umziehe?",
    "Lieferzeit",
    "Das Gerät lässt sich nicht einschalten, obwohl der Akku geladen ist. Halten Sie die "
    "Einschalttaste zehn Sekunden lang gedrückt und verbinden Sie es danach mit dem Netzteil.",
    "Rückgabe: Sie können Artikel innerhalb von 30 Tagen ohne Angabe von Gründen zurücksenden.",
    "AB-1200/X",
    "Ändern Sie die Lieferadresse vor dem Versand unter „Meine Bestellungen“.",
    "Zahlungsarten: Rechnung, Lastschrift, Kreditkarte und Vorkasse.",
    "Unsere Filialen sind von Montag bis Samstag zwischen 9 und 20 Uhr geöffnet.",
    "How do I reset my password?",
    "Where can I see my invoices?",
    "shipping",
    "To cancel your subscription, open the account settings and choose a date.",
    "The warranty covers manufacturing defects for two years from the date of purchase. It does "
    "not cover wear, accidents, or damage caused by unsuitable accessories.",
    "Refunds reach your account within five working days.",
    "Is the adapter compatible with the older model?",
    "Contact our service team by phone or e-mail.",
    "You can change the language at the bottom of every page.",
    "Why was my order cancelled without notice?",
)

# Above it, one scale for a whole input loses too much. In the default model seven of twelve
# feed-forward outputs lie between .08 and .44, every other matrix below .06.
MAX_INT8_LOSS = 0.08


@dataclass(frozen=True)
class Observed:
    """What a SentenceTransformer makes of the probes."""

    vectors: FloatArray  # (len(PROBES), dimensions) of unit length
    centre: FloatArray  # (hidden,), mean of all token states: what every text has in common
    # Names, within the transformer, of the matrices whose inputs have outliers: int8 with one scale
    # per input would lose more than MAX_INT8_LOSS, as mean over tokens of |error| / |output|.
    outliers: frozenset[str]


def observe(model: Any, prompt: str) -> Observed:
    """Encode the probes one at a time, as serving does."""
    import torch

    losses: dict[str, list[float]] = {}

    def watch(name: str) -> Any:
        def note(module: Any, inputs: Any, _: Any) -> None:
            losses.setdefault(name, []).append(_int8_loss(inputs[0], module.weight))

        return note

    hooks = [
        module.register_forward_hook(watch(name))
        for name, module in model[0].auto_model.named_modules()
        if isinstance(module, torch.nn.Linear)
    ]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # short texts gain nothing from more, and lose where cores are busy
    try:
        # One at a time: padding and neighbours do not exist when serving.
        texts = [prompt + text for text in PROBES]
        vectors = [model.encode(text, prompt="", normalize_embeddings=True) for text in texts]
        states = [
            model.encode(text, prompt="", output_value="token_embeddings").float().cpu().numpy()
            for text in texts
        ]
    finally:
        torch.set_num_threads(threads)
        for hook in hooks:
            hook.remove()
    outliers = (name for name, seen in losses.items() if float(np.mean(seen)) > MAX_INT8_LOSS)
    centre = np.concatenate(states).mean(axis=0)
    return Observed(np.stack(vectors), centre, frozenset(outliers))


def _int8_loss(inputs: Any, weight: Any) -> float:
    """Relative error of `inputs @ weight.T` when the inputs share one scale of 255 steps."""
    import torch

    low, high = inputs.min().clamp(max=0), inputs.max().clamp(min=0)
    step = ((high - low) / 255).clamp(min=1e-12)
    error = torch.round(inputs / step) * step - inputs
    lost = torch.nn.functional.linear(error, weight).norm(dim=-1)
    whole = torch.nn.functional.linear(inputs, weight).norm(dim=-1)
    return float((lost / whole.clamp(min=1e-12)).mean())
