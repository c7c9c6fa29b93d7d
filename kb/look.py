"""What pages need to look like their site: the published half of `kb.brand`."""

from dataclasses import dataclass, field

from kb.palettes import PALETTES


@dataclass(frozen=True, slots=True)
class Picture:
    address: str  # below the site's root
    width: int = 0  # pixels; 0: not known
    height: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    stylesheet: str = ""  # address of the site's own style sheet; "" without one
    logo: Picture | None = None
    logo_dark: Picture | None = None  # None: the same on dark screens
    favicon: str = ""  # address; "": the shipped one
    grounds: dict[str, str] = field(  # background of pages on light and dark screens
        default_factory=lambda: {mode: of["ground"] for mode, of in PALETTES["lagoon"].items()}
    )
