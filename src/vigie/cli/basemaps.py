"""`vigie basemap`: packs of map tiles for where no network is."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from django.conf import settings
from django.db import DatabaseError
from django.utils.text import slugify

from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.cli.output import emit, fail
from vigie.contracts.ports import AddressForbidden
from vigie.kernel.clock import utc_now
from vigie.mapping.basemaps import areas
from vigie.mapping.basemaps.archive import Archive, PackUnreadable, unpacked
from vigie.mapping.basemaps.areas import Area, AreaUnknown
from vigie.mapping.basemaps.keeping import AnotherPlan, Kept
from vigie.mapping.basemaps.known import Basemap
from vigie.mapping.basemaps.packing import Progress, SourceGone, copy, fetch
from vigie.mapping.basemaps.sources import Source, SourceRefused, source_of
from vigie.mapping.basemaps.writing import NothingToWrite, kind_of, write
from vigie.mapping.queries import basemaps
from vigie.operations import overview as operations
from vigie.pipeline.ports import SystemClock, guarded_http

TILE_BYTES: Final = 20_000
"""What a tile of the IGN's plan or photos takes, about; for the estimate only."""
MOST: Final = 100_000
TOLD_EACH: Final = 250
AREA_HELP: Final = (
    "Code of a commune or département, west,south,east,north, a GeoJSON file, or the slug of an "
    "operation. May be given several times."
)


@click.group("basemap")
def basemap() -> None:
    """Pack map tiles of an area into one file, for where no network is."""


@basemap.command("pack")
@click.option("--area", "-a", "asked", multiple=True, required=True, help=AREA_HELP)
@click.option("--zooms", "-z", default="8-16", show_default=True, help="First and last zoom.")
@click.option("--source", "-s", "wanted", default="ign-plan", show_default=True,
              help="ign-plan, ign-ortho, an address with {z} {x} {y}, an .mbtiles or .pmtiles file, a folder z/x/y.")  # fmt: skip
@click.option("--out", "-f", type=click.Path(path_type=Path), help="File to write; in the data folder without.")  # fmt: skip
@click.option("--name", default="", help="What people choose it by on the map.")
@click.option("--attribution", default="", help="Whose the tiles are.")
@click.option("--licence", default="", help="Under which licence they may be kept.")
@click.option("--around", default=areas.AROUND_M / 1_000, show_default=True, help="Kilometres around a commune's middle.")  # fmt: skip
@click.option(
    "--most", default=MOST, show_default=True, help="Refuse to pack more tiles than this."
)
@click.option("--rate", default=8.0, show_default=True, type=click.FloatRange(0.1, 40), help="Requests a second.")  # fmt: skip
@click.option("--incomplete", is_flag=True, help="Write the pack although tiles are missing.")
@click.option("--dry-run", is_flag=True, help="Say what it would be and stop.")
@click.option("--json", "as_json", is_flag=True, help="Say the outcome as JSON.")
def pack(
    asked: tuple[str, ...], zooms: str, wanted: str, out: Path | None, name: str, attribution: str,
    licence: str, around: float, most: int, rate: float, incomplete: bool, dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Write the tiles of an area into one PMTiles file.

    What is fetched is kept beside it until the file is whole: after a cut, the same command goes on.
    """
    _make(
        asked, zooms, wanted, out, name, attribution, licence, around, most, rate, incomplete,
        dry_run, as_json,
    )  # fmt: skip


@basemap.command("extract")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--area", "-a", "asked", multiple=True, required=True, help=AREA_HELP)
@click.option("--zooms", "-z", default="", help="First and last zoom; all it has without.")
@click.option("--out", "-f", type=click.Path(path_type=Path), help="File to write; in the data folder without.")  # fmt: skip
@click.option("--name", default="", help="What people choose it by on the map.")
@click.option("--around", default=areas.AROUND_M / 1_000, show_default=True, help="Kilometres around a commune's middle.")  # fmt: skip
@click.option("--most", default=10 * MOST, show_default=True, help="Refuse to take more tiles than this.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what it would be and stop.")
@click.option("--json", "as_json", is_flag=True, help="Say the outcome as JSON.")
def extract(
    file: Path, asked: tuple[str, ...], zooms: str, out: Path | None, name: str, around: float,
    most: int, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take an area out of a larger pack (FILE, PMTiles or MBTiles) without any network."""
    _make(
        asked, zooms, str(file), out, name, "", "", around, most, 0.0, False, dry_run, as_json
    )  # fmt: skip


@basemap.command("list")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def list_(as_json: bool) -> None:
    """Say which base maps this installation offers, in the order in which they are tried."""
    rows = []
    for each in (*settings.VIGIE_BASEMAPS, basemaps.folder()):
        if isinstance(each, Basemap):
            rows.append({"code": each.code, "name": str(each.label), "from": each.origin})
        elif not each.exists():
            if each != basemaps.folder():
                rows.append({"code": "", "name": each.name, "fault": "there is no such file"})
        else:
            rows += [_told(path) for path in basemaps.pack_files(each)]
    rows.append({"code": "local", "name": "local base map", "from": "this program"})
    emit({"basemaps": rows}, as_json=as_json, words="\n".join(map(_line, rows)))


@basemap.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def check(file: Path, as_json: bool) -> None:
    """Read every tile of a pack and say what is wrong with it."""
    path = _named(file)
    tiles = faults = 0
    try:
        archive = Archive.open(path)
        for _, data in archive.tiles():
            tiles += 1
            if archive.facts.vector:
                if archive.facts.packed:
                    unpacked(data)
            elif kind_of(data) is None:
                faults += 1
    except PackUnreadable as error:
        fail(f"{path.name}: {error}")
    if faults or tiles != archive.facts.tiles:
        fail(
            f"{path.name}: {faults} tiles are no pictures; {tiles} tiles, {archive.facts.tiles} said"
        )
    emit(_told(path), as_json=as_json, words=f"{_line(_told(path))}\nevery tile can be read")


@basemap.command("remove")
@click.argument("file", type=click.Path(path_type=Path))
def remove(file: Path) -> None:
    """Delete a pack, and what an unfinished one kept."""
    path = _named(file, unfinished=True)
    gone = [each for each in (path, _part(path)) if each.exists()]
    for each in gone:
        each.unlink()
    click.echo(", ".join(each.name for each in gone))


def _make(
    asked: tuple[str, ...], zooms: str, wanted: str, out: Path | None, name: str, attribution: str,
    licence: str, around: float, most: int, rate: float, incomplete: bool, dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    try:
        source = source_of(wanted, attribution=attribution, licence=licence)
        area = areas.joined([_area(each, around * 1_000) for each in asked])
    except (SourceRefused, AreaUnknown) as refused:
        fail(str(refused))
    first, last = _zooms(zooms, source)
    counts = area.count(first, last)
    total = sum(counts.values())
    path = out or basemaps.folder() / f"{_file_name(source, area)}.pmtiles"
    size = "" if source.files else f", about {total * TILE_BYTES / 1e6:,.0f} MB"
    click.echo(
        f"{area.name}, zooms {first} to {last}: {total:,} tiles{size} from {source.name} "
        f"({source.licence or 'licence not stated'}) into {path.name}", err=True,
    )  # fmt: skip
    if total > most:
        fail(
            f"{total} tiles are more than {most}. Take a smaller area or zoom, or say --most {total}."
        )
    if dry_run:
        emit({"tiles": total, "by_zoom": counts, "file": str(path)}, as_json=as_json, words="nothing was fetched")  # fmt: skip
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    if not source.files and free < 2.5 * total * TILE_BYTES:
        fail(
            f"{free // 1_000_000} MB are free on the disk; about {2.5 * total * TILE_BYTES / 1e6:.0f} are needed"
        )
    plan = {
        "source": source.identity,
        "area": sorted(asked),
        "around": around,
        "zooms": [first, last],
    }
    progress = Progress(wanted=total)
    try:
        kept = Kept(_part(path), plan)
    except AnotherPlan:
        fail(
            f"{_part(path).name} was begun for another area or source. Remove it (vigie basemap remove {path.name}) or choose another file."
        )
    except sqlite3.DatabaseError as error:
        fail(
            f"{_part(path).name} cannot be gone on with ({error}). Remove it (vigie basemap remove {path.name})."
        )
    with kept:
        _fill(source, area, (first, last), kept, progress, rate)
        if progress.missing and not incomplete:
            fail(
                f"{progress.missing} of {total} tiles did not come ({progress.last_fault}); the others are kept. Run the same again for those, or add --incomplete."
            )
        told = _metadata(source, area, name, kept, progress)
        try:
            made = write(kept, path, box=area.box, metadata=told)
        except (NothingToWrite, OSError) as error:
            fail(f"{path.name} was not written: {error}")
        tiles, different, holes = kept.counts()
    _part(path).unlink()
    emit(
        {"file": str(path), "tiles": tiles, "different": different, "holes": holes,
         "missing": progress.missing, "bytes": made.state[0]},
        as_json=as_json,
        words=f"{path.name}: {tiles:,} tiles ({different:,} different, {holes:,} holes), {made.state[0] / 1e6:,.1f} MB",
    )  # fmt: skip


def _fill(
    source: Source, area: Area, zooms: tuple[int, int], kept: Kept, progress: Progress, rate: float
) -> None:
    tiles = area.tiles(*zooms)
    if source.files:
        try:
            copy(source.files, tiles, kept, progress)
        except PackUnreadable as error:
            fail(f"{source.name} cannot be read any further: {error}")
        return
    try:
        asyncio.run(_fetch(source.address, tiles, kept, progress, rate))
    except SourceGone as gone:
        fail(
            f"{source.name} gives no more tiles ({gone}); {progress.fetched} came and are kept. Run the same again to go on."
        )
    except AddressForbidden as error:
        fail(
            f"{source.name} may not be asked: {error}. A server in your own network is named in VIGIE_ALLOW_PRIVATE=host:port."
        )
    except KeyboardInterrupt:
        fail(f"stopped; {progress.fetched} tiles came and are kept. Run the same again to go on.")


async def _fetch(address: str, tiles: Any, kept: Kept, progress: Progress, rate: float) -> None:
    http = guarded_http()
    try:
        await fetch(
            address, tiles, kept, progress, http=http, clock=SystemClock(), per_second=rate,
            tell=_tell,
        )  # fmt: skip
    finally:
        await http.close()


def _tell(progress: Progress) -> None:
    if progress.asked % TOLD_EACH == 0:
        click.echo(
            f"{progress.asked:,} of {progress.wanted:,} tiles, {progress.bytes / 1e6:,.1f} MB"
            + (f", {progress.missing} missing" if progress.missing else ""), err=True,
        )  # fmt: skip
        sys.stderr.flush()


def _area(text: str, around_m: float) -> Area:
    try:
        book = gazetteer()
    except GazetteerMissing as missing:
        raise AreaUnknown(str(missing)) from missing
    try:
        return areas.area_of(text, book, around_m=around_m)
    except AreaUnknown:
        try:
            operation = operations.by_slug(text)
        except DatabaseError:  # none was made here yet
            operation = None
        if operation is None:
            raise
    codes = [each.code for each in operations.communes(operation)]
    return areas.area_of_communes(codes, book, name=operation.title, around_m=around_m)


def _zooms(text: str, source: Source) -> tuple[int, int]:
    known = source.files.zooms if source.files else None
    if not text:
        if known is None:
            raise click.UsageError(f"{source.name} does not say its zooms: give --zooms")
        return known
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        raise click.BadParameter("write it as 8-16", param_hint="--zooms")
    least, most = int(first), int(last or first)
    if not 0 <= least <= most <= areas.DEEPEST:
        raise click.BadParameter(f"from 0 to {areas.DEEPEST}", param_hint="--zooms")
    return least, most


def _metadata(
    source: Source, area: Area, name: str, kept: Kept, progress: Progress
) -> dict[str, Any]:
    """What stands in the pack about itself; what the pack it came from says is kept."""
    before: dict[str, Any] = {}
    if source.files and isinstance(archive := getattr(source.files, "archive", None), Archive):
        before = dict(archive.facts.metadata)
    _, _, holes = kept.counts()
    return before | {
        "name": name or f"{source.name} · {area.name}"[:80],
        "attribution": source.attribution, "type": "baselayer", "format": "",
        "vigie": {
            "source": source.identity if "://" in source.identity else Path(source.identity).name,
            "licence": source.licence, "made": utc_now().isoformat(timespec="seconds"),
            "area": area.name, "holes": holes, "missing": progress.missing,
        },
    }  # fmt: skip


def _file_name(source: Source, area: Area) -> str:
    first = source.identity if "://" not in source.identity else source.name
    return slugify(f"{Path(first).stem if source.files else first} {area.name}"[:60]) or "pack"


def _part(path: Path) -> Path:
    """Where tiles are kept until the pack is whole."""
    return path.with_name(f"{path.name}.part")


def _named(file: Path, *, unfinished: bool = False) -> Path:
    """The file itself, or the one of this name in the data folder."""
    here: Sequence[Path] = (file, basemaps.folder() / file, basemaps.folder() / f"{file}.pmtiles")
    for path in here:
        if path.exists() or (unfinished and _part(path).exists()):
            return path
    fail(f"there is no pack {file}")


def _told(path: Path) -> dict[str, Any]:
    try:
        facts = Archive.open(path).facts
    except PackUnreadable as error:
        return {"code": "", "name": path.name, "fault": str(error)}
    ours = facts.metadata.get("vigie")
    told = {
        "code": basemaps.code_of(path), "name": facts.name, "file": str(path),
        "zooms": [facts.min_zoom, facts.max_zoom], "box": facts.box, "tiles": facts.tiles,
        "bytes": path.stat().st_size, "kind": facts.mime, "attribution": facts.attribution,
        "made": ours.get("made", "") if isinstance(ours, dict) else "",
    }  # fmt: skip
    if not facts.drawable:
        told["fault"] = "vector tiles of a scheme the map cannot draw"
    return told


def _line(row: dict[str, Any]) -> str:
    if "fault" in row:
        return f"{row['code'] or '-'}\t{row['name']}\t{row['fault']}"
    if "file" not in row:
        return f"{row['code']}\t{row['name']}\t{row['from']}"
    first, last = row["zooms"]
    return f"{row['code']}\t{row['name']}\tzooms {first} to {last}, {row['tiles']:,} tiles, {row['bytes'] / 1e6:,.1f} MB"
