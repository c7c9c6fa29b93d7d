"""What the lint found, before it is known whether the site or the editor accepts it."""

from dataclasses import dataclass

from indexer.tone.prose import Acceptance, Block


@dataclass(frozen=True, slots=True)
class Mark:
    block: Block
    start: int  # offset in the block's text
    code: str
    message: str
    of_article: bool = False  # said of the whole, so any comment in the file accepts it

    def is_accepted_by(self, acceptance: Acceptance) -> bool:
        """Whether a comment with its code stands within the block, or alone right above."""
        first, last = self.block.places[0][0], self.block.places[-1][0]
        is_near = acceptance.line <= last and first <= acceptance.last
        return self.code in acceptance.codes and (self.of_article or is_near)
