"""`vigie map`: files of places into a layer and layers into files."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import click
import msgspec

from vigie.cli.map_feeds import feeds
from vigie.cli.output import emit, fail
from vigie.collection.blobs import BlobStore
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.imports import run, start_import
from vigie.mapping.actions.layers import LayerRefused, create_layer
from vigie.mapping.exporting import MIME, streamed
from vigie.mapping.files import process
from vigie.mapping.files.types import Choices, FileRefused
from vigie.mapping.queries.exporting import Export, Wanted
from vigie.mapping.queries.layers import visible_layers
from vigie.operations import overview as operations
from vigie.operations.access import Desk, machine_desk
from vigie.triage.queries import incidents

CHUNK = 1 << 20


@click.group("map")
def maps() -> None:
    """Import files of places into the map, export its layers, refresh layers from outside."""


maps.add_command(feeds)


def _desk(slug: str, name: str) -> Desk:
    operation = operations.by_slug(slug)
    if operation is None:
        fail(f"no operation '{slug}'")
    return machine_desk(operation, name)


@maps.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--operation", "-o", "slug", required=True, help="Slug of the operation.")
@click.option("--layer", "-l", required=True, help="Number of a layer, or the name of a new one.")
@click.option("--crs", default="", help="Projection (EPSG:2154) where the file does not say.")
@click.option("--table", default="", help="Table of a GeoPackage, shapefile of a ZIP.")
@click.option("--delete-vanished", is_flag=True, help="Take off what is no longer in the file.")
@click.option("--json", "as_json", is_flag=True, help="Say the outcome as JSON.")
def import_(
    file: Path, slug: str, layer: str, crs: str, table: str, delete_vanished: bool, as_json: bool
) -> None:
    """Import FILE as proposed from what is in it; refused objects are said and counted."""
    by = _desk(slug, "import")
    near = incidents.territory_centre(by)
    asked = Choices(crs=crs, table=table, near=near, zone=by.operation.time_zone)
    try:
        seen = process.look(file, asked)
        rows = {str(row.number): row for row in visible_layers(by)}
        if layer.isdecimal() and layer not in rows:
            fail(f"no layer {layer} in '{slug}'")
        into = rows.get(layer) or create_layer(
            name=layer, theme="reference", origin="imported", by=by, now=utc_now()
        )
        with file.open("rb") as content:
            kept = BlobStore().keep(iter(lambda: content.read(CHUNK), b""))
        row = start_import(
            kept=kept, file_name=file.name, choices=seen.choices, layer=into,
            vanished="delete" if delete_vanished else "keep", background=False, by=by,
            now=utc_now(),
        )  # fmt: skip
    except (FileRefused, LayerRefused) as refused:
        fail(str(refused))
    done = run(row.pk, now=utc_now)
    if done.state != "done":
        fail(f"{done.code or done.state}: {done.detail}".rstrip(": "))
    told = {
        "layer": done.layer.number, "read": done.read, "made": done.made, "changed": done.changed,
        "same": done.same, "kept": done.kept, "gone": done.gone, "refused": done.refused,
        "mended": done.mended, "crs": msgspec.convert(done.choices, Choices).crs,
    }  # fmt: skip
    emit(
        told, as_json=as_json,
        words=f"{done.read} objects: {done.made} new, {done.changed} changed, {done.same} as before, "
        f"{done.kept} kept, {done.gone} gone, {done.refused} refused ({told['crs']})",
    )  # fmt: skip


@maps.command("export")
@click.option("--operation", "-o", "slug", required=True, help="Slug of the operation.")
@click.option("--layer", "-l", "layers", multiple=True, type=int, help="Numbers; all without.")
@click.option("--format", "kind", type=click.Choice(list(MIME)), default="geojson")
@click.option("--as-of", type=int, help="As of this entry of the journal.")
@click.option("--output", "-f", type=click.File("wb"), default="-", help="File to write.")
def export(
    slug: str, layers: tuple[int, ...], kind: str, as_of: int | None, output: IO[bytes]
) -> None:
    """Export layers of an operation as one file."""
    by = _desk(slug, "export")
    rows = [row for row in visible_layers(by) if not layers or row.number in layers]
    if not rows:
        fail("no such layer")
    try:
        for piece in streamed(kind, Export(by, rows, Wanted(as_of=as_of)), now=utc_now()):
            output.write(piece)
    except FileRefused as refused:
        fail(str(refused))
    output.flush()
