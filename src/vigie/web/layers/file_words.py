"""Files of places in words: why one is refused, what was mended, what formats and columns are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

Pair = tuple[Promise, Promise | str]


@dataclass(frozen=True, kw_only=True)
class Said:
    """`what` happened, what to do (`advice`, may be ""), and the machine's own `detail`."""

    what: str
    advice: str = ""
    detail: str = ""


FORMATS: Mapping[str, Promise | str] = {
    "geojson": "GeoJSON",
    "umap": gettext_lazy("uMap export"),
    "kml": "KML",
    "kmz": "KMZ",
    "gpx": "GPX",
    "georss": "GeoRSS",
    "csv": gettext_lazy("Table (CSV)"),
    "shapefile": "Shapefile",
    "geopackage": "GeoPackage",
}

EXPORTS: Mapping[str, tuple[Promise | str, Promise]] = {
    "geojson": ("GeoJSON", gettext_lazy("Keeps everything; read by any web map.")),
    "gpkg": ("GeoPackage", gettext_lazy("For QGIS and other GIS: keeps kinds of values.")),
    "shp": (gettext_lazy("Shapefile (ZIP)"), gettext_lazy("For older GIS: names cut to ten characters, a note says which.")),
    "kml": ("KML", gettext_lazy("For virtual globes.")),
    "kmz": ("KMZ", gettext_lazy("The same, packed.")),
    "gpx": ("GPX", gettext_lazy("For satnavs: areas become their outline.")),
    "csv": ("CSV", gettext_lazy("For spreadsheets: a line an object, its place in columns.")),
}  # fmt: skip

TARGETS: Mapping[str, Promise] = {
    "": gettext_lazy("an attribute, under its name"),
    "skip": gettext_lazy("left out"),
    "id": gettext_lazy("the identifier, to know objects again"),
    "name": gettext_lazy("the name"),
    "note": gettext_lazy("the note"),
    "template": gettext_lazy("the template’s code"),
    "valid_from": gettext_lazy("valid from"),
    "valid_until": gettext_lazy("valid until"),
    "reliability": gettext_lazy("the reliability (A–F)"),
    "credibility": gettext_lazy("the credibility (1–6)"),
    "precision_m": gettext_lazy("the precision in metres"),
    "radius_m": gettext_lazy("the radius of a circle in metres"),
}
PLACES: Mapping[str, Promise] = {
    "x": gettext_lazy("the longitude, or x"),
    "y": gettext_lazy("the latitude, or y"),
    "point": gettext_lazy("latitude and longitude together"),
    "wkt": gettext_lazy("the shape, as WKT"),
    "geojson": gettext_lazy("the shape, as GeoJSON"),
    "commune": gettext_lazy("the commune’s code or name"),
}

PROJECTIONS: Mapping[str, Promise | str] = {
    "EPSG:4326": gettext_lazy("degrees (WGS 84, GPS)"),
    "EPSG:2154": "Lambert-93",
    **{f"EPSG:{3942 + at}": f"CC{42 + at}" for at in range(9)},
    "EPSG:32630": "UTM 30 N",
    "EPSG:32631": "UTM 31 N",
    "EPSG:32632": "UTM 32 N",
    "EPSG:3857": gettext_lazy("Web Mercator"),
    "EPSG:27572": gettext_lazy("Lambert II extended (before 2010)"),
    "EPSG:5490": gettext_lazy("UTM 20 N (Antilles)"),
    "EPSG:2972": gettext_lazy("UTM 22 N (Guyane)"),
    "EPSG:2975": gettext_lazy("UTM 40 S (La Réunion)"),
    "EPSG:4471": gettext_lazy("UTM 38 S (Mayotte)"),
}

SHAPES: Mapping[str, Promise] = {
    "Point": gettext_lazy("Points"),
    "LineString": gettext_lazy("Lines"),
    "Polygon": gettext_lazy("Areas"),
    "MultiPoint": gettext_lazy("Groups of points"),
    "MultiLineString": gettext_lazy("Lines of several parts"),
    "MultiPolygon": gettext_lazy("Areas of several parts"),
    "GeometryCollection": gettext_lazy("Mixed shapes"),
}

CHARSETS: Mapping[str, Promise | str] = {
    "utf-8-sig": "UTF-8",
    "cp1252": gettext_lazy("Windows, western Europe (cp1252)"),
    "latin-1": "ISO 8859-1 (latin-1)",
    "utf-16": gettext_lazy("UTF-16 (some spreadsheets)"),
    "cp850": gettext_lazy("MS-DOS (cp850)"),
}

_REFUSALS: Mapping[str, Pair] = {
    "empty": (gettext_lazy("No place"), gettext_lazy("The object has no geometry, or an empty one.")),
    "kind": (gettext_lazy("Kind of shape not known"), gettext_lazy("Curves and 3D models are not read: turn them into lines or areas first.")),
    "not_geojson": (gettext_lazy("Not a geometry"), ""),
    "not_json": (gettext_lazy("Not readable as JSON"), ""),
    "not_wkt": (gettext_lazy("Shape not readable as WKT"), ""),
    "not_wkb": (gettext_lazy("Shape not readable"), ""),
    "not_a_number": (gettext_lazy("Coordinates that are no numbers"), ""),
    "out_of_range": (gettext_lazy("Coordinates outside the world"), gettext_lazy("The projection may be another one.")),
    "antimeridian": (gettext_lazy("Crosses the 180th meridian in a way that can be read twice"), gettext_lazy("Cut it there into two parts.")),
    "axes": (gettext_lazy("Longitude and latitude seem to be swapped"), gettext_lazy("Tick “latitude first” if the whole file is so.")),
    "too_many": (gettext_lazy("Too many vertices"), gettext_lazy("Simplify the shape in a GIS, then import it again.")),
    "too_many_parts": (gettext_lazy("Too many parts"), gettext_lazy("Cut the object into several.")),
    "too_short": (gettext_lazy("A line of a single point"), ""),
    "flat": (gettext_lazy("An area that covers nothing"), ""),
    "self_crossing": (gettext_lazy("An area that crosses itself beyond repair"), ""),
    "deep": (gettext_lazy("Nested too deep"), ""),
    "too_many_cells": (gettext_lazy("More cells than columns"), gettext_lazy("A separator stands in a text: put the text between quotation marks.")),
    "open_quote": (gettext_lazy("A quotation mark is not closed"), gettext_lazy("The lines after it were read as part of this text and are not imported. Close or remove it, then import the file again.")),
    "place_unknown": (gettext_lazy("Commune not known"), gettext_lazy("Give its INSEE code.")),
    "place_ambiguous": (gettext_lazy("Several communes of that name"), gettext_lazy("Give its INSEE code.")),
    "file_truncated": (gettext_lazy("The file stops in the middle"), gettext_lazy("What is before is imported. Fetch the file again for the rest.")),
    "file_broken": (gettext_lazy("The file is damaged from here on"), gettext_lazy("What is before is imported.")),
}  # fmt: skip

_FAILURES: Mapping[str, Pair] = {
    "unknown_format": (gettext_lazy("Vigie does not know what this file is."), gettext_lazy("It reads GeoJSON, KML, KMZ, GPX, CSV, GeoPackage, a Shapefile in a ZIP, and exports of uMap and Ushahidi.")),
    "empty": (gettext_lazy("There is no object in this file."), gettext_lazy("Check that the export came to its end.")),
    "truncated": (gettext_lazy("The file stops in the middle."), gettext_lazy("Fetch it again.")),
    "broken": (gettext_lazy("The file is damaged."), gettext_lazy("Save it again from the software it comes from.")),
    "doctype": (gettext_lazy("The file has a document type, as attacks do."), gettext_lazy("Neither KML nor GPX needs one: remove it, or be wary of where the file comes from.")),
    "too_large": (gettext_lazy("The file holds too much for one import."), gettext_lazy("Cut it into parts.")),
    "zip_bomb": (gettext_lazy("Unpacked, this ZIP would be far too large."), gettext_lazy("Be wary of where it comes from.")),
    "zip_path": (gettext_lazy("This ZIP wants to write outside its folder."), gettext_lazy("Be wary of where it comes from.")),
    "zip_locked": (gettext_lazy("This ZIP is locked by a password."), gettext_lazy("Unlock it first.")),
    "zip_without": (gettext_lazy("No Shapefile or KML in it."), gettext_lazy("Put the .shp, .shx, .dbf and .prj together into one ZIP.")),
    "needs_projection": (gettext_lazy("The file does not say its projection."), gettext_lazy("Choose it below: Lambert-93 for most French data.")),
    "unknown_projection": (gettext_lazy("Its projection is not known."), gettext_lazy("Choose it below.")),
    "no_geometry": (gettext_lazy("There is no place in this file."), gettext_lazy("Vigie imports what can be put on a map.")),
    "no_table": (gettext_lazy("This part of the file is not there any more."), gettext_lazy("Choose another one.")),
    "too_slow": (gettext_lazy("The file takes too long to read."), gettext_lazy("Cut it into parts.")),
    "too_hungry": (gettext_lazy("The file takes too much memory to read."), gettext_lazy("Cut it into parts.")),
    "crashed": (gettext_lazy("The file made its reader fall over."), gettext_lazy("Save it again from a GIS, for instance as GeoPackage.")),
    "file_missing": (gettext_lazy("The file is not there any more."), gettext_lazy("Hand it in again.")),
}  # fmt: skip

REPAIRS: Mapping[str, Promise] = {
    "altitude": gettext_lazy("altitude left out"),
    "closed": gettext_lazy("outline closed"),
    "repeated": gettext_lazy("repeated vertices removed"),
    "self_crossing": gettext_lazy("area that crossed itself mended"),
    "antimeridian": gettext_lazy("cut at the 180th meridian"),
    "around": gettext_lazy("longitude brought back to ±180°"),
    "flat_part": gettext_lazy("parts that cover nothing left out"),
    "empty_part": gettext_lazy("empty parts left out"),
    "nested": gettext_lazy("nested collections flattened"),
    "one_kind": gettext_lazy("collection of one kind made simple"),
    "by_commune": gettext_lazy("placed at its commune, to 3 km"),
    "value_kept_aside": gettext_lazy("value not understood, kept as an attribute"),
    "attributes_dropped": gettext_lazy("attributes beyond the limit left out"),
    "number_dropped": gettext_lazy("value that is no number left out"),
}

HINTS: Mapping[str, Promise] = {
    "styles": gettext_lazy("Colours and icons of the file are not kept: the layer’s own style is used."),
    "network_link": gettext_lazy("The file points to another one on the web: that one is not fetched."),
    "swapped": gettext_lazy("Latitude stands before longitude in this file; the two are put right."),
    "several_tables": gettext_lazy("The file has several tables; one is imported at a time."),
}  # fmt: skip

STATES: Mapping[str, tuple[Promise, str]] = {
    "waiting": (pgettext_lazy("state of an import", "Waiting"), "clock"),
    "running": (pgettext_lazy("state of an import", "Reading"), "refresh"),
    "cancelling": (pgettext_lazy("state of an import", "Stopping"), "clock"),
    "done": (pgettext_lazy("state of an import", "Imported"), "circle-check"),
    "cancelled": (pgettext_lazy("state of an import", "Stopped"), "x"),
    "failed": (pgettext_lazy("state of an import", "Failed"), "alert-circle"),
}


def refusal(code: str, detail: str = "") -> Said:
    """Why one object was refused."""
    found = _REFUSALS.get(code) or _FAILURES.get(code.removeprefix("file_"))
    if found is None:
        return Said(what=_("Could not be read (%(code)s)") % {"code": code}, detail=detail)
    return Said(what=str(found[0]), advice=str(found[1]), detail=detail)


def failure(code: str, detail: str = "") -> Said:
    """Why a whole file was refused."""
    found = _FAILURES.get(code)
    if found is None:
        return Said(what=_("Could not be read (%(code)s)") % {"code": code}, detail=detail)
    return Said(what=str(found[0]), advice=str(found[1]), detail=detail)


def repairs(codes: str) -> str:
    """What was mended on one object."""
    return ", ".join(str(REPAIRS.get(code, code)) for code in codes.split())
