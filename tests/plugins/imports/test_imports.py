"""Files handed in: recognised by their beginning, resumed anywhere, never believed about their size."""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.fakes import ports, run
from tests.plugins.test_samples import SOURCES
from vigie.contracts.plugins import SourcePlugin
from vigie.contracts.ports import Ports
from vigie.contracts.registry import sniff
from vigie.plugins.kit import archives, importing
from vigie.plugins.sources.file.sniffing import FileUnusable
from vigie.plugins.sources.mailbox import MailboxConfig, MailboxSource
from vigie.plugins.sources.screenshots import ScreenshotsConfig, ScreenshotsSource
from vigie.plugins.sources.telegram_export import TelegramExportConfig, TelegramExportSource
from vigie.plugins.sources.whatsapp import WhatsappConfig, WhatsappSource, chats
from vigie.plugins.sources.x_archive import XArchiveConfig, XArchiveSource

pytestmark = pytest.mark.pure

IMPORTS = [plugin for plugin in SOURCES if issubclass(plugin, importing.FileImport)]


def samples_of(plugin: type[SourcePlugin]) -> list[Path]:
    folder = Path(str(importlib.resources.files(plugin.__module__) / "samples"))
    return sorted(path for path in folder.iterdir() if path.is_file())


FILES = [
    pytest.param(plugin, path, id=f"{plugin.manifest.name}-{path.name}")
    for plugin in IMPORTS
    for path in samples_of(plugin)
]


def ports_of(folder: Path) -> Ports:
    return ports(folder=folder)


def source_of(plugin: type[SourcePlugin], path: Path, **config: Any) -> SourcePlugin:
    told = path.parent / "expected" / f"{path.name}.json"
    given = json.loads(told.read_bytes())["config"] if told.exists() else {"blob": path.name}
    return plugin(
        msgspec.convert({**given, **config}, plugin.manifest.config), ports_of(path.parent)
    )


@pytest.mark.parametrize(("plugin", "path"), FILES)
def test_a_file_is_recognised_by_its_beginning_and_name(
    plugin: type[SourcePlugin], path: Path
) -> None:
    assert sniff(path.read_bytes()[:64_000], path.name) == plugin.manifest.name


@pytest.mark.parametrize(
    ("head", "name", "wanted"),
    [
        (b"texte;date\nL\xe2\x80\x99Orge monte;12/02/2026\n", "veille.csv", "file"),
        (b'{"id": "1", "text": "x", "created_at": "2026-02-12T11:42:07Z"}\n', "p.jsonl", "file"),
        (b"\xff\xfei\x00d\x00,\x00t\x00", "utf16.csv", "file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "image.png", None),
        (b"", "vide.csv", None),
    ],
)
def test_what_nobody_knows_better_is_a_plain_file_or_nothing(
    head: bytes, name: str, wanted: str | None
) -> None:
    assert sniff(head, name) == wanted


@given(st.binary(max_size=300), st.text(max_size=20))
@settings(deadline=None)
def test_any_beginning_can_be_looked_at(head: bytes, name: str) -> None:
    for start in (b"", b"PK\x03\x04", b"From ", b"{", b"[", b"\xff\xfe"):
        sniff(start + head, name)


@pytest.mark.parametrize(("plugin", "path"), FILES)
async def test_an_import_killed_after_any_record_goes_on_with_the_next(
    plugin: type[SourcePlugin], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await run(source_of(plugin, path))
    monkeypatch.setattr(importing, "CHUNK", 1)
    found: list[tuple[str, bytes]] = []
    cursor: dict[str, Any] = {}
    for _ in range(100):
        batches = await run(source_of(plugin, path), cursor, stop=lambda batch: True)
        if not batches:
            break
        found += [(item.where, item.payload) for item in batches[0].items]
        cursor = json.loads(json.dumps(dict(batches[0].cursor)))
        if cursor.get("done"):
            break
    assert found == [(item.where, item.payload) for batch in whole for item in batch.items]
    assert cursor == {"done": True}
    assert whole[-1].progress is not None
    assert await run(source_of(plugin, path), cursor) == []


@pytest.mark.parametrize(("plugin", "path"), FILES)
@pytest.mark.parametrize("part", [0.3, 0.9])
async def test_a_file_cut_short_gives_what_is_whole_or_says_why_not(
    plugin: type[SourcePlugin], path: Path, part: float, tmp_path: Path
) -> None:
    content = path.read_bytes()
    cut = tmp_path / path.name
    cut.write_bytes(content[: int(len(content) * part)])
    source = plugin(msgspec.convert({"blob": cut.name}, plugin.manifest.config), ports_of(tmp_path))
    try:
        last = (await run(source))[-1].cursor
    except FileUnusable as error:
        last = {"why not": error.code}
    assert last == {"done": True} or last["why not"].startswith(
        ("zip_", "file_", "whatsapp_", "x_archive_", "telegram_")
    )


@pytest.mark.parametrize("plugin", IMPORTS, ids=lambda plugin: plugin.manifest.name)
async def test_a_missing_or_empty_file_is_told(plugin: type[SourcePlugin], tmp_path: Path) -> None:
    (tmp_path / "vide").write_bytes(b"")
    for name, code in (("absent", "file_missing"), ("vide", "file_empty")):
        source = plugin(msgspec.convert({"blob": name}, plugin.manifest.config), ports_of(tmp_path))
        with pytest.raises(FileUnusable) as raised:
            await run(source)
        assert raised.value.code == code


def zipped(folder: Path, files: dict[str, bytes], *, name: str = "x.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in files.items():
            archive.writestr(entry, content)
    return path


ZIPS: list[tuple[type[SourcePlugin], str]] = [
    (ScreenshotsSource, "a.png"),
    (WhatsappSource, "_chat.txt"),
    (XArchiveSource, "data/tweets.js"),
    (TelegramExportSource, "result.json"),
]


@pytest.mark.parametrize(("plugin", "entry"), ZIPS)
async def test_a_bomb_is_refused_before_it_goes_off(
    plugin: type[SourcePlugin], entry: str, tmp_path: Path
) -> None:
    path = zipped(tmp_path, {entry: b"0" * 60_000_000})
    source = plugin(
        msgspec.convert({"blob": path.name}, plugin.manifest.config), ports_of(tmp_path)
    )
    with pytest.raises(FileUnusable, match=entry) as raised:
        await run(source)
    assert raised.value.code == "zip_bomb"


async def test_a_bomb_of_many_small_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 50)
    path = zipped(tmp_path, {f"{n}.png": b"x" for n in range(60)})
    with pytest.raises(FileUnusable) as raised:
        await run(source_of(ScreenshotsSource, path))
    assert raised.value.code == "zip_bomb"


async def test_an_entry_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    content = b"0" * 40_000_000
    path = zipped(tmp_path, {"a.png": content})
    lying = path.read_bytes().replace(
        len(content).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    )
    path.write_bytes(lying)
    batches = await run(source_of(ScreenshotsSource, path))
    assert [r.code for b in batches for r in b.refusals] in (["zip_broken"], ["not_a_picture"])


async def test_a_picture_of_too_many_pixels_is_set_aside(tmp_path: Path) -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    path = zipped(tmp_path, {"a.png": header + b"\0" * 50})
    batches = await run(source_of(ScreenshotsSource, path))
    assert [r.code for b in batches for r in b.refusals] == ["not_a_picture"]


@pytest.mark.parametrize(
    ("line", "order", "moment"),
    [
        ("12/02/2026, 11:42 - A: x", "dmy", "2026-02-12T10:42:00Z"),
        ("12/02/2026 à 11:42 - A: x", "dmy", "2026-02-12T10:42:00Z"),
        ("[12/02/2026 11:42:07] A: x", "dmy", "2026-02-12T10:42:07Z"),
        ("\u200e[12/02/2026, 11:42:07] A: x", "dmy", "2026-02-12T10:42:07Z"),
        ("2/12/26, 11:42\u202fAM - A: x", "mdy", "2026-02-12T10:42:00Z"),
        ("2/12/26, 12:05 AM - A: x", "mdy", "2026-02-11T23:05:00Z"),
        ("2/12/26, 12:05 p. m. - A: x", "mdy", "2026-02-12T11:05:00Z"),
        ("12.02.26, 11:42 - A: x", "dmy", "2026-02-12T10:42:00Z"),
        ("12-02-2026 11:42 - A: x", "dmy", "2026-02-12T10:42:00Z"),
        ("2026-02-12, 11:42 - A: x", "ymd", "2026-02-12T10:42:00Z"),
        ("2026/02/12 11:42 - A: x", "ymd", "2026-02-12T10:42:00Z"),
        ("12/02/2026 11.42 - A: x", "dmy", "2026-02-12T10:42:00Z"),
    ],
)
def test_dates_are_read_as_each_phone_writes_them(line: str, order: str, moment: str) -> None:
    message = chats.message_of(line)
    assert message is not None
    assert (message.author, message.text) == ("A", "x")
    at = chats.moment_of(message.written, order, "Europe/Paris")
    assert at is not None
    assert at.isoformat().replace("+00:00", "Z") == moment


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["01/02/2026", "13/02/2026"], "dmy"),
        (["01/02/2026", "02/13/2026"], "mdy"),
        (["01/02/2026"], "dmy"),
        (["2026/02/01"], "ymd"),
    ],
)
def test_the_order_of_a_date_is_told_by_all_of_them(dates: list[str], order: str) -> None:
    heads = [head for date in dates if (head := chats.head_of(f"{date}, 10:00 - A: x"))]
    assert chats.order_of(heads, day_first=True) == order


@given(st.text(max_size=200))
def test_any_line_can_be_read_as_a_chat(line: str) -> None:
    chats.message_of(line)


async def test_a_long_mail_is_kept_without_its_attachments(tmp_path: Path) -> None:
    head = (
        b"From: a@exemple.fr\r\nSubject: Photos\r\nDate: Thu, 12 Feb 2026 12:42:07 +0100\r\n"
        b"Message-ID: <1@exemple.fr>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\nVoici les photos.\r\n--b\r\n"
        b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    (tmp_path / "m.eml").write_bytes(head + b"AAAA\r\n" * 400_000 + b"--b--\r\n")
    source = MailboxSource(MailboxConfig(blob="m.eml"), ports_of(tmp_path))
    (item,) = [item for batch in await run(source) for item in batch.items]
    draft = MailboxSource.decode(item, MailboxConfig(blob="m.eml"))
    assert len(item.payload) < 1_000
    assert draft.id == "1@exemple.fr"
    assert "Voici les photos." in draft.text  # type: ignore[union-attr]


@pytest.mark.parametrize("count", [3, 700])
async def test_progress_goes_up_to_the_size_of_the_file(tmp_path: Path, count: int) -> None:
    message = {
        "id": 1,
        "type": "message",
        "date_unixtime": "1770896527",
        "from": "A",
        "text": "crue",
    }
    whole = {"name": "A", "id": 7, "messages": [{**message, "id": n} for n in range(count)]}
    (tmp_path / "result.json").write_text(json.dumps(whole))
    source = TelegramExportSource(TelegramExportConfig(blob="result.json"), ports_of(tmp_path))
    batches = await run(source)
    done = [batch.progress for batch in batches if batch.progress]
    assert done == sorted(done)
    assert done[-1][0] == done[-1][1] == (tmp_path / "result.json").stat().st_size
    assert sum(len(batch.items) for batch in batches) == count


def test_configurations_have_their_defaults() -> None:
    assert WhatsappConfig(blob="x").day_first
    assert ScreenshotsConfig(blob="x").time_zone == "Europe/Paris"
    assert XArchiveConfig(blob="x").handle == ""


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
async def test_of_a_zip_cut_short_the_whole_pictures_are_kept_and_the_cut_one_is_named(
    tmp_path: Path, method: int
) -> None:
    sample = next(p for p in samples_of(ScreenshotsSource) if p.suffix == ".zip")
    with zipfile.ZipFile(sample) as archive:
        picture = next(archive.read(f) for f in archive.namelist() if f.endswith(".png"))
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for number in range(1, 5):
            archive.writestr(f"2026-02-12 10-0{number}.png", picture)
    content = path.read_bytes()
    last = content.rindex(b"PK\x03\x04")
    path.write_bytes(content[: last + 60])
    batches = await run(source_of(ScreenshotsSource, path))
    assert [i.where for b in batches for i in b.items] == [
        f"2026-02-12 10-0{number}.png" for number in range(1, 4)
    ]
    assert [(r.code, r.where) for b in batches for r in b.refusals] == [
        ("zip_broken", "2026-02-12 10-04.png")
    ]


async def test_of_a_chat_in_a_zip_cut_short_the_messages_before_the_cut_are_read(
    tmp_path: Path,
) -> None:
    lines = "".join(
        f"12/02/2026, 11:{n % 60:02d} - Ana: message {n} {n * 7919 % 1000003}\n"
        for n in range(3000)
    )
    path = zipped(tmp_path, {"_chat.txt": lines.encode()})
    path.write_bytes(path.read_bytes()[:8_000])
    batches = await run(source_of(WhatsappSource, path))
    read = sum(len(b.items) for b in batches)
    assert 100 < read < 3000


@given(st.binary(max_size=400), st.integers(0, 400))
@settings(deadline=None)
def test_any_bytes_behind_a_zips_beginning_can_be_looked_at(tail: bytes, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = zipped(Path(folder), {"a.txt": b"bonjour " * 20})
        path.write_bytes(path.read_bytes()[:cut] + tail)
        with contextlib.suppress(FileUnusable):
            archives.open_zip(path).close()
