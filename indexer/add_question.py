"""Writes one more question into the front matter of a file, and changes nothing else.

Comments, order, quotes and line ends stay as the editor wrote them. Every edit is checked before it
is written: the file must read as before, with the one question more. Where that cannot be had, as
with anchors, the file stays as it is and an editor is asked to write the line.
"""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from indexer.front_matter import FrontMatterError, read, split
from indexer.source import decode
from kb.errors import ContentError
from kb.files import write_durably

_KEY = "questions"
_MARK = "\ufeff"  # that some editors put in front of a file
_INDENT = "  "


def add_to_file(content: Path, source: str, question: str) -> bool:
    """Add a question to the file `source` below the content folder; False when it is there.

    The file is replaced in one step and keeps its rights. Raises ContentError when it lies
    elsewhere, cannot be read, or cannot be edited safely.
    """
    path = _inside(content, source)
    try:
        data = path.read_bytes()
        rights = path.stat().st_mode
    except OSError as error:
        raise ContentError(f"{source} cannot be read ({error.strerror}).") from error
    edited = _edited(data, source, question)
    if edited is None:
        return False
    write_durably(path, edited)
    path.chmod(rights)
    return True


def with_question(text: str, question: str) -> str:
    """The text of a file, with plain line ends, whose front matter holds the question, too.

    Raises ContentError when it cannot be edited safely.
    """
    try:
        source, _, body_line = split(text)
        before = _fields(source)
        edited = _insert(text, source, body_line > 1, json.dumps(question, ensure_ascii=False))
        after = _fields(split(edited)[0])
    except (FrontMatterError, yaml.YAMLError) as error:
        raise ContentError(f"Its front matter cannot be read: {error}.") from error
    wanted = {**before, _KEY: [*_questions(before), question]}
    if after != wanted or _body(edited) != _body(text):
        raise ContentError("Its front matter cannot be edited safely; add the question by hand.")
    return edited


def _edited(data: bytes, source: str, question: str) -> bytes | None:
    text, findings = decode(data)
    if findings:
        raise ContentError(f"{source}: {findings[0].message}")
    whole = data.decode("utf-8")
    ends = "\r\n" if "\r\n" in whole else "\n"
    if ends.join(text.split("\n")) != whole.removeprefix(_MARK):
        raise ContentError(f"{source}: its lines end in different ways; add the question by hand.")
    try:
        there = _questions(_fields(split(text)[0]))
        if question in there:
            return None
        edited = with_question(text, question)
    except (ContentError, FrontMatterError) as error:
        raise ContentError(f"{source}: {error}") from error
    mark = _MARK if whole.startswith(_MARK) else ""
    return (mark + ends.join(edited.split("\n"))).encode()


def _inside(content: Path, source: str) -> Path:
    """The file itself: no link, and no way out of the content folder."""
    parts = PurePosixPath(source).parts
    path = content.joinpath(*parts)
    steps = [content.joinpath(*parts[: count + 1]) for count in range(len(parts))]
    if ".." in parts or PurePosixPath(source).is_absolute() or any(s.is_symlink() for s in steps):
        raise ContentError(f"{source} does not lie in {content}.")
    return path


def _questions(fields: dict[str, Any]) -> list[str]:
    """One question or a list, as editors write them."""
    found = fields.get(_KEY)
    if found is None:
        return []
    return [found] if isinstance(found, str) else list(found)


def _fields(source: str) -> dict[str, Any]:
    """The fields, with the line end that a last block of text needs to end as others do."""
    return read(f"{source}\n")[0]


def _body(text: str) -> str:
    return split(text)[1].lstrip("\n")


def _insert(text: str, source: str, has_fields: bool, quoted: str) -> str:
    if not has_fields:
        return f"---\n{_KEY}:\n{_INDENT}- {quoted}\n---\n\n{text}"
    first = text.index("\n") + 1  # behind the opening fence
    edited, rest = _insert_field(source, quoted), text[first + len(source) :]
    return text[:first] + edited + (rest if rest.startswith("\n") else f"\n{rest}")


def _insert_field(source: str, quoted: str) -> str:
    root = yaml.compose(source, Loader=yaml.SafeLoader)
    if root is None:  # an empty block, perhaps with comments
        return _appended(source, f"{_KEY}:\n{_INDENT}- {quoted}")
    if not isinstance(root, yaml.MappingNode):
        raise ContentError("Its front matter is no list of fields.")
    found = [(key, value) for key, value in root.value if key.value == _KEY]
    if not found:
        indent = " " * root.start_mark.column
        return _appended(source, f"{indent}{_KEY}:\n{indent}{_INDENT}- {quoted}")
    key, value = found[-1]  # of two the last one counts
    if isinstance(value, yaml.SequenceNode):
        add = _into_flow if value.flow_style else _into_block
        return add(source, value, quoted)
    if isinstance(value, yaml.ScalarNode):
        return _beside_one(source, key, value, quoted)
    raise ContentError("Its questions are no list.")


def _appended(source: str, lines: str) -> str:
    return f"{source}\n{lines}" if source else lines


def _into_block(source: str, value: yaml.SequenceNode, quoted: str) -> str:
    """Below the last item, and its comment."""
    end = value.value[-1].end_mark
    at = end.index if end.column == 0 else _line_end(source, end.index)
    line = " " * value.start_mark.column + f"- {quoted}"
    if end.column == 0 and at < len(source):
        return f"{source[:at]}{line}\n{source[at:]}"
    return f"{source[:at].rstrip(chr(10))}\n{line}{source[at:]}"


def _into_flow(source: str, value: yaml.SequenceNode, quoted: str) -> str:
    """Behind the last item in the brackets."""
    if not value.value:
        at = value.start_mark.index + 1
        return f"{source[:at]}{quoted}{source[at:]}"
    at = value.value[-1].end_mark.index
    return f"{source[:at]}, {quoted}{source[at:]}"


def _beside_one(source: str, key: yaml.Node, value: yaml.ScalarNode, quoted: str) -> str:
    """One question without a list, or none: it becomes a list."""
    dash = " " * key.start_mark.column + f"{_INDENT}- "
    start, end = value.start_mark.index, value.end_mark.index
    if start == end:  # `questions:` and nothing behind it
        at = _line_end(source, start)
        return f"{source[:at]}\n{dash}{quoted}{source[at:]}"
    head, written, at = source[:start].rstrip(), source[start:end], _line_end(source, end)
    return f"{head}\n{dash}{written}{source[end:at]}\n{dash}{quoted}{source[at:]}"


def _line_end(source: str, at: int) -> int:
    end = source.find("\n", at)
    return len(source) if end < 0 else end
