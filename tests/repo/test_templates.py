"""Templates: each compiles; none has an inline script, an inline style or an inline handler."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines

pytestmark = pytest.mark.pure

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "vigie"
TEMPLATES = sorted(PACKAGE.glob("**/templates/**/*.html"))
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\bsrc=)(?![^>]*application/)",
    re.I,
)


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_it_compiles(path: Path) -> None:
    engines["django"].from_string(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_it_has_nothing_the_content_policy_would_refuse(path: Path) -> None:
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text("utf-8"), flags=re.S)
    assert INLINE.findall(text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_form_that_posts_carries_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r'<form[^>]*method="post".*?</form>', text, flags=re.S)
    assert [form[:80] for form in forms if "csrf_token" not in form] == []
