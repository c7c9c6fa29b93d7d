"""The fields at the top of a file: split off the body and read with their places."""

import re
from typing import Any

import yaml

from indexer.parsed import Finding
from kb.problems import Severity

MAX_CHARACTERS = 256 * 1024  # front matter longer than a book chapter is a mistake or an attack
MAX_NODES = 10_000  # after expanding aliases: ten levels of ten aliases would be 10^10
MAX_DEPTH = 50  # nesting; the C parser recurses

Place = tuple[int, int]

_FENCE = re.compile(r"^---[ \t]*$")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$")
_KEY = re.compile(r"^[\w.\- ]+:(?:\s|$)")
_TOML_FENCE = re.compile(r"^\+\+\+$")
_TOML_KEY = re.compile(r"^\s*[\w.\-]+\s*=")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"


class FrontMatterError(Exception):
    """The front matter as a whole cannot be read."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _fail(line: int, column: int, code: str, message: str) -> FrontMatterError:
    return FrontMatterError(Finding(line, column, code, message))


def split(text: str) -> tuple[str, str, int]:
    """Front matter, body and the body's first line. Raises FrontMatterError when it never ends."""
    lines = text.split("\n")
    if not _FENCE.match(lines[0]):
        _refuse_hidden(lines)
        return "", text, 1
    for number, line in enumerate(lines[1:], start=1):
        if _END.match(line):
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    first = next((line for line in lines[1:] if line.strip()), "")
    if not _KEY.match(first):
        return "", text, 1  # a thematic break, not front matter
    message = "The front matter has no end; put a line with --- below its last field."
    raise _fail(1, 1, "front-matter-open", message)


def _refuse_hidden(lines: list[str]) -> None:
    """Fields that would be taken for text are an error: one of them may be `status: draft`."""
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    below = next((line for line in lines[first + 1 :] if line.strip()), "")
    if _TOML_FENCE.match(lines[first].strip()) and _TOML_KEY.match(below):
        message = "Front matter in TOML is not read; write `key: value` lines between --- lines."
        raise _fail(first + 1, 1, "front-matter-syntax", message)
    if _FENCE.match(lines[first].strip()) and _KEY.match(below):
        message = "Front matter must begin in the first column of the first line; move it there."
        raise _fail(first + 1, 1, "front-matter-syntax", message)


def read(source: str) -> tuple[dict[str, Any], dict[str, Place], list[Finding]]:
    """Values by key, their places in the file, and what is odd but usable.

    Raises FrontMatterError when the YAML cannot be read at all.
    """
    if len(source) > MAX_CHARACTERS:
        message = f"The front matter has {len(source)} characters; {MAX_CHARACTERS} are allowed."
        raise _fail(2, 1, "front-matter-too-large", message)
    _check_depth(source)
    try:
        node = yaml.compose(source, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _syntax_error(error, source) from error
    if node is None:
        return {}, {}, []
    if not isinstance(node, yaml.MappingNode):
        message = "The front matter must be a list of fields such as `title: …`."
        raise _fail(2, 1, "front-matter-syntax", message)
    builder = _Builder()
    return builder.mapping(node, ""), builder.places, builder.findings


def _check_depth(source: str) -> None:
    """Refuse hostile nesting before the parser, which recurses in C, meets it."""
    depth = 0
    for number, line in enumerate(source.split("\n"), start=2):
        for column, character in enumerate(line, start=1):
            if character in "[{":
                depth += 1
            elif character in "]}":
                depth = max(0, depth - 1)
            if depth > MAX_DEPTH:
                message = f"The front matter is nested more than {MAX_DEPTH} levels deep."
                raise _fail(number, column, "front-matter-too-large", message)


def _syntax_error(error: yaml.YAMLError, source: str) -> FrontMatterError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 2, mark.column + 1) if mark else (2, 1)
    problem = str(getattr(error, "problem", "") or error).split("\n")[0]
    lines = source.split("\n")
    written = lines[line - 2] if 0 <= line - 2 < len(lines) else ""
    hint = "check quotes and indentation"
    if "mapping values" in problem:
        hint = "a value with a colon needs quotes around it"
    elif "\t" in written or "cannot start any token" in problem:
        hint = "values that begin with a special character need quotes; use spaces, not tabs"
    return _fail(line, column, "front-matter-syntax", f"Not valid YAML ({problem}): {hint}.")


class _Builder:
    """Turns YAML nodes into plain values; counts, so that aliases cannot explode."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.findings: list[Finding] = []
        self._count = 0

    def mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            below = f"{path}.{key}" if path else key
            if key in result:
                message = f"`{key}` is given twice; the last one counts."
                self._warn(key_node, "duplicate-key", message)
            self.places[below] = _place(key_node)
            result[key] = self._value(value_node, below)
        return result

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            place = _place(node)
            raise _fail(*place, "front-matter-syntax", "A field's name must be a plain word.")
        return str(node.value)

    def _value(self, node: yaml.Node, path: str) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            message = f"The front matter expands to more than {MAX_NODES} values."
            raise _fail(*_place(node), "front-matter-too-large", message)
        if path.count(".") > MAX_DEPTH:
            raise _fail(*_place(node), "front-matter-too-large", "It is nested too deeply.")
        self._check_tag(node)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, f"{path}.{i}") for i, item in enumerate(node.value)]
        return _scalar(node)

    def _item(self, node: yaml.Node, path: str) -> Any:
        self.places[path] = _place(node)
        return self._value(node, path)

    def _check_tag(self, node: yaml.Node) -> None:
        tag = node.tag
        if not tag.startswith(_TAG) or "/" in tag.removeprefix(_TAG):
            message = f"YAML tags such as `{tag.replace(_TAG, '!!')}` are not allowed; "
            raise _fail(*_place(node), "front-matter-tag", message + "write a plain value.")

    def _warn(self, node: yaml.Node, code: str, message: str) -> None:
        self.findings.append(Finding(*_place(node), code, message, Severity.WARNING))


def _place(node: yaml.Node) -> Place:
    """Line and column in the file: the front matter starts on its second line."""
    return node.start_mark.line + 2, node.start_mark.column + 1


def _scalar(node: yaml.Node) -> str | None:
    """The scalar as written: `sku: 0815`, `title: 1984` and `category: no` are text.

    Numbers, dates and truth values are read by the model, which knows where they belong.
    """
    return None if node.tag == _TAG + "null" else str(node.value)
