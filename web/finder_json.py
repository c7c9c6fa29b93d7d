"""The product finder in the API's shapes, in the same words as its page."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import get_template_attribute

from kb.choosing.guide import Answer, Question, State
from kb.choosing.products import Choice, ProductFinder
from web import shapes
from web.guides import address
from web.json_views import product_summary


def finder_reply(
    finder: ProductFinder, state: State, given: Iterable[str], product_type: str, locale: str
) -> shapes.FinderReply:
    """One state; `given` are all parameters that may have been answers."""
    taken = {answer.question.key for answer in state.answers}
    outcome = finder.outcome(state) if state.question is None else None
    return {
        "locale": locale,
        "type": product_type,
        "url": address(f"/{locale}/products/{product_type}/finder", state.given),
        "total": len(finder.products),
        "remaining": state.count,
        "answers": [_answer(answer) for answer in state.answers],
        "ignored": sorted(set(given) - taken),
        "question": _question(finder, state, state.question) if state.question else None,
        "chosen_by": outcome.chosen_by if outcome else "",
        "results": _products(outcome.choices, "fit", locale) if outcome else [],
        "near_misses": _products(outcome.near_misses, "miss", locale) if outcome else [],
    }


def answers_in_words(state: State) -> list[str]:
    """ "Price: up to €3,000" for each question that was not skipped."""
    return [
        f"{_said('label')(answer.question)}: {_said('wish')(answer.option)}"
        for answer in state.answers
        if answer.option
    ]


def _answer(answer: Answer) -> shapes.FinderAnswer:
    return {
        "parameter": answer.question.key,
        "value": answer.value,
        "label": _said("label")(answer.question),
        "text": _said("wish")(answer.option) if answer.option else "",
    }


def _question(finder: ProductFinder, state: State, question: Question) -> shapes.FinderQuestion:
    return {
        "parameter": question.key,
        "text": _said("asked")(question),
        "help": question.help,
        "options": [
            {
                "value": offer.option.key,
                "text": _said("wish")(offer.option),
                "remaining": offer.count,
            }
            for offer in finder.guide.offers(question, state.answers)
        ],
    }


def _products(choices: Iterable[Choice], macro: str, locale: str) -> list[shapes.FinderProduct]:
    return [
        {
            **product_summary(choice.document, choice.document.product, locale),
            "reasons": [_said(macro)(reason) for reason in choice.reasons],
        }
        for choice in choices
        if choice.document.product
    ]


def _said(macro: str) -> Callable[[Any], str]:
    """The words of the page's template, as plain text."""
    render = get_template_attribute("site/_guide.html", macro)
    return lambda value: " ".join(render(value).unescape().split())
