"""How a help center looks and what it says of itself: `[brand]`, `[texts]`, `[[footer]]`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kb.colours import Colour
from kb.palettes import PaletteName, Tones


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Colours(_Model):
    """The site's own colours for one kind of screen; what is left out is the palette's."""

    accent: Colour | None = None
    accent_strong: Colour | None = None
    accent_soft: Colour | None = None
    on_accent: Colour | None = None
    ground: Colour | None = None
    surface: Colour | None = None
    raised: Colour | None = None
    text: Colour | None = None
    quiet: Colour | None = None
    line: Colour | None = None
    line_strong: Colour | None = None
    mark: Colour | None = None
    good: Colour | None = None
    bad: Colour | None = None
    note: Colour | None = None
    note_soft: Colour | None = None
    tip: Colour | None = None
    tip_soft: Colour | None = None
    warn: Colour | None = None
    warn_soft: Colour | None = None
    danger: Colour | None = None
    danger_soft: Colour | None = None

    @property
    def own(self) -> Tones:
        """Those that are given, by name."""
        return self.model_dump(exclude_none=True)


# A family's name goes into the style sheet as it is: no quotes, no signs.
Family = Annotated[str, Field(pattern=r"^\w[\w .-]*$", max_length=100)]


class FontFile(_Model):
    """A font the site serves itself."""

    family: Family
    file: str  # below the content folder, in theme/
    weight: Annotated[str, Field(pattern=r"^[1-9]\d{0,2}( [1-9]\d{0,2})?$")] = "400"
    style: Literal["normal", "italic"] = "normal"


class Fonts(_Model):
    """Families in the order in which a browser tries them; none: the shipped ones."""

    text: list[Family] = []
    headings: list[Family] = []
    files: list[FontFile] = []


class Brand(_Model):
    """Colours, logo and fonts."""

    palette: PaletteName = "lagoon"
    light: Colours = Colours()
    dark: Colours = Colours()
    logo: str = ""  # pictures below the content folder
    logo_dark: str = ""  # on dark screens; without it the same
    logo_holds_name: bool = False  # then the name is not written beside it
    favicon: str = ""
    fonts: Fonts = Fonts()


def _leading(address: str) -> str:
    if not re.match(r"https?://|mailto:|tel:|/(?!/)", address):
        raise ValueError("must begin with https://, mailto:, tel: or a slash")
    return address


class FooterLink(_Model):
    """One link at the foot of every page, left out in languages that lack it."""

    title: dict[str, str]
    url: dict[str, Annotated[str, AfterValidator(_leading)]]


class Texts(_Model):
    """Sentences of the frame that a site may word itself; without them the shipped ones stand."""

    headline: dict[str, str] = {}  # of the home page
    placeholder: dict[str, str] = {}  # in its search box
    privacy: dict[str, str] = {}  # at the foot of every page
