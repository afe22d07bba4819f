"""The translation files, and the tool that keeps them without GNU gettext."""

from __future__ import annotations

import gettext
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.pure

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "translations.py"
PO = "locale/fr/LC_MESSAGES/django.po"


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app with a view, a template and a script, in a package of its own."""
    app = tmp_path / "web" / "board"
    (app / "templates" / "board").mkdir(parents=True)
    (app / "static" / "board").mkdir(parents=True)
    (app / "apps.py").touch()
    (app / "views.py").write_text(
        'x = ngettext("%(n)d post", "%(n)d posts", n)\ny = pgettext("incident", "closed")\n'
    )
    (app / "templates" / "board" / "a.html").write_text(
        "<p title=\"{% translate 'Keep' %}\">\n  {% blocktranslate with a=b %}It’s {{ a }}: 100 %"
        "{% endblocktranslate %}\n{% comment %}{% translate 'not this' %}{% endcomment %}</p>"
    )
    (app / "static" / "board" / "a.js").write_text("say(gettext(`no`), gettext('Undo'));")
    monkeypatch.setattr(tool, "PACKAGE", tmp_path)
    return tmp_path


def fill(path: Path, **french: str) -> None:
    text = path.read_text(encoding="utf-8")
    for msgid, msgstr in french.items():
        text = text.replace(f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{msgstr}"')
    path.write_text(text, encoding="utf-8")


def test_texts_are_found_in_python_templates_and_scripts(tool: ModuleType, package: Path) -> None:
    tool.extract_all()
    po = (package / "web" / "board" / PO).read_text(encoding="utf-8")
    for text in ('"%(n)d post"', '"%(n)d posts"', '"closed"', '"Keep"', '"It’s %(a)s: 100 %%"'):
        assert text in po
    assert 'msgctxt "incident"' in po
    assert "not this" not in po
    js = (package / "web" / "board" / PO.replace("django", "djangojs")).read_text("utf-8")
    assert '"Undo"' in js


def test_what_is_translated_is_kept_and_what_is_gone_leaves(
    tool: ModuleType, package: Path
) -> None:
    tool.extract_all()
    path = package / "web" / "board" / PO
    fill(path, Keep="Garder")
    (package / "web" / "board" / "views.py").write_text('z = gettext("Dismiss")\n')
    tool.extract_all()
    po = path.read_text(encoding="utf-8")
    assert 'msgstr "Garder"' in po
    assert '"Dismiss"' in po
    assert "%(n)d post" not in po


def test_a_new_text_takes_over_the_translation_of_another_app(
    tool: ModuleType, package: Path
) -> None:
    tool.extract_all()
    fill(package / "web" / "board" / PO, Keep="Garder")
    other = package / "web" / "map"
    other.mkdir()
    (other / "apps.py").touch()
    (other / "views.py").write_text('gettext("Keep")\n')
    tool.extract_all()
    assert 'msgstr "Garder"' in (other / PO).read_text(encoding="utf-8")


def test_french_gets_its_typography(tool: ModuleType, package: Path) -> None:
    assert tool.french("C'est fini : « oui » ?") == (
        "C’est fini\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}oui\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}?"
    )
    assert tool.french("https://exemple.fr/a:b 12:30") == "https://exemple.fr/a:b 12:30"


def test_every_kind_of_fault_is_told(tool: ModuleType, package: Path) -> None:
    tool.extract_all()
    path = package / "web" / "board" / PO
    assert any("empty 'Keep'" in fault for fault in tool.faults())
    fill(path, Keep="Garder %(n)s")
    assert any("placeholders differ in 'Keep'" in fault for fault in tool.faults())
    fill(path, closed="clos")
    other = package / "web" / "map"
    other.mkdir()
    (other / "apps.py").touch()
    (other / "views.py").write_text('pgettext("incident", "closed")\n')
    assert any("missing 'closed'" in fault for fault in tool.faults())
    (other / "locale" / "fr" / "LC_MESSAGES").mkdir(parents=True)
    (other / PO).write_text('msgctxt "incident"\nmsgid "closed"\nmsgstr "fermé"\n', "utf-8")
    assert any("two translations of 'closed'" in fault for fault in tool.faults())


def test_compiled_catalogues_are_read_by_gettext(tool: ModuleType, package: Path) -> None:
    tool.extract_all()
    fill(package / "web" / "board" / PO, Keep="Garder")
    assert tool.compile_all(package) == 2
    with (package / "web" / "board" / PO).with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Keep") == "Garder"


def test_every_text_has_its_french(tool: ModuleType) -> None:
    assert sorted(tool.faults()) == []


def test_no_text_hides_in_an_f_string_where_the_tool_does_not_see_it() -> None:
    hidden = re.compile(r"""\bf["'].*\{(_|n?p?gettext(_lazy)?)\(""")
    package = SCRIPT.parents[1] / "src" / "vigie"
    found = [
        f"{path.relative_to(package)}:{number}"
        for path in package.rglob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if hidden.search(line)
    ]
    assert found == []
