"""Files: nothing lost, nothing doubled, wherever reading was cut; what is broken is set aside."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.fakes import ports, run
from vigie.contracts.drafts import PostDraft
from vigie.contracts.plugins import Batch, RawItem, SourceUnreadable, Undecodable
from vigie.kernel.clock import rfc3339
from vigie.plugins.sources import file as plugin
from vigie.plugins.sources.file import FileConfig, FileSource
from vigie.plugins.sources.file.columns import read_moment
from vigie.plugins.sources.file.lines import MAX_LINE
from vigie.plugins.sources.file.sniffing import FileUnusable, preview

pytestmark = pytest.mark.pure


def write(folder: Path, content: str | bytes, name: str = "f") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def source(folder: Path, **config: Any) -> FileSource:
    return FileSource(FileConfig(blob="f", **config), ports(folder=folder))


def post_line(number: int) -> str:
    return (
        f'{{"id": "{number}", "text": "La crue {number}", "created_at": "2026-11-24T01:00:00Z"}}\n'
    )


def decoded(batches: list[Batch], config: Any) -> tuple[list[PostDraft], list[tuple[str, str]]]:
    drafts: list[PostDraft] = []
    refused = [(r.where, r.code) for b in batches for r in b.refusals]
    for raw in (raw for batch in batches for raw in batch.items):
        try:
            draft = FileSource.decode(raw, config)
        except Undecodable as error:
            refused.append((raw.where, error.code))
        else:
            assert isinstance(draft, PostDraft)
            drafts.append(draft)
    return drafts, sorted(refused)


async def test_one_broken_line_among_100_000_costs_that_line_only(tmp_path: Path) -> None:
    lines = [post_line(n) for n in range(1, 100_001)]
    lines[41_999] = '{"id": "42000", "text": "coupée au mi\n'
    write(tmp_path, "".join(lines))
    reader = source(tmp_path)
    batches = await run(reader)
    drafts, refused = decoded(batches, reader.config)
    assert len({d.id for d in drafts}) == len(drafts) == 99_999
    assert refused == [("42000", "bad_json")]
    assert batches[-1].cursor["done"]
    assert batches[-1].progress is not None
    assert batches[-1].progress[0] == batches[-1].progress[1]


async def resumed_everywhere(reader: FileSource) -> None:
    """Stop after each batch, go on from its cursor: the sum is the same as without stopping."""
    whole = await run(reader)
    expected = [raw for batch in whole for raw in batch.items]
    for cut in range(len(whole)):
        before = [raw for batch in whole[: cut + 1] for raw in batch.items]
        cursor = msgspec.json.decode(msgspec.json.encode(whole[cut].cursor))
        after = [raw for batch in await run(reader, cursor) for raw in batch.items]
        assert before + after == expected


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
async def test_a_table_read_in_pieces_is_the_same_table(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "CHUNK", 3)
    text = "id;text;created_at\r\n" + "".join(
        f'{n};"l’été\nà l’Orge ""{n}"" Ċ";2026-11-24 01:00\r\n' for n in range(20)
    )
    if encoding == "cp1252":
        text = text.replace("Ċ", "C")
    path = write(tmp_path, text.encode(encoding))
    found = preview(path)
    assert found.columns == {"id": "id", "text": "text", "created_at": "created_at"}
    reader = source(
        tmp_path,
        format="csv",
        encoding=found.encoding,
        delimiter=found.delimiter,
        columns=found.columns,
    )
    drafts, refused = decoded(await run(reader), reader.config)
    assert not refused
    assert [d.id for d in drafts] == [str(n) for n in range(20)]
    assert drafts[7].text.startswith('l’été\nà l’Orge "7"')
    await resumed_everywhere(reader)


cells = st.text(alphabet="ab;,\"'\n\r é=", max_size=12)


@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=30))
async def test_whatever_the_cells_hold_a_table_comes_back_and_resumes(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("table")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    writer.writerows(rows)
    write(folder, out.getvalue())
    reader = source(folder, format="csv", delimiter=";", columns={"text": "a", "created_at": "b"})
    before, plugin.CHUNK = plugin.CHUNK, 2
    try:
        whole = await run(reader)
        await resumed_everywhere(reader)
    finally:
        plugin.CHUNK = before
    got = [tuple(msgspec.json.decode(raw.payload).values()) for b in whole for raw in b.items]
    assert got == [row for row in rows if any(cell.strip() for cell in row)]


async def test_a_quote_never_closed_costs_its_line_only(tmp_path: Path) -> None:
    rows = "".join(f"{n};La crue;2026-11-24 01:00\n" for n in range(5_000))
    rows = rows.replace("1000;La crue", '1000;"La crue')
    write(tmp_path, "id;text;created_at\n" + rows)
    reader = source(
        tmp_path,
        format="csv",
        delimiter=";",
        columns={"id": "id", "text": "text", "created_at": "created_at"},
    )
    drafts, refused = decoded(await run(reader), reader.config)
    assert refused == [("1002", "unclosed_quote")]
    assert len(drafts) == 4_999


async def test_a_byte_that_is_not_utf_8_costs_its_line_only(tmp_path: Path) -> None:
    good = "".join(f"{n};été {n};2026-11-24 01:00\n" for n in range(50))
    path = write(
        tmp_path, f"id;text;created_at\n{good}".encode() + b"x;\xe9t\xe9;2026-11-24 01:00\n"
    )
    found = preview(path)
    assert found.encoding == "utf-8"
    reader = source(tmp_path, format="csv", delimiter=";", columns=found.columns)
    drafts, refused = decoded(await run(reader), reader.config)
    assert (len(drafts), refused) == (50, [("52", "bad_encoding")])


async def test_a_line_longer_than_any_post_is_set_aside_and_the_next_is_read(
    tmp_path: Path,
) -> None:
    write(tmp_path, post_line(1) + "x" * (MAX_LINE + 10) + "\n" + post_line(2))
    reader = source(tmp_path)
    drafts, refused = decoded(await run(reader), reader.config)
    assert [d.id for d in drafts] == ["1", "2"]
    assert refused == [("2", "line_too_long")]


async def test_a_last_line_without_an_end_is_read(tmp_path: Path) -> None:
    write(tmp_path, post_line(1) + post_line(2).strip())
    reader = source(tmp_path)
    assert len(decoded(await run(reader), reader.config)[0]) == 2


async def test_a_finished_file_is_not_read_again(tmp_path: Path) -> None:
    write(tmp_path, post_line(1))
    reader = source(tmp_path)
    cursor = (await run(reader))[-1].cursor
    assert await run(reader, cursor) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf\r\n", "file_empty"),
        (b"PK\x03\x04rest", "file_is_spreadsheet"),
        (b"%PDF-1.7", "file_is_binary"),
        (b"\x00\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05abc", "file_is_binary"),
        (b'[{"id": 1}]', "file_is_json_array"),
        (b"id;text;date\n", "file_has_no_rows"),
    ],
)
def test_what_cannot_be_imported_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(FileUnusable) as caught:
        preview(write(tmp_path, content))
    assert caught.value.code == code


async def test_a_column_that_is_missing_stops_the_import_before_its_first_line(
    tmp_path: Path,
) -> None:
    write(tmp_path, "id;text\n1;a\n")
    reader = source(
        tmp_path, format="csv", delimiter=";", columns={"text": "text", "created_at": "Date"}
    )
    with pytest.raises(SourceUnreadable) as caught:
        await run(reader)
    assert (caught.value.code, caught.value.detail) == ("file_missing_column", "Date")


async def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        await run(source(tmp_path))
    assert caught.value.code == "file_missing"


def test_columns_are_guessed_by_name_and_by_what_they_hold(tmp_path: Path) -> None:
    found = preview(
        write(
            tmp_path,
            "Auteur,Quand ?,Ce qui est dit,Permalien\n"
            "riverain,24/11/2026 03:12,L’eau monte dans la rue de la Fontaine à Orsay,https://a.fr/1\n"
            "autre,24/11/2026 03:15,Plus de courant depuis une heure dans tout le quartier,\n",
        )
    )
    assert found.delimiter == ","
    assert found.columns == {
        "author.handle": "Auteur",
        "created_at": "Quand ?",
        "text": "Ce qui est dit",
        "url": "Permalien",
    }


def test_columns_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    found = preview(write(tmp_path, "a;a;;a\n1;2;3;4\n"))
    assert found.header == ("a", "a (2)", "#3", "a (3)")


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("24/11/2026 03:12", "2026-11-24T02:12:00Z"),
        ("24/07/2026 03:12:09", "2026-07-24T01:12:09Z"),
        ("24.11.26", "2026-11-23T23:00:00Z"),
        ("24/11/2026 à 3h12", "2026-11-24T02:12:00Z"),
        ("2026-11-24 03:12", "2026-11-24T02:12:00Z"),
        ("2026-11-24T03:12:00+00:00", "2026-11-24T03:12:00Z"),
        ("Sat May 28 10:00:00 +0000 2016", "2016-05-28T10:00:00Z"),
        ("1795489920", "2026-11-24T03:12:00Z"),
        ("1795489920123", "2026-11-24T03:12:00Z"),
    ],
)
def test_dates_of_tables_are_read_in_the_operations_zone(cell: str, moment: str) -> None:
    assert rfc3339(read_moment(cell, zone="Europe/Paris", day_first=True)) == moment


def test_american_dates_are_read_when_asked() -> None:
    found = read_moment("11/24/2026 3:12 PM", zone="America/New_York", day_first=False)
    assert rfc3339(found) == "2026-11-24T20:12:00Z"


def test_unreadable_numbers_and_positions_leave_the_post() -> None:
    config = FileConfig(
        blob="f",
        format="csv",
        columns={"text": "t", "created_at": "d", "lat": "y", "lon": "x", "likes": "n"},
    )
    payload = b'{"t": "eau", "d": "2026-11-24 03:00", "y": "nord", "x": "999", "n": "beaucoup"}'
    draft = FileSource.decode(RawItem(payload=payload), config)
    assert isinstance(draft, PostDraft)
    assert (draft.lat, draft.lon, draft.likes) == (None, None, None)


def test_the_same_row_twice_is_the_same_post() -> None:
    config = FileConfig(blob="f", format="csv", columns={"text": "t", "created_at": "d"})
    row = RawItem(payload=b'{"t": "eau", "d": "2026-11-24 03:00"}')
    assert FileSource.decode(row, config).id == FileSource.decode(row, config).id
