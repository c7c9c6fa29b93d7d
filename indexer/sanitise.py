"""The allow-list every page passes last: what is not named here does not reach a browser."""

import re

import nh3

from indexer.admonitions import TYPES
from indexer.variants import LABEL, VARIANT
from kb.variants import NAMES

# Stand-ins for links and images inside the content, replaced when all files are known. An editor
# cannot write them: `tidy` numbers every target before this list is applied.
LINK = "lotse:link/"
IMAGE = "lotse:image/"

_TAGS = frozenset(
    "a abbr aside b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl"
    " dt em figcaption figure h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q s samp"
    " section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var"
    " wbr".split()
)
# Removed with everything inside; other unknown elements leave their text.
_WITH_CONTENT = frozenset(
    "script style iframe object embed noscript template textarea select svg math title"
    " noembed noframes xmp plaintext".split()
)
_ALIGN = {"left", "center", "right"}
_ATTRIBUTES = {
    "*": {"id", "lang", "dir"},
    "a": {"href", "title", "rel", "aria-label"},
    "abbr": {"title"},
    "aside": {"role"},
    "bdo": {"dir"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "img": {"src", "alt", "title", "loading", "width", "height"},
    "input": {"checked", "disabled", "aria-label"},
    "li": {"value"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_VALUES = {
    "input": {"type": {"checkbox"}},
    "td": {"align": _ALIGN},
    "th": {"align": _ALIGN},
    "ol": {"type": {"1", "a", "A", "i", "I"}},
}
_ADMONITION = {"admonition", *TYPES}
_CLASSES = {
    "a": {"footnote-ref", "footnote-backref"},
    "aside": _ADMONITION,
    "details": _ADMONITION,
    "summary": {"admonition-title"},
    "p": {"admonition-title", LABEL},
    "div": {"footnote", "table", VARIANT, *NAMES},
    "ul": {"task-list"},
    "ol": {"task-list"},
    "li": {"task-list-item"},
}

_HREF = re.compile(rf"#|{LINK}[0-9]+$|https?://|mailto:|tel:", re.IGNORECASE)

_SRC = re.compile(rf"{IMAGE}[0-9]+$")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Images are our own stand-ins, links lead to a stand-in, within the page or to the web."""
    if name == "src":
        return value if _SRC.match(value) else None
    if name == "href":
        return value if _HREF.match(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_WITH_CONTENT),
    attributes=_ATTRIBUTES,
    tag_attribute_values=_VALUES,
    # A table too wide for a screen is scrolled by keyboard where it can be focused.
    set_tag_attribute_values={"input": {"disabled": ""}, "table": {"tabindex": "0"}},
    allowed_classes=_CLASSES,
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto", "tel", "lotse"},
    strip_comments=True,
    link_rel=None,  # `tidy` sets it, on links that leave the site only
)


def sanitise(html: str) -> str:
    """HTML without anything that runs, loads from elsewhere or is not in the list."""
    return _CLEANER.clean(html).replace(' class=""', "")
