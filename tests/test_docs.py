"""The guides keep up with the program: what they leave out, or name in vain, fails here.

Fields of the API are held against docs/api.md in test_web_api.py, codes of problems and fields of
front matter against docs/writing.md in test_indexer_check_problems.py.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from conftest import ROOT

from kb.settings import Settings
from web.cli import main
from web.openapi import openapi

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
TRAPS = (DOCS / "traps.md").read_text(encoding="utf-8")

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def commands(group: click.Group, path: str = "kb") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(main))


def options_of(command: click.Command) -> set[str]:
    return {name for option in command.params for name in option.opts if name.startswith("-")}


def section_of(command: str) -> str:
    """The text of docs/operating.md below the heading that names this command."""
    parts = re.split(r"^(##+ .+)$", OPERATING, flags=re.MULTILINE)
    found = [
        text
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
        if f"`{command}`" in heading
    ]
    assert found, f"no heading of docs/operating.md names `{command}`"
    return found[0]


def code_of(text: str) -> str:
    """Only what stands in code."""
    spans = (match[2] for match in _CODE.finditer(_FENCE.sub("", text)))
    return "\n".join([*_FENCE.findall(text), *spans])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_documented(command: str) -> None:
    missing = options_of(COMMANDS[command]) - set(_OPTION.findall(code_of(section_of(command))))
    assert missing == set()


def test_no_command_or_option_is_documented_in_vain() -> None:
    headings = code_of("\n".join(_HEADING.findall(OPERATING))).splitlines()
    named = {heading for heading in headings if heading.startswith("kb ")}
    assert named == set(COMMANDS)
    for command in COMMANDS:
        others = [COMMANDS[name] for name in named if section_of(name) == section_of(command)]
        known = set().union(*(options_of(other) for other in others))
        assert set(_OPTION.findall(code_of(section_of(command)))) <= known | {"--help"}, command


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default_and_sentence(name: str) -> None:
    field = Settings.model_fields[name]
    default = "–" if field.default is None else f"`{field.default}`"
    row = f"| `{name}` | `KB_{name.upper()}` | {default} | {field.description} |"
    assert row in OPERATING


def test_no_setting_is_documented_in_vain() -> None:
    named = set(re.findall(r"\bKB_([A-Z_]+)", OPERATING))
    assert named == {name.upper() for name in Settings.model_fields}


def test_the_example_settings_are_valid() -> None:
    examples = re.findall(r"^```toml\n(.*?)^```$", OPERATING, re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        Settings(**tomllib.loads(example))


def test_the_guide_for_operators_explains_every_field_of_readiness() -> None:
    for field in openapi()["components"]["schemas"]["Readiness"]["properties"]:
        assert field == "status" or f"`{field}`" in OPERATING, field


def functions_of(test_file: str) -> set[str]:
    path = ROOT / "tests" / test_file
    assert path.is_file(), f"docs/traps.md names {test_file}, which does not exist"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_proves_a_trap_exists() -> None:
    named = re.findall(r"(test_\w+\.py)::(test_\w+)", TRAPS)
    assert named
    for file, function in named:
        assert function in functions_of(file), f"{file}::{function} does not exist"
    assert {function for _, function in named} == set(re.findall(r"\btest_\w+\b(?!\.py)", TRAPS))


def test_every_trap_is_proved_or_not_built() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\|(.*)\|(.*)\|$", TRAPS, re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 19))
    sections = dict(re.findall(r"^## (\d+) .*\n((?:(?!## ).*\n?)*)", TRAPS, re.MULTILINE))
    for number, seen, proof in rows:
        if proof.strip() == "–":
            assert seen.strip().startswith("not built yet"), number
            assert number not in sections
        else:
            assert "::test_" in sections[number], f"trap {number} names no test"


def anchors_of(page: Path) -> set[str]:
    """Anchors as the usual viewers of Markdown make them from headings."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_guides_lead_somewhere(page: Path) -> None:
    text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    for address in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", address):
            continue
        path, _, anchor = address.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), address
        assert not anchor or anchor in anchors_of(target), address


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = code_of(page.read_text(encoding="utf-8"))
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets
