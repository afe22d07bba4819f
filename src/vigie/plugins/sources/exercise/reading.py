"""Read a scenario's YAML: sizes, aliases and repeated keys first, then the shape, then the sense.

Everything that is wrong is told at once, each with its file, line and post.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from vigie.plugins.sources.exercise.checking import assemble
from vigie.plugins.sources.exercise.problems import Problem, ScenarioInvalid
from vigie.plugins.sources.exercise.scenario import PartSpec, Scenario, ScenarioSpec

SIZE_LIMIT = 5_000_000
"""Bytes of one file."""

_NAME = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_PART = re.compile(r"^(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.ya?ml$")
_Part = TypeVar("_Part", bound=PartSpec)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")


class Lines:
    """Where the things of a file stand, to tell people: `of("posts", 3)` is `name:line`."""

    def __init__(self, file: str, root: yaml.Node | None) -> None:
        self.file = file
        self._root = root

    def of(self, *path: str | int) -> str:
        """`file:line` of the deepest step of `path` that exists."""
        node, line = self._root, 1
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node, line = child, child.start_mark.line + 1
        return f"{self.file}:{line}"

    def named(self, path: str) -> str:
        """The same for a path as msgspec writes it ("$.posts[3].truth"), with the post's id."""
        steps: list[str | int] = []
        for key, index in _STEP.findall(path):
            if index == "...":
                break
            steps.append(int(index) if index else key)
        where = self.of(*steps)
        name = _child(self._at(steps[:2]), "id") if len(steps) >= 2 else None
        return f"{where} ({name.value})" if isinstance(name, yaml.ScalarNode) else where

    def _at(self, steps: list[str | int]) -> yaml.Node | None:
        node = self._root
        for step in steps:
            node = _child(node, step)
        return node


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None


def _walk(node: yaml.Node, seen: set[int], lines: Lines) -> Iterator[Problem]:
    if id(node) in seen:
        yield Problem(code="scenario_alias", where=f"{lines.file}:{node.start_mark.line + 1}")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _walk(value, seen, lines)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in keys:
                where = f"{lines.file}:{key.start_mark.line + 1}"
                yield Problem(code="key_repeated", where=where, detail=str(key.value)[:60])
            else:
                keys.add(key.value)
            yield from _walk(value, seen, lines)


def _parse(raw: bytes, file: str, shape: type[_Part]) -> tuple[_Part, Lines]:
    if len(raw) > SIZE_LIMIT:
        detail = f"{len(raw)} > {SIZE_LIMIT}"
        raise ScenarioInvalid((Problem(code="scenario_too_large", where=file, detail=detail),))
    try:
        loader = yaml.CSafeLoader(raw.decode("utf-8"))
        try:
            root = loader.get_single_node()
            lines = Lines(file, root)
            broken = tuple(_walk(root, set(), lines)) if root is not None else ()
            if broken:
                raise ScenarioInvalid(broken)
            value: Any = loader.construct_document(root) if root is not None else None
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark is not None else file
        detail = getattr(error, "problem", None) or type(error).__name__
        raise ScenarioInvalid(
            (Problem(code="scenario_unreadable", where=where, detail=str(detail)),)
        ) from error
    try:
        return msgspec.convert(value, shape), lines
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `")
        problem = Problem(code="shape", where=lines.named(path.rstrip("`")), detail=words)
        raise ScenarioInvalid((problem,)) from error


def load(main: Path) -> Scenario:
    """Read the scenario whose main file is `main`, parts included. Raises ScenarioInvalid."""
    raw = _bytes(main, main.name)
    spec, lines = _parse(raw, main.name, ScenarioSpec)
    hashed = hashlib.sha256(raw)
    parts: list[tuple[PartSpec, Lines]] = [(spec, lines)]
    problems: list[Problem] = []
    for index, name in enumerate(spec.parts):
        if _PART.match(name) is None:
            where = lines.of("parts", index)
            problems.append(Problem(code="part_outside", where=where, detail=name))
            continue
        try:
            raw = _bytes(main.parent / name, name)
            hashed.update(raw)
            parts.append(_parse(raw, name, PartSpec))
        except ScenarioInvalid as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioInvalid(tuple(problems))
    return assemble(spec, parts, digest=hashed.hexdigest()[:16])


def _bytes(file: Path, name: str) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ScenarioInvalid((Problem(code="scenario_unknown", where=name),)) from error


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that come with Vigie."""
    return tuple(sorted(file.stem for file in _folder().glob("*.yaml")))


def load_shipped(name: str) -> Scenario:
    """Read the shipped scenario `name`. Raises ScenarioInvalid (`scenario_unknown`)."""
    if _NAME.match(name) is None:
        raise ScenarioInvalid((Problem(code="scenario_unknown", detail=name[:60]),))
    return load(_folder() / f"{name}.yaml")


def _folder() -> Path:
    return Path(str(files(__package__))) / "scenarios"
