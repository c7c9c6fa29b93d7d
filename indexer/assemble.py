"""One file's own words plus what the site knows: a document and its page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from indexer.decisions import decision_findings, read_decision
from indexer.facts import facts_section, read_attributes
from indexer.fields import validate
from indexer.front_matter import Place
from indexer.history import UNKNOWN, Dates
from indexer.parse import FACTS_ANCHOR
from indexer.parsed import Finding, Parsed
from indexer.source import Source
from kb.documents import Change, Document, Fact, Kind, Page, Product, Section
from kb.front_matter import MAX_TITLE, ArticleFields, ProductFields
from kb.problems import Severity
from kb.site import RESERVED_CATEGORIES, Phase, Site
from kb.text import visible
from kb.variants import AUDIENCES


@dataclass(frozen=True, slots=True)
class Entry:
    """A file whose own content is in order."""

    source: Source
    parsed: Parsed
    fields: ArticleFields
    document: Document
    public: bool


def enter(
    source: Source, parsed: Parsed, site: Site, now: datetime, dates: Dates = UNKNOWN
) -> tuple[Entry | None, list[Finding]]:
    """The entry, None when an error forbids it; and every finding about the file's fields."""
    findings = list(parsed.findings)
    if _has_error(findings):
        return None, findings
    fields, more = validate(parsed.fields, parsed.places, source.kind)
    findings += more
    if fields is None:
        return None, _softened(findings, parsed.fields.get("status"))
    title = fields.title or parsed.heading or _from_name(source)
    findings += _missing(title, source, parsed, fields)
    facts: tuple[Fact, ...] = ()
    if isinstance(fields, ProductFields):
        attributes = _attributes(source, parsed, fields, site)
        facts = attributes[0]
        findings += attributes[1]
    if fields.decision:
        findings += decision_findings(source, parsed, fields.decision)
    if _has_error(findings):
        return None, _softened(findings, fields.status)
    document = _dated(_document(source, fields, title, facts, site), fields, dates)
    findings += _strangers(document, fields, parsed.places, site)
    if _has_error(findings):
        return None, _softened(findings, fields.status)
    return Entry(source, parsed, fields, document, is_public(fields, now)), findings


def _from_name(source: Source) -> str:
    """A readable title made of the file's name."""
    words = source.slug.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def is_public(fields: ArticleFields, now: datetime) -> bool:
    """Whether readers may see it now. Times without a zone are UTC; a date begins at midnight."""
    moment: date | datetime | None = fields.publish_at
    if fields.status != "published" or moment is None:
        return fields.status == "published"
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment <= now


def _has_error(findings: list[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _softened(findings: list[Finding], status: object) -> list[Finding]:
    """What is wrong with a draft is told, but forbids nothing: nobody sees it."""
    if status not in ("draft", "internal", "archived"):
        return findings
    return [replace(finding, severity=Severity.WARNING) for finding in findings]


def _missing(title: str, source: Source, parsed: Parsed, fields: ArticleFields) -> list[Finding]:
    """What readers expect of every page, and this one lacks. `title` is the one it will have."""
    findings = []
    named = bool(fields.title or parsed.heading)
    empty = not any(section.blocks for section in parsed.sections)
    if empty and not named:
        message = "There is neither title nor text; write them or delete the file."
        return [Finding(1, 1, "missing-title", message)]
    if not named:
        message = (
            f"There is no title, so the file's name “{title}” serves as one; "
            "write `title: …` in the front matter or a heading `# …`."
        )
        findings.append(Finding(1, 1, "missing-title", message, Severity.WARNING))
    if len(title) > MAX_TITLE:
        message = f"The title has {len(title)} characters; {MAX_TITLE} are allowed."
        findings.append(Finding(1, 1, "title-too-long", message))
    if empty and source.kind is Kind.ARTICLE:
        message = "There is no text, so only the title can be found; write some or delete the file."
        findings.append(Finding(1, 1, "empty-body", message, Severity.WARNING))
    return findings


def _type_of(source: Source, fields: ProductFields) -> str:
    return fields.type or source.folder


def _attributes(
    source: Source, parsed: Parsed, fields: ProductFields, site: Site
) -> tuple[tuple[Fact, ...], list[Finding]]:
    name = _type_of(source, fields)
    known = site.product_types.get(name)
    if known is None and site.product_types:
        choices = ", ".join(site.product_types)
        found = f"`{name}`" if name else "none"
        message = f"The product type must be one of {choices}; found {found}."
        place = parsed.places.get("type", (1, 1))
        return (), [Finding(*place, "unknown-product-type", message)]
    read = read_attributes(fields, parsed.places, known, source.locale)
    return read.facts, list(read.findings)


def _document(
    source: Source, fields: ArticleFields, title: str, facts: tuple[Fact, ...], site: Site
) -> Document:
    category = fields.category or source.folder
    product = None
    if isinstance(fields, ProductFields):
        category = _type_of(source, fields)
        product = _product(category, fields, facts)
    return Document(
        kind=source.kind,
        id=fields.id or source.slug,
        locale=source.locale,
        slug=source.slug,
        title=_line(title),
        summary=_line(fields.summary),
        category=category,
        phase=fields.phase or _phase(source.kind, category, site),
        questions=tuple(map(_line, fields.questions)),
        tags=fields.tags,
        audience=fields.audience,
        owner_team=fields.owner_team or (site.default_team if site.teams else ""),
        reviewed=fields.reviewed.isoformat() if fields.reviewed else "",
        reviewed_by=fields.reviewed_by,
        related=fields.related,
        redirect_from=tuple(a for a in fields.redirect_from if a.startswith("/")),
        source=source.path,
        product=product,
    )


def _dated(document: Document, fields: ArticleFields, dates: Dates) -> Document:
    """The document with its history: what git knows and what the editors tell."""
    told = sorted(fields.changes, key=lambda change: change.date, reverse=True)
    changes = tuple(Change(change.date.isoformat(), _line(change.text)) for change in told)
    newest = changes[0].date if changes else ""
    return replace(
        document,
        published=_first_day(fields, dates),
        changed=max(dates.changed, newest),
        changes=changes,
    )


def _first_day(fields: ArticleFields, dates: Dates) -> str:
    """ISO date since which the page could be read; "" when unknown.

    A file that was changed or reviewed before its first commit is older than its repository.
    """
    release = fields.publish_at.isoformat()[:10] if fields.publish_at else ""
    first = max(dates.published, release) if dates.published else ""
    known = [change.date for change in fields.changes]
    known += [fields.reviewed] if fields.reviewed else []
    return "" if any(day.isoformat() < first for day in known) else first


def _line(text: str) -> str:
    return " ".join(visible(text).split())


def _phase(kind: Kind, category: str, site: Site) -> Phase:
    known = site.categories.get(category)
    if kind is Kind.PRODUCT:
        return "consideration"
    return known.phase if known else "service"


def _product(product_type: str, fields: ProductFields, facts: tuple[Fact, ...]) -> Product:
    return Product(
        type=product_type,
        sku=fields.sku,
        price=fields.price,
        currency=fields.currency,
        facts=facts,
        images=fields.images,
        accessories=fields.accessories,
        suitable_for=fields.suitable_for,
        not_for=fields.not_for,
    )


def _strangers(
    document: Document, fields: ArticleFields, places: Mapping[str, Place], site: Site
) -> list[Finding]:
    """Names that site.toml does not know."""
    findings = []
    article = document.kind is Kind.ARTICLE
    if article and document.category in RESERVED_CATEGORIES:
        message = f"The category must not be called `{document.category}`; rename the folder."
        findings.append(Finding(*places.get("category", (1, 1)), "reserved-category", message))
    elif article and site.categories and document.category not in site.categories:
        found = f"`{document.category}`" if document.category else "none"
        message = f"The category is not in site.toml (found {found}); add it there or use another."
        place = places.get("category", (1, 1))
        findings.append(Finding(*place, "unknown-category", message, Severity.WARNING))
    if fields.owner_team and site.teams and fields.owner_team not in site.teams:
        message = f"owner_team: `{fields.owner_team}` is not one of {', '.join(site.teams)}."
        place = places.get("owner_team", (1, 1))
        findings.append(Finding(*place, "unknown-team", message, Severity.WARNING))
    findings += _unknown_audiences(fields, places)
    for number, address in enumerate(fields.redirect_from):
        if not address.startswith("/"):
            place = places.get(f"redirect_from.{number}", places.get("redirect_from", (1, 1)))
            message = f"redirect_from: `{address[:60]}` must begin with a slash; it is not used."
            findings.append(Finding(*place, "invalid-redirect", message, Severity.WARNING))
    return findings


def _unknown_audiences(fields: ArticleFields, places: Mapping[str, Place]) -> Iterator[Finding]:
    for number, name in enumerate(fields.audience):
        if name not in AUDIENCES:
            place = places.get(f"audience.{number}", places.get("audience", (1, 1)))
            message = f"audience: `{name[:40]}` is not one of {', '.join(AUDIENCES)}."
            yield Finding(*place, "unknown-audience", message, Severity.WARNING)


def finish(
    entry: Entry, html: str, markdown: str, images: tuple[str, ...]
) -> tuple[Document, Page]:
    """Document and page with real addresses; a product's facts become its first section."""
    document, sections = entry.document, entry.parsed.sections
    if document.product is not None and isinstance(entry.fields, ProductFields):
        document = replace(document, product=replace(document.product, images=images))
        facts = _facts(document, entry.fields)
        sections = (*facts, *sections)
    decision = read_decision(html, entry.fields.decision) if entry.fields.decision else None
    return document, Page(html, markdown, sections, decision)


def _facts(document: Document, fields: ProductFields) -> tuple[Section, ...]:
    facts = document.product.facts if document.product else ()
    section = facts_section(document.title, fields, facts, document.locale, FACTS_ANCHOR)
    return (section,) if section else ()
