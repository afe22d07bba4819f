"""The translations: extract, check, compile. English texts are the keys, French is complete.

Usage: python scripts/translations.py extract|check|compile

Each app keeps its own `locale/fr/LC_MESSAGES/`: `django.po` for Python and templates, `djangojs.po`
for scripts. `extract` adds what is new (taking over a translation another app already has), keeps
what is translated (with French typography) and drops what is no longer used. `check` writes one line per fault and exits
with 1 when there is any. Neither needs GNU gettext.
"""

from __future__ import annotations

import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "vigie"
LANGUAGE = "fr"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "gettext_noop": None,
}
HEADER = f"""# Translations of Vigie. English texts are the keys; scripts/translations.py keeps this file.
msgid ""
msgstr ""
"Language: {LANGUAGE}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-zA-Z]|\{\w*\}|%[sd]")
_SPACE_BEFORE = re.compile(r"(?<=[\w)%»”’]) (?=[:;!?»])")
_SPACE_AFTER = re.compile(r"(?<=«) ")
_STRAIGHT = re.compile(r"(?<=\w)'(?=\w)")


def folder_of(path: Path) -> Path:
    """The folder whose `locale/` holds the texts of this file: its app, or its top package."""
    for parent in path.parents:
        if (parent / "apps.py").exists() or parent.parent == PACKAGE:
            return parent
    return PACKAGE / "config"


def _sources() -> Iterator[tuple[Path, str]]:
    """Files with texts and the domain they belong to."""
    for path in sorted(PACKAGE.rglob("*")):
        if {"vendor", "migrations", "generated", "node_modules"} & set(path.parts):
            continue
        if path.suffix == ".js" and "static" in path.parts:
            yield path, "djangojs"
        elif path.suffix == ".py" or (
            path.suffix in {".html", ".txt", ".md", ".xml"} and "templates" in path.parts
        ):
            yield path, "django"


def _texts(path: Path) -> Iterator[tuple[object, str | None]]:
    """(msgid or (singular, plural), context) of one file."""
    if path.suffix == ".py":
        kind, code = "python", path.read_bytes()
    elif path.suffix == ".js":
        kind, code = "javascript", path.read_bytes()
    else:
        from django.utils.translation.template import templatize

        text = templatize(path.read_text(encoding="utf-8"))
        kind, code = "python", "\n".join(line.strip() for line in text.splitlines()).encode()
    for _, msgid, _, context in extract(kind, io.BytesIO(code), keywords=KEYWORDS):
        yield msgid, context


def extracted() -> dict[Path, Catalog]:
    """For each .po file that should exist, the texts it should hold (without translations)."""
    found: dict[Path, Catalog] = {}
    for path, domain in _sources():
        for msgid, context in _texts(path):
            if not msgid or (isinstance(msgid, tuple) and not msgid[0]):
                continue
            target = folder_of(path) / "locale" / LANGUAGE / "LC_MESSAGES" / f"{domain}.po"
            catalog = found.setdefault(target, Catalog(locale=LANGUAGE))
            catalog.add(msgid, context=context)
    return found


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, ignore_obsolete=True)


def french(text: str) -> str:
    """The text with French typography: no-break spaces, curved apostrophes."""
    text = _SPACE_BEFORE.sub("\N{NO-BREAK SPACE}", text)
    return _STRAIGHT.sub("’", _SPACE_AFTER.sub("\N{NO-BREAK SPACE}", text))


def _key(message: Message) -> tuple[object, str | None]:
    return message.id, message.context


def extract_all() -> None:
    """Bring every .po file up to date with the code."""
    wanted = extracted()
    known = {
        _key(message): message.string
        for path in PACKAGE.rglob(f"locale/{LANGUAGE}/LC_MESSAGES/*.po")
        for message in _read(path)
        if message.id and _is_translated(message)
    }
    for path, template in wanted.items():
        catalog = _read(path)
        fresh = Catalog(locale=LANGUAGE)
        for message in template:
            if not message.id:
                continue
            mine = catalog.get(
                message.id[0] if isinstance(message.id, tuple) else message.id, message.context
            )
            string = mine.string if mine and _is_translated(mine) else known.get(_key(message), "")
            if isinstance(message.id, tuple) and not isinstance(string, tuple):
                string = ("", "")
            tidy = tuple(map(french, string)) if isinstance(string, tuple) else french(string)
            fresh.add(message.id, tidy, context=message.context)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_written(fresh))


def _written(catalog: Catalog) -> bytes:
    """The file's bytes: sorted and without dates or line numbers, so that changes read well."""
    body = io.BytesIO()
    write_po(body, catalog, width=100, no_location=True, sort_output=True, omit_header=True)
    return HEADER.encode() + b"\n" + body.getvalue().strip() + b"\n"


def _strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string or "",)


def _is_translated(message: Message) -> bool:
    return all(_strings(message)) and not message.fuzzy


def faults() -> Iterator[str]:
    """One line per text that is missing, fuzzy, unused, malformed or translated in two ways."""
    wanted = extracted()
    seen: dict[tuple[str, object, str | None], dict[object, str]] = defaultdict(dict)
    for path in sorted({*wanted, *PACKAGE.rglob(f"locale/{LANGUAGE}/LC_MESSAGES/*.po")}):
        name = path.relative_to(PACKAGE).as_posix()
        catalog, template = _read(path), wanted.get(path, Catalog(locale=LANGUAGE))
        ours = {_key(message): message for message in catalog if message.id}
        theirs = {_key(message): message for message in template if message.id}
        for key in theirs.keys() - ours.keys():
            yield f"{name}: missing {key[0]!r}"
        for key in ours.keys() - theirs.keys():
            yield f"{name}: no longer used {key[0]!r}"
        for key in ours.keys() & theirs.keys():
            message = ours[key]
            seen[(path.name, *key)].setdefault(message.string, name)
            yield from (f"{name}: {fault} {key[0]!r}" for fault in _faults_of(message))
    for (_, msgid, context), translations in seen.items():
        if len(translations) > 1:
            where = ", ".join(translations.values())
            yield f"{where}: two translations of {msgid!r} {context or ''}; give one a context"


def _faults_of(message: Message) -> Iterator[str]:
    if not _is_translated(message):
        yield "fuzzy" if message.fuzzy else "empty"
        return
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    allowed = {frozenset(_PLACEHOLDER.findall(text)) for text in ids}
    for string in _strings(message):
        if frozenset(_PLACEHOLDER.findall(string)) not in allowed:
            yield "placeholders differ in"
        if french(string) != string:
            yield f"typography (’ and no-break space) of {string!r} for"


def compile_all(package: Path) -> int:
    """Write a .mo beside every .po under `package`; returns how many there are."""
    count = 0
    for path in sorted(package.rglob("locale/*/LC_MESSAGES/*.po")):
        with path.open("rb") as source, path.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source, locale=path.parts[-3]))
        count += 1
    return count


def main(arguments: Iterable[str]) -> int:
    match list(arguments):
        case ["extract"]:
            extract_all()
        case ["compile"]:
            print(f"{compile_all(PACKAGE)} catalogues compiled")
        case ["check"]:
            found = sorted(faults())
            print("\n".join(found) if found else "translations are complete")
            return 1 if found else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(PACKAGE.parent))
    sys.exit(main(sys.argv[1:]))
