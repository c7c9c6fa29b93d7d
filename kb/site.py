"""The help center's frame (`content/site.toml`): locales, categories, teams, product types."""

import re
import tomllib
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from kb.brand import Brand, FooterLink, Texts
from kb.context import Address
from kb.problems import Problem
from kb.text import localized
from kb.tone import Tone

SITE_FILE = "site.toml"

Phase = Literal["awareness", "consideration", "service", "promoter"]
LocaleCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
# Categories, teams and ids appear in addresses: plain ASCII words.
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=120)]

# First path segments of the public site; a category of that name could never be reached.
RESERVED_CATEGORIES = frozenset(
    {"articles", "cases", "contact", "preferences", "products", "search"}
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LocaleInfo(_Model):
    title: str = ""  # the language's own name, for the language switch


class Category(_Model):
    title: dict[str, str] = {}
    summary: dict[str, str] = {}
    phase: Phase = "service"
    icon: str = ""  # name of a shipped icon; unknown names show none


class Team(_Model):
    title: dict[str, str] = {}
    email: str = ""
    phone: str = ""
    hours: dict[str, str] = {}
    reply_hours: int = Field(default=24, gt=0)  # expected time to a reply


AttributeType = Literal["number", "boolean", "text", "list", "choice", "choices"]

# The words by which customers ask for something, per language: "Gewicht", "wie schwer". In a phrase
# other words may stand between, and `…` stands for a number: "… tall".
Phrase = Annotated[str, Field(pattern=r"\w")]
Asked = dict[LocaleCode, list[Phrase]]


class Asking(_Model):
    """How the product finder asks for something."""

    question: dict[str, str] = {}  # without one the label serves
    help: dict[str, str] = {}  # what to know before answering
    finder: bool = True  # False: nobody chooses by it


class AttributeSchema(Asking):
    """One typed attribute of a product type."""

    type: AttributeType
    label: dict[str, str] = {}
    unit: str = ""
    unit_by_locale: dict[str, str] = {}  # where a language writes the unit differently
    choices: dict[str, dict[str, str]] = {}
    required: bool = False
    asked: Asked = {}  # beside the label
    asked_with: str = ""  # key of the attribute that shares its words: the span's other end
    # Beside the labels of the choices; an empty list says that no words mean this choice.
    asked_choices: dict[str, Asked] = {}
    asked_most: Asked = {}  # superlatives for the greatest value ("schwerste") …
    asked_least: Asked = {}  # … and for the smallest ("leichteste")
    # What the value bounds: "max" is the most that fits or is possible (a load, a range), "min"
    # the least (a height from). Asked with a plain number, other values must equal it.
    bound: Literal["max", "min"] | None = None
    # What customers want of a number: little ("up to …") or much ("at least …"). By default `bound`
    # says it: much of what is the most, little of what is the least.
    prefer: Literal["low", "high"] | None = None

    @model_validator(mode="after")
    def _choices_match_type(self) -> "AttributeSchema":
        if (self.type in ("choice", "choices")) != bool(self.choices):
            raise ValueError("`choices` belong to the types choice and choices, and only there")
        if unknown := self.asked_choices.keys() - self.choices.keys():
            raise ValueError(f"`asked_choices` are no `choices`: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _only_numbers_are_ordered(self) -> "AttributeSchema":
        ordered = self.bound or self.asked_most or self.asked_least or self.prefer
        if self.type != "number" and ordered:
            raise ValueError(
                "`bound`, `asked_most`, `asked_least` and `prefer` belong to the type number"
            )
        return self

    def unit_in(self, locale: str) -> str:
        return self.unit_by_locale.get(locale, self.unit)


class ProductType(_Model):
    title: dict[str, str] = {}
    asked: Asked = {}  # other names of such products: "Fahrrad", "bike"
    attributes: dict[str, AttributeSchema] = {}
    price: Asking = Asking()

    @model_validator(mode="after")
    def _asked_with_exists(self) -> "ProductType":
        for key, schema in self.attributes.items():
            if schema.asked_with and schema.asked_with not in self.attributes.keys() - {key}:
                raise ValueError(f"{key}: `asked_with` must name another attribute of this type")
        return self


def _address_form(value: Any) -> str:
    return "by language" if isinstance(value, dict) else "one"


# One form of address, or one per language.
Addresses = Annotated[
    Annotated[Address, Tag("one")] | Annotated[dict[LocaleCode, Address], Tag("by language")],
    Discriminator(_address_form),
]


class Site(_Model):
    """Everything in site.toml; without the file, locales and categories follow the folders."""

    name: str = "Help center"
    tagline: dict[str, str] = {}
    default_locale: LocaleCode = "en"
    default_team: Slug = "service"
    locales: dict[LocaleCode, LocaleInfo] = {}
    categories: dict[Slug, Category] = {}
    teams: dict[Slug, Team] = {}
    synonyms: dict[LocaleCode, list[list[str]]] = {}
    product_types: dict[Slug, ProductType] = {}
    address: Addresses = Address.DU  # how it speaks to readers who did not choose
    brand: Brand = Brand()
    texts: Texts = Texts()
    footer: list[FooterLink] = []
    tone: Tone = Field(default=Tone(), exclude=True)  # for `check` alone; no index holds it

    @model_validator(mode="after")
    def _names_exist(self) -> "Site":
        if self.locales and self.default_locale not in self.locales:
            raise ValueError(f"default_locale {self.default_locale!r} is not among the locales")
        if self.teams and self.default_team not in self.teams:
            raise ValueError(f"default_team {self.default_team!r} is not among the teams")
        if reserved := RESERVED_CATEGORIES & self.categories.keys():
            raise ValueError(f"category names are reserved: {', '.join(sorted(reserved))}")
        return self

    def category_title(self, category: str, locale: str) -> str:
        known = self.categories.get(category)
        plain = category.replace("-", " ").replace("_", " ").capitalize()
        return localized(known.title, locale, plain) if known else plain

    def team_of(self, owner: str) -> str:
        """The team `owner` if the site has it, else its default; "" when it has no teams."""
        if owner in self.teams:
            return owner
        return self.default_team if self.teams else ""

    def address_in(self, locale: str) -> Address:
        if isinstance(self.address, Address):
            return self.address
        language = self.address.get(locale.split("-")[0], Address.DU)
        return self.address.get(locale, language)

    def locale_title(self, locale: str) -> str:
        known = self.locales.get(locale)
        return known.title if known and known.title else locale


def load_site(content: Path) -> tuple[Site, list[Problem]]:
    """Read `site.toml`, with the folders' names for what it leaves out.

    Problems are returned, not raised; the site is then as complete as could be read.
    """
    site, problems = _read(content / SITE_FILE)
    if not site.locales:
        found = {folder.name: LocaleInfo() for folder in _locale_folders(content)}
        default = site.default_locale if site.default_locale in found else min(found, default="en")
        site = site.model_copy(update={"locales": found, "default_locale": default})
    return site, problems


def _locale_folders(content: Path) -> list[Path]:
    rooms = ("articles", "products")
    return [
        folder
        for folder in sorted(content.iterdir() if content.is_dir() else [])
        if folder.is_dir() and any((folder / room).is_dir() for room in rooms)
    ]


def _read(path: Path) -> tuple[Site, list[Problem]]:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return Site.model_validate(tomllib.loads(text)), []
    except FileNotFoundError:
        return Site(), []
    except (OSError, UnicodeDecodeError) as error:
        return Site(), [Problem(SITE_FILE, 1, 1, "site-unreadable", str(error))]
    except tomllib.TOMLDecodeError as error:
        return Site(), [Problem(SITE_FILE, *toml_place(error, text), "site-syntax", str(error))]
    except ValidationError as error:
        return Site(), [
            Problem(
                SITE_FILE,
                _line_of(text, e["loc"]),
                1,
                "site-invalid",
                f"{'.'.join(map(str, e['loc'])) or SITE_FILE}: {e['msg']}",
            )
            for e in error.errors(include_url=False)
        ]


def toml_place(error: tomllib.TOMLDecodeError, text: str) -> tuple[int, int]:
    """Line and column of a TOML error; Python before 3.14 tells them in its message only."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    return (int(found[1]), int(found[2])) if found else (text.rstrip().count("\n") + 1, 1)


def place_in_site(content: Path, location: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column of a value of `site.toml`, found by its keys and numbers in lists."""
    text = (content / SITE_FILE).read_text(encoding="utf-8")
    line = _line_of(text, location)
    written = text.splitlines()[line - 1]
    found = re.search(rf"\b{re.escape(str(location[-1]))}\b", written)
    return line, found.start() + 1 if found else 1


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line that most likely holds a value: the last of its keys that stands in the file.

    Later keys are looked for below the line of the one before, so a table's own keys are found.
    """
    line, offset, name = 1, 0, ""
    for key in location:
        if isinstance(key, int):  # the tables of a list stand one below the other
            header = re.compile(rf"^\s*\[\[[^\n]*\b{name}\b", re.M)
            for table in islice(header.finditer(text, offset), key + 1):
                offset = table.end()
                line = text.count("\n", 0, offset) + 1
            continue
        name = re.escape(key)
        found = re.compile(
            rf"^\s*(?:\[+[^\n]*\b{name}\b|{name}\s*[=.])|[{{,.]\s*{name}\s*[=.]", re.M
        )
        if match := found.search(text, offset):
            offset = match.start() + len(match[0]) - len(match[0].lstrip())
            line = text.count("\n", 0, offset) + 1
    return line
