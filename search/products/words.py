"""The words of product questions in each language: comparisons, superlatives, small words.

A language without a table still finds a named product's attribute by its label; it only
understands no comparisons.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from kb.site import AttributeSchema


class Comparison(Enum):
    """How a value must compare with the number in a question."""

    LESS = "<"
    AT_MOST = "<="
    AT_LEAST = ">="
    MORE = ">"
    UP_TO = "up to"  # the value itself may be one: "carries up to 150 kg" asks for 150 or more


Phrases = Mapping[str, Comparison]


@dataclass(frozen=True)
class Language:
    """The words of one language, written as people write them; phrases have spaces."""

    filling: str = ""  # words that ask for nothing by themselves
    idioms: tuple[str, ...] = ()  # phrases that do neither
    joined: Mapping[str, str] = field(default_factory=dict)  # two words that many write as one
    # Who may do what: tells nothing of a yes-or-no attribute, but "how heavy can I be" does not
    # ask how heavy the bike is.
    doing: str = ""
    before: Phrases = field(default_factory=dict)  # comparisons in front of a number …
    behind: Phrases = field(default_factory=dict)  # … and behind it
    between: Mapping[str, str] = field(default_factory=dict)  # opening word: word before the second
    most: str = ""  # superlatives of any attribute
    least: str = ""
    comparing: str = ""  # comparatives of any attribute, in all their forms
    than: str = ""
    tying: str = ""  # say that a product has something: "with"
    own: str = ""  # say that something is the customer's: "my"
    numbers: str = ""  # number words from two on
    ending: str = ""  # of superlatives, as a regular expression
    comparatives: Callable[[str], list[str]] = lambda superlative: []
    built_in: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def superlative(self, word: str) -> str:
        """A normalised word without the ending that bends it: `leichtesten` -> `leichtest`."""
        return re.sub(self.ending, "", word) if self.ending else word


def _german_comparatives(superlative: str) -> list[str]:
    """Of `leichtest`: `leichter`; of `teuerst`: `teurer`. Wrong guesses match nothing."""
    if superlative.endswith("uerst"):
        return [superlative.removesuffix("erst") + "rer"]
    ends = [end for end in ("est", "st") if superlative.endswith(end)]
    return [superlative.removesuffix(end) + "er" for end in ends]


def _english_comparatives(superlative: str) -> list[str]:
    for most, more in (("most ", "more "), ("least ", "less ")):
        if superlative.startswith(most):
            return [more + superlative.removeprefix(most)]
    return [superlative.removesuffix("est") + "er"] if superlative.endswith("est") else []


_GERMAN = Language(
    filling="""
        der die das den dem des ein eine einen einem einer eines ist sind hat haben habt gibt es
        was wie viel viele welche welcher welches welchen welchem
        mein meine meinem meinen euer eure eurem euren eurer ihr ihre ihrem ihren unser unsere
        von vom bei beim mit für fürs im in am zum zur und oder auch denn eigentlich genau bitte
        dieses diese dieser er sie neu neue neuer neues neuen
        hallo hi moin danke modell modelle unterschied vergleich
    """,
    idioms=(
        "suche", "ich suche", "suche ich", "ich brauche ein", "ich brauche einen", "ich möchte ein",
        "ich möchte einen", "ich will ein", "ich hätte gern", "zeig mir", "zeige mir", "zeigt mir",
        "habt ihr", "gibts", "bei euch", "im Angebot", "wie hoch ist", "wie groß ist",
    ),
    joined={"wieviel": "wie viel", "wieviele": "wie viele"},
    doing="kann kannst können könnte ich man du sich mir lässt lassen mich geht",
    before={
        "unter": Comparison.LESS, "weniger als": Comparison.LESS, "kleiner als": Comparison.LESS,
        "niedriger als": Comparison.LESS, "kürzer als": Comparison.LESS,
        "höchstens": Comparison.AT_MOST, "maximal": Comparison.AT_MOST, "max": Comparison.AT_MOST,
        "nicht mehr als": Comparison.AT_MOST, "nicht über": Comparison.AT_MOST,
        "mindestens": Comparison.AT_LEAST, "wenigstens": Comparison.AT_LEAST,
        "ab": Comparison.AT_LEAST, "nicht weniger als": Comparison.AT_LEAST,
        "nicht unter": Comparison.AT_LEAST,
        "mehr als": Comparison.MORE, "über": Comparison.MORE, "größer als": Comparison.MORE,
        "höher als": Comparison.MORE, "länger als": Comparison.MORE,
        "bis": Comparison.UP_TO, "bis zu": Comparison.UP_TO,
    },
    behind={
        "oder mehr": Comparison.AT_LEAST, "und mehr": Comparison.AT_LEAST,
        "oder weniger": Comparison.AT_MOST, "maximal": Comparison.AT_MOST,
        "mindestens": Comparison.AT_LEAST,
    },
    between={"zwischen": "und", "von": "bis"},
    most="höchste größte meiste längste weiteste",
    least="niedrigste geringste kleinste kürzeste wenigste",
    comparing="""
        mehr weniger größer größere größeren größeres höher höhere höheren höheres länger längere
        längeren kleiner kleinere kleineren kleineres kürzer kürzere kürzeren geringer geringere
    """,
    than="als",
    tying="mit hat haben habt gibt",
    own="mein meine meinem meinen meiner meines unser unsere unserem unseren unserer unseres",
    numbers="zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    ending="(?<=st)e[nrsm]?$",
    comparatives=_german_comparatives,
    built_in={
        "price": {
            "asked": (
                "Preis", "kosten", "kostet", "teuer", "Kostenpunkt", "Kaufpreis",
                "Verkaufspreis", "Listenpreis", "wie viel Euro", "was soll kosten",
            ),
            "most": ("teuerste", "kostspieligste"),
            "least": ("billigste", "günstigste", "preiswerteste", "preisgünstigste"),
        },
        "sku": {"asked": ("Artikelnummer", "Artikelnr", "Artikel-Nr", "Bestellnummer", "SKU")},
        "suitable_for": {"asked": ("geeignet", "eignet sich", "für wen", "wofür")},
        "not_for": {
            "asked": ("nicht geeignet", "ungeeignet", "eignet sich nicht", "für wen nicht")
        },
    },
)  # fmt: skip

_ENGLISH = Language(
    filling="""
        the a an this these is are does do have has what which how much many s
        my your our its it they of on for with in at and or there any please hi hello thanks
        exactly actually model models new sell offer that compared difference versus vs between
        one ones
    """,
    idioms=(
        "i need a", "i need an", "i want a", "i want an", "i am looking for", "i m looking for",
        "looking for", "i would like a", "i would like an", "i d like a",
        "i d like an", "show me", "tell me", "do you have", "have you got", "you have",
        "you sell", "you offer", "you got", "of yours", "compared to", "compared with",
        "in your range", "how high is", "how big is", "how large is",
    ),
    joined={"whats": "what s", "hows": "how s", "im": "i m", "ive": "i ve", "id": "i d"},
    doing="can could i you one me get",
    before={
        "under": Comparison.LESS, "below": Comparison.LESS, "less than": Comparison.LESS,
        "fewer than": Comparison.LESS, "smaller than": Comparison.LESS,
        "lower than": Comparison.LESS, "shorter than": Comparison.LESS,
        "at most": Comparison.AT_MOST, "max": Comparison.AT_MOST, "maximum": Comparison.AT_MOST,
        "no more than": Comparison.AT_MOST, "not more than": Comparison.AT_MOST,
        "at least": Comparison.AT_LEAST, "minimum": Comparison.AT_LEAST,
        "no less than": Comparison.AT_LEAST, "from": Comparison.AT_LEAST,
        "more than": Comparison.MORE, "over": Comparison.MORE, "above": Comparison.MORE,
        "greater than": Comparison.MORE, "bigger than": Comparison.MORE,
        "longer than": Comparison.MORE, "higher than": Comparison.MORE,
        "up to": Comparison.UP_TO,
    },
    behind={
        "or more": Comparison.AT_LEAST, "and more": Comparison.AT_LEAST,
        "and up": Comparison.AT_LEAST, "and above": Comparison.AT_LEAST,
        "or less": Comparison.AT_MOST, "or under": Comparison.AT_MOST,
        "or below": Comparison.AT_MOST, "max": Comparison.AT_MOST, "at most": Comparison.AT_MOST,
    },
    between={"between": "and", "from": "to"},
    most="highest greatest longest largest biggest most",
    least="lowest smallest shortest least fewest",
    comparing="more less fewer longer shorter higher lower bigger larger greater smaller",
    than="than",
    tying="with has have there",
    own="my our",
    numbers="two three four five six seven eight nine ten eleven twelve",
    comparatives=_english_comparatives,
    built_in={
        "price": {
            "asked": ("price", "cost", "how much is", "how much are", "how expensive", "priced"),
            "most": ("most expensive", "priciest", "dearest"),
            "least": ("cheapest", "least expensive", "most affordable"),
        },
        "sku": {"asked": ("item number", "SKU", "article number", "part number", "product code")},
        "suitable_for": {"asked": ("suitable", "suited", "who is for", "made for")},
        "not_for": {"asked": ("not suitable", "unsuitable", "not suited", "not for")},
    },
)  # fmt: skip

_LANGUAGES = {"de": _GERMAN, "en": _ENGLISH}
_NO_LANGUAGE = Language()


def language(locale: str) -> Language:
    """The table of a locale's language; an empty one where there is none."""
    return _LANGUAGES.get(locale.split("-")[0], _NO_LANGUAGE)


def _built_in(key: str, **schema: object) -> AttributeSchema:
    """An attribute that every product has without a schema, asked for in all known languages."""
    words: dict[str, dict[str, list[str]]] = {}
    for locale, table in _LANGUAGES.items():
        for pole, phrases in table.built_in[key].items():
            name = "asked" if pole == "asked" else f"asked_{pole}"
            words.setdefault(name, {})[locale] = list(phrases)
    return AttributeSchema.model_validate({**schema, **words})


BUILT_IN: Mapping[str, AttributeSchema] = MappingProxyType(
    {
        # A budget is the least that must cover the price. The currency is each product's own.
        "price": _built_in("price", type="number", bound="min"),
        "sku": _built_in("sku", type="text"),
        "suitable_for": _built_in("suitable_for", type="list"),
        "not_for": _built_in("not_for", type="list"),
    }
)
