"""Du and Sie within one German article. Blocks that are written for one of them are left out."""

import re
from collections.abc import Iterator, Sequence

from indexer.tone.marks import Mark
from indexer.tone.prose import Block
from kb.variants import ADDRESSES

_DU = re.compile(r"(?<![\w-])(?:[Dd]u|[Dd]ich|[Dd]ir|[Dd]ein(?:e[nmrs]?)?)(?![\w-])")
# Capital letters within a sentence; at its beginning they could mean “she”, “they” or “her”.
_SIE = re.compile(r"(?<=[a-zäöüß,] )(?:Sie|Ihnen|Ihr(?:e[nmrs]?)?)(?![\w-])")


def mixed_address(blocks: Sequence[Block]) -> Iterator[Mark]:
    """The first word of the form that is used less, in an article that uses both."""
    for_all = [block for block in blocks if not block.boxes & set(ADDRESSES)]
    uses = [
        [(block, match) for block in for_all for match in form.finditer(block.text)]
        for form in (_DU, _SIE)
    ]
    if not all(uses):
        return
    rare, usual = sorted(uses, key=len)
    block, match = rare[0]
    other, example = usual[0]
    line, _ = other.place(example.start())
    message = (
        f"“{match[0]}” here and “{example[0]}” in line {line} address the reader in two ways; "
        "keep to one, or write `::: du` and `::: sie` blocks."
    )
    yield Mark(block, match.start(), "mixed-address", message, of_article=True)
