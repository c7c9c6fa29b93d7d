"""The pages that choose: the product finder, and the guides through decision tables."""

from flask import abort, redirect, request
from werkzeug.wrappers import Response

from kb.choosing.decisions import decision_guide, outcome
from kb.documents import Kind
from web.documents import find_document
from web.guides import Pairs, address, step_of
from web.live import searcher
from web.pages import addresses_of, in_all_locales, page_locale, render_page, shelf

ALL = "all"  # the parameter that lists everything that fits


def product_finder(name: str) -> str | Response:
    """One question of the finder for a product type, or what it found."""
    finder = shelf().finders.get(name)
    if finder is None:
        return _without_finder(name)
    path = f"/{page_locale()}/products/{name}/finder"
    step = step_of(finder.guide, path, request.args)
    lists_all = request.args.get(ALL) == "1"
    pairs = (*step.state.given, (ALL, "1")) if lists_all else step.pairs
    if canonical := _elsewhere(path, pairs):
        return canonical
    is_end = step.question is None or lists_all
    tail = f"/products/{name}/finder"
    return render_page(
        "site/finder.html",
        in_all_locales(tail),
        switch=in_all_locales(tail, **dict(pairs)),
        name=name,
        path=path,
        title=shelf().type_title(name),
        most=finder.guide.most,
        step=step,
        total=len(finder.products),
        fitting=finder.fitting(step.state) if lists_all else (),
        outcome=finder.outcome(step.state) if is_end and not lists_all else None,
        ask_a_person=address(
            f"/{page_locale()}/contact/write", [("finder", address(name, step.state.given))]
        ),
        list_all=address(path, (*step.state.given, (ALL, "1"))),
        has_answers=bool(pairs),
        lists_all=lists_all,
    )


def _without_finder(name: str) -> Response:
    """So few products that their list serves better."""
    if not shelf().of(Kind.PRODUCT, name):
        abort(404)
    return redirect(f"/{page_locale()}/products/{name}/")


def decide(slug: str) -> str | Response:
    """One question of an article's decision table, or what holds."""
    found = find_document(searcher(), Kind.ARTICLE, page_locale(), slug)
    decision = searcher().library.page(found.number).decision if found else None
    if found is None or decision is None:
        abort(404)
    document = found.document
    if found.translation:
        return redirect(found.translation.url)
    article = shelf().address(document)
    step = step_of(decision_guide(decision), f"{article}/decide", request.args)
    if canonical := _elsewhere(f"{article}/decide", step.pairs):
        return canonical
    return render_page(
        "site/decide.html",
        addresses_of(document),
        document=document,
        article=article,
        path=f"{article}/decide",
        step=step,
        most=len(decision.questions),
        anchor=decision.anchor,
        outcome=outcome(decision, step.state) if step.question is None else "",
        team=document.owner_team,
    )


def _elsewhere(path: str, pairs: Pairs) -> Response | None:
    """The way to the one address of this state, where another was asked for."""
    if tuple(request.args.items(multi=True)) == pairs:
        return None
    return redirect(address(path, pairs))
