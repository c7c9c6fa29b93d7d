"""What a page is, for search engines: schema.org as plain data, printed as JSON-LD.

Only what readers see on the page is told. Addresses handed in are whole ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kb.documents import Block, BlockKind, Document, Page, Product, Section
from kb.look import Look
from kb.site import Site, Team
from kb.text import localized

Thing = dict[str, Any]

_FEWEST_STEPS = 2  # one step is no instruction
_FEWEST_QUESTIONS = 2  # one heading with a question mark makes no list of questions


def graph(things: Iterable[Thing]) -> Thing:
    """Things of one page in one document."""
    return {"@context": "https://schema.org", "@graph": list(things)}


def breadcrumbs(steps: Sequence[tuple[str, str]], root: str, address: str) -> Thing:
    """The way from the home page to the page at `address`: title and path of each step.

    A step without a path is the page itself.
    """
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": title,
                "item": root + path if path else address,
            }
            for position, (title, path) in enumerate(steps, start=1)
        ],
    }


def website(site: Site, locale: str, root: str) -> Thing:
    """The help center and its search."""
    home = f"{root}/{locale}/"
    return _filled(
        {
            "@type": "WebSite",
            "@id": f"{home}#website",
            "name": site.name,
            "description": localized(site.tagline, locale),
            "url": home,
            "inLanguage": locale,
            "publisher": {"@id": _organization_id(root)},
            "potentialAction": {
                "@type": "SearchAction",
                "target": {
                    "@type": "EntryPoint",
                    "urlTemplate": f"{home}search?q={{search_term_string}}",
                },
                "query-input": "required name=search_term_string",
            },
        }
    )


def organization(site: Site, look: Look, locale: str, root: str) -> Thing:
    """Who answers, and how to reach them."""
    return _filled(
        {
            **_publisher(site, root),
            "url": f"{root}/",
            "logo": root + look.logo.address if look.logo else "",
            "contactPoint": [
                _contact_point(team, locale, list(site.locales))
                for team in site.teams.values()
                if team.email or team.phone
            ],
        }
    )


def _contact_point(team: Team, locale: str, languages: list[str]) -> Thing:
    return _filled(
        {
            "@type": "ContactPoint",
            "contactType": localized(team.title, locale),
            "telephone": team.phone,
            "email": team.email,
            "availableLanguage": languages,
        }
    )


def article(document: Document, page: Page, site: Site, root: str) -> list[Thing]:
    """The article, and what of it is a list of questions or a numbered instruction."""
    steps = how_tos(document, page, root)
    asked = faq(document, page, root)
    address = root + document.url
    whole = _filled(
        {
            "@type": "TechArticle" if steps else "Article",
            "@id": f"{address}#article",
            "headline": document.title,
            "description": document.summary,
            "url": address,
            "mainEntityOfPage": address,
            "inLanguage": document.locale,
            "datePublished": document.published,
            "dateModified": document.changed or document.reviewed,
            "author": {"@id": _organization_id(root)},
            "publisher": _publisher(site, root),
        }
    )
    return [whole, *([asked] if asked else []), *steps]


def product(document: Document, record: Product, site: Site, root: str) -> Thing:
    """The product with its facts, and with an offer where it has a price."""
    address = root + document.url
    facts = ({"@type": "PropertyValue", "name": f.label, "value": f.value} for f in record.facts)
    return _filled(
        {
            "@type": "Product",
            "@id": f"{address}#product",
            "name": document.title,
            "description": document.summary,
            "url": address,
            "sku": record.sku,
            "image": [root + image for image in record.images],
            "additionalProperty": list(facts),
            "offers": _offer(record, address, site, root),
        }
    )


def _offer(record: Product, address: str, site: Site, root: str) -> Thing:
    if record.price is None:
        return {}
    return {
        "@type": "Offer",
        "url": address,
        "price": f"{record.price:.2f}",
        "priceCurrency": record.currency,
        "seller": _publisher(site, root),
    }


def faq(document: Document, page: Page, root: str) -> Thing | None:
    """The page as questions with answers; None where it is no such page.

    It is one when its title is a question that the text above the first heading answers, or when
    questions are at least half of its headings, and two or more. The other ways in which customers
    ask (`questions`) do not stand on the page, so they do not count.
    """
    lead = [Section(document.title, "", 1, s.blocks) for s in page.sections if not s.anchor]
    headed = [section for section in page.sections if section.anchor]
    titled = [section for section in lead if _asks(section)]
    asked = [section for section in headed if _asks(section)]
    if not titled and len(asked) < max(_FEWEST_QUESTIONS, len(headed) / 2):
        return None
    address = root + document.url
    return {
        "@type": "FAQPage",
        "@id": f"{address}#questions",
        "inLanguage": document.locale,
        "mainEntity": [_question(section, address) for section in (*titled, *asked)],
    }


def _asks(section: Section) -> bool:
    return section.heading.endswith("?") and bool(section.blocks)


def _question(section: Section, address: str) -> Thing:
    return {
        "@type": "Question",
        "name": section.heading,
        "url": _at(address, section),
        "acceptedAnswer": {"@type": "Answer", "text": _text(section.blocks)},
    }


def how_tos(document: Document, page: Page, root: str) -> list[Thing]:
    """Every numbered list of steps on the page, under its heading."""
    address = root + document.url
    return [
        {
            "@type": "HowTo",
            "name": section.heading or document.title,
            "url": _at(address, section),
            "inLanguage": document.locale,
            "step": [
                {"@type": "HowToStep", "position": position, "text": step.text}
                for position, step in enumerate(steps, start=1)
            ],
        }
        for section in page.sections
        for steps in _lists_of_steps(section)
    ]


def _lists_of_steps(section: Section) -> Iterator[list[Block]]:
    lists: dict[int, list[Block]] = {}
    for block in section.blocks:
        if block.kind is BlockKind.STEP:
            lists.setdefault(block.group, []).append(block)
    return (steps for steps in lists.values() if len(steps) >= _FEWEST_STEPS)


def _publisher(site: Site, root: str) -> Thing:
    return {"@type": "Organization", "@id": _organization_id(root), "name": site.name}


def _organization_id(root: str) -> str:
    return f"{root}/#organization"


def _at(address: str, section: Section) -> str:
    return f"{address}#{section.anchor}" if section.anchor else address


def _text(blocks: Iterable[Block]) -> str:
    return "\n".join(block.text for block in blocks)


def _filled(thing: Thing) -> Thing:
    """Without what is not known: an empty value would be a false one."""
    return {name: value for name, value in thing.items() if value not in ("", [], {}, None)}
