"""What a question asks, if it is one about products of a given type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kb.site import AttributeSchema
from search.products.catalogue import Attributes
from search.products.phrases import Match, Meaning, Role
from search.products.quantities import Quantity, measured, unit_of
from search.products.reading import Lexicon, Question
from search.products.words import Comparison

Keys = frozenset[str]  # of attributes that are asked together, as rider height from and up to
Choice = tuple[str, str | bool]  # key of an attribute and its wanted value

# What explains a word of the question: something that cannot mean anything else, or a guess.
SURE, GUESSED = 1.0, 0.5

_AGAINST = {
    "max": (Comparison.LESS, Comparison.AT_MOST),
    "min": (Comparison.MORE, Comparison.AT_LEAST),
}


@dataclass(slots=True)
class Wish:
    """What is asked, and which words say so."""

    type: str
    names_type: bool = False
    asked: list[Keys] = field(default_factory=list)
    compared: bool = False  # "which is heavier": only said of several products
    choices: list[Choice] = field(default_factory=list)  # "bikes with a belt"
    kinds: list[Choice] = field(default_factory=list)  # "cargo bikes": such choices name the type
    conditions: list[tuple[Keys, Quantity]] = field(default_factory=list)
    order: tuple[str, bool] | None = None  # key, and whether the greatest value is wanted
    is_question: bool = False  # has at least one of the words that questions are made with
    has_with: bool = False  # has a word that ties choices to products: "bikes *with* a belt"
    weights: dict[int, float] = field(default_factory=dict)  # place of a word: how well explained
    unexplained: list[str] = field(default_factory=list)  # words

    @property
    def only_mentions(self) -> bool:
        """Whether choices are all it has: `city 3 chain`, "what is an S-pedelec"."""
        tells = self.asked or self.conditions or self.order
        flags = any(wanted is True for _, wanted in self.choices + self.kinds)
        return not (tells or flags)

    @property
    def only_names(self) -> bool:
        """Whether it asks for nothing but names a kind: "City 3 or City 5? Our city bikes"."""
        return self.only_mentions and not self.choices

    def mixes(self, attributes: Attributes) -> bool:
        """Whether it asks for numbers and for what is no number.

        "What do brakes for the City 3 cost?" asks for neither the bike's price nor its brakes.
        """
        plain = {key for keys in self.asked for key in keys if attributes[key].type != "number"}
        told = self.keys(attributes)
        numbers = any(attributes[key].type == "number" for key in told)
        return numbers and bool(plain or self.choices)

    def asks_for_parts(self, attributes: Attributes) -> bool:
        """Whether the number it asks for may be that of a part: "the cheapest belt for a bike"."""
        return bool(self.asked or self.order) and self.mixes(attributes)

    def keys(self, attributes: Attributes) -> list[str]:
        """The attributes that tell the answer, in the order of the schema."""
        groups = [*self.asked, *(keys for keys, _ in self.conditions)]
        found = {key for keys in groups for key in keys} | {key for key, _ in self.choices}
        if self.order:
            found.add(self.order[0])
        found = found or {key for key, _ in self.kinds}
        return [key for key in attributes if key in found]


def understand(
    question: Question,
    lexicon: Lexicon,
    type_name: str,
    attributes: Attributes,
    names: Mapping[int, float],
) -> Wish | None:
    """The question as one about a type; None when it makes no sense as such.

    `names` are the places of words that are known to name products, with how sure that is.
    """
    reader = _Reader(question, lexicon, type_name, attributes, names)
    return reader.wish if reader.understands() else None


class _Reader:
    """Collects a wish, phrase by phrase."""

    def __init__(
        self,
        question: Question,
        lexicon: Lexicon,
        type_name: str,
        attributes: Attributes,
        names: Mapping[int, float],
    ) -> None:
        self.wish = Wish(type_name, weights=dict(names))
        self._question = question
        self._lexicon = lexicon
        self._attributes = attributes
        self._idle: set[int] = set()  # places of words that tell nothing
        self._types: set[int] = set()  # places where names of the type begin
        self._choices: list[tuple[int, Choice]] = []  # with the places behind them
        self._asked_at: dict[Keys, set[int]] = {}  # places of the words that ask for attributes
        self._compared_by: dict[int, tuple[Keys, Comparison | None]] = {}  # by place of a number
        # Superlatives: of which attribute, whether of any, whether the greatest value is meant.
        self._poles: list[tuple[Keys, bool, bool]] = []

    def understands(self) -> bool:
        for match in self._question.matches:
            self._take(match)
        self._sort_choices()
        if not self._place_numbers() or not self._place_superlatives():
            return False
        if not self.wish.keys(self._attributes):
            for match in self._question.vague:
                self._take(match)
        self._explain_others()
        return bool(self.wish.keys(self._attributes))

    def _take(self, match: Match) -> None:
        """Note what a phrase means for the type, if its words mean nothing longer."""
        meanings = [m for m in match.meanings if m.type in ("", self.wish.type)]
        if not meanings or any(p in self.wish.weights or p in self._idle for p in match.places):
            return
        if meanings[0].role is Role.IDIOM:
            self._idle.update(match.places)
            return
        self.wish.weights.update(dict.fromkeys(match.places, SURE))
        for role in dict.fromkeys(meaning.role for meaning in meanings):
            self._note(role, [m for m in meanings if m.role is role], match.places)

    def _note(self, role: Role, meanings: list[Meaning], places: tuple[int, ...]) -> None:
        keys = frozenset(meaning.key for meaning in meanings if meaning.key)
        numbers = [place for place in places if self._question.items[place].quantity]
        if role is Role.TYPE:
            self.wish.names_type = True
            # "Lastenrad" is both: a choice that ends where it names the type.
            self._types.update((places[0], places[-1] + 1))
        elif role is Role.CHOICE:
            self._choices += [(places[-1] + 1, (m.key, m.value)) for m in meanings]
        elif role in (Role.MOST, Role.LEAST):
            of_any = any(not meaning.key for meaning in meanings)
            self._poles.append((keys, of_any, role is Role.MOST))
        elif numbers:
            comparison = {Role.MORE: Comparison.MORE, Role.LESS: Comparison.LESS}.get(role)
            self._compared_by.update(dict.fromkeys(numbers, (keys, comparison)))
        elif all(self._attributes[key].type == "boolean" for key in keys) and keys:
            self._choices += [(places[-1] + 1, (key, True)) for key in keys]
        else:
            self.wish.compared |= role is Role.COMPARED
            if keys:
                self.wish.asked.append(keys)
                self._asked_at.setdefault(keys, set()).update(places)

    def _sort_choices(self) -> None:
        """Tell "cargo bikes", which only names products, from "bikes with a belt"."""
        for end, choice in self._choices:
            (self.wish.kinds if end in self._types else self.wish.choices).append(choice)

    def _place_numbers(self) -> bool:
        """Find the attribute every number is about; False when one has none."""
        for place, item in enumerate(self._question.items):
            if item.quantity is None:
                continue
            quantity, weight = item.quantity, SURE
            if place in self._compared_by:
                keys, comparison = self._compared_by[place]
                quantity = replace(quantity, comparison=quantity.comparison or comparison)
                keys = self._fitting(keys, quantity)
            elif not (keys := self._asked_with(quantity, place)):
                keys, weight = self._only_fitting(quantity)
            if not keys:
                return False
            self.wish.conditions.append((keys, quantity))
            self.wish.weights[place] = weight
        return True

    def _asked_with(self, quantity: Quantity, place: int) -> Keys:
        """Of the attributes asked those that the number is about; they are no longer asked.

        A number without a unit is about the words beside it: what a "750 battery" costs is not 750.
        """
        for keys in self.wish.asked:
            beside = self._asked_at[keys] & {place - 1, place + 1}
            if (quantity.measures or beside) and (fitting := self._fitting(keys, quantity)):
                self.wish.asked.remove(keys)
                return fitting
        return frozenset()

    def _fitting(self, keys: Iterable[str], quantity: Quantity) -> Keys:
        """The numbers among these attributes that have the quantity's unit."""
        fitting = frozenset(
            key
            for key in keys
            if (schema := self._attributes[key]).type == "number"
            and quantity.measures in ("", unit_of(schema.unit).measures)
        )
        return fitting if len(fitting) == 1 or is_span(fitting, self._attributes) else frozenset()

    def _only_fitting(self, quantity: Quantity) -> tuple[Keys, float]:
        """The only attribute or span of the type that such a number can be about.

        It is a guess where others have the unit, and only the comparison speaks against them.
        """
        if not quantity.measures:
            return frozenset(), GUESSED
        if fitting := self._fitting(self._attributes, quantity):
            return fitting, SURE
        sensible = (
            key
            for key, schema in self._attributes.items()
            if quantity.comparison not in _AGAINST.get(schema.bound or "", ())
        )
        return self._fitting(sensible, quantity), GUESSED

    def _place_superlatives(self) -> bool:
        """Find the attribute of the superlative; False when there is none, or several."""
        if not self._poles:
            return True
        (keys, of_any, most), *others = self._poles
        asked = [group for group in self.wish.asked if self._ordered(group, most)]
        if of_any and len(asked) == 1:
            keys = asked[0]
            self.wish.asked.remove(keys)
        key = self._ordered(keys, most)
        if others or not key:
            return False
        self.wish.order = (key, most)
        return True

    def _ordered(self, keys: Keys, most: bool) -> str:
        """The attribute that is compared; of a span the end that is meant."""
        if is_span(keys, self._attributes):
            wanted = "max" if most else "min"
            return next(key for key in keys if self._attributes[key].bound == wanted)
        if len(keys) == 1 and self._attributes[min(keys)].type == "number":
            return min(keys)
        return ""

    def _explain_others(self) -> None:
        """Note which words remain that tell something else."""
        wish = self.wish
        words = [item.word for item in self._question.items]
        wish.is_question = bool(self._idle) or any(map(self._lexicon.is_filling, words))
        wish.has_with = bool(self._idle) or any(map(self._lexicon.is_tying, words))
        schemas = [self._attributes[key] for key in self.wish.keys(self._attributes)]
        numbers = [schema for schema in schemas if schema.type == "number"]
        units = {unit_of(schema.unit).measures for schema in numbers if schema.unit}
        for place, item in enumerate(self._question.items):
            word = item.word
            if self._lexicon.is_filling(word):
                continue
            if place in self.wish.weights or place in self._idle:
                continue
            if measured(word) in units or (not numbers and self._lexicon.is_doing(word)):
                continue
            self.wish.unexplained.append(word)


def is_span(keys: Iterable[str], attributes: Mapping[str, AttributeSchema]) -> bool:
    """Whether two attributes are the ends of one span, as rider height from and up to."""
    return sorted(attributes[key].bound or "" for key in keys) == ["max", "min"]
