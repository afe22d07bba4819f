"""No code reaches a person bare: what plugins, ports and pipeline say is in the table."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from django.utils import translation

import vigie
from vigie.contracts import plugins as contract
from vigie.contracts import ports
from vigie.web.sources.messages import _FAILURES, _REFUSALS, failure, refusal

ROOT = Path(vigie.__file__).parent
SPEAKERS = [
    ROOT / "contracts", ROOT / "pipeline", ROOT / "plugins" / "sources" / "feed",
    ROOT / "plugins" / "sources" / "file", ROOT / "plugins" / "sources" / "capture",
]  # fmt: skip


def _found(pattern: str) -> set[str]:
    texts = [path.read_text() for folder in SPEAKERS for path in folder.rglob("*.py")]
    return {code for text in texts for code in re.findall(pattern, text)}


def _subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(_subclasses(each) for each in kind.__subclasses__()))


def test_every_reason_to_set_an_item_aside_is_explained() -> None:
    said = _found(r'(?:Undecodable|_GiveUp)\(\s*"(\w+)"') | _found(r'code="(\w+)"')
    said |= _found(r'refuse\([^)]*?"(\w+)"')
    assert len(said) > 15
    assert said <= set(_REFUSALS) | {"sources", "bad_csv"}


def test_every_way_a_visit_fails_is_explained() -> None:
    for module in pkgutil.walk_packages([str(ROOT / "plugins")], "vigie.plugins."):
        importlib.import_module(module.name)
    importlib.import_module("vigie.pipeline.http")
    kinds = _subclasses(contract.SourceError) | _subclasses(ports.FetchError)
    ours = ("vigie.contracts.", "vigie.pipeline.", "vigie.plugins.")
    kinds = {kind for kind in kinds if kind.__module__.startswith(ours)}
    codes = {kind.code for kind in kinds}  # type: ignore[attr-defined]
    codes |= _found(r'FileUnusable\(\s*"(\w+)"')
    assert len(codes) > 20
    assert codes <= set(_FAILURES)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_explanations_are_whole_in_both_languages(language: str) -> None:
    with translation.override(language):
        for code in _REFUSALS:
            assert refusal(code).what
        for code in _FAILURES:
            said = failure(code, "HTTP 410")
            assert said.what.endswith((".", ")"))
            assert said.detail == "HTTP 410"
        assert "odd_code" in refusal("odd_code").what
        assert "odd_code" in failure("odd_code").what


def test_french_is_not_english() -> None:
    with translation.override("fr"):
        french = {code: refusal(code).what for code in _REFUSALS}
    with translation.override("en"):
        english = {code: refusal(code).what for code in _REFUSALS}
    assert not [code for code in french if french[code] == english[code]]
