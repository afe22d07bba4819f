"""Cells of a table → the wire form of a post: which column says what, and how it is written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from vigie.contracts.plugins import Undecodable
from vigie.kernel.clock import UnreadableTime, parse_rfc3339, rfc3339
from vigie.kernel.text import fold

FIELDS = (
    "text", "created_at", "id", "url", "network", "lang", "author.handle", "author.name",
    "author.id", "author.followers", "media.url", "reply_to", "repost_of", "lat", "lon",
    "likes", "reposts", "replies",
)  # fmt: skip
"""What a column may be, the two that are needed first."""

REQUIRED = ("text", "created_at")

_ALIASES: dict[str, str] = {
    "text": "text texte message contenu content body tweet full_text post_text publication "
    "description post tweet_text message_text corps hit_sentence snippet",
    "created_at": "created_at date date_de_publication published published_at timestamp time "
    "datetime date_heure horodatage date_publication publication_date created "
    "created_time post_created posted_at heure date_heure_de_publication pubdate utc_date",
    "id": "id id_str tweet_id post_id status_id identifiant message_id guid uri",
    "url": "url link lien permalink adresse post_url tweet_url permalien link_url",
    "network": "network reseau platform plateforme source_type source reseau_social site",
    "lang": "lang language langue",
    "author.handle": "handle username screen_name user_screen_name author_handle pseudo "
    "user_name user author account compte auteur utilisateur from_user",
    "author.name": "name author_name nom nom_auteur display_name user_display_name page_name",
    "author.id": "author_id user_id account_id id_auteur",
    "author.followers": "followers author_followers user_followers_count followers_count abonnes",
    "media.url": "media media_url image image_url photo photo_url video_url media_urls",
    "reply_to": "reply_to in_reply_to_id in_reply_to_status_id in_reply_to",
    "repost_of": "repost_of retweeted_status_id retweet_of",
    "lat": "lat latitude y",
    "lon": "lon lng long longitude x",
    "likes": "likes like_count favorite_count favourites favorites j_aime reactions nb_likes",
    "reposts": "reposts retweets retweet_count shares share_count partages reblogs",
    "replies": "replies reply_count comments comment_count commentaires reponses",
}
_FIELD_OF = {alias: field for field, names in _ALIASES.items() for alias in names.split()}


def guess_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Field → column, by the names of the columns; text and date also by what they hold."""
    found: dict[str, str] = {}
    for field, names in _ALIASES.items():
        rank = {alias: place for place, alias in enumerate(names.split())}
        fitting = [name for name in header if _plain_name(name) in rank]
        if fitting:
            found[field] = min(fitting, key=lambda name: rank[_plain_name(name)])
    free = [name for name in header if name not in found.values()]
    if "created_at" not in found:
        likely = max(free, key=lambda name: _dates(_column(header, rows, name)), default=None)
        if likely and _dates(_column(header, rows, likely)) >= 0.5:
            found["created_at"] = likely
            free.remove(likely)
    if "text" not in found and free:
        longest = max(free, key=lambda name: sum(map(len, _column(header, rows, name))))
        if sum(map(len, _column(header, rows, longest))) > 20 * max(1, len(rows)):
            found["text"] = longest
    return found


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")


def _column(header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> list[str]:
    place = list(header).index(name)
    return [row[place] for row in rows if place < len(row) and row[place].strip()]


def _dates(cells: Sequence[str]) -> float:
    """The share of the cells that read as dates."""
    return sum(map(_reads_as_date, cells)) / len(cells) if cells else 0.0


def _reads_as_date(cell: str) -> bool:
    try:
        read_moment(cell, zone="UTC", day_first=True)
    except UnreadableTime:
        return False
    return not cell.strip().isdigit() or len(cell.strip()) >= 10


_NUMERIC = re.compile(
    r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})"
    r"(?:[ T,]+(?:à\s*)?(\d{1,2})[:hH](\d{2})?(?:[:m](\d{2}))?(?:\.\d+)?\s*([AaPp][Mm])?)?$"
)
_ISO = re.compile(
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[ T]+(\d{1,2})[:hH](\d{2})(?::(\d{2}))?(?:\.\d+)?)?$"
)
_NAMED = re.compile(  # Sat May 28 10:00:00 +0000 2016
    r"^[A-Za-z]{3} ([A-Za-z]{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-]\d{4}) (\d{4})$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_moment(cell: str, *, zone: str, day_first: bool) -> datetime:
    """A date and time as tables hold them, in UTC. Raises UnreadableTime.

    RFC 3339, ISO without a zone, 12/03/2026 14:05 (`day_first`), the networks' own "Sat May 28 …",
    and seconds or milliseconds since 1970. Where no zone is written it is `zone`.
    """
    text = cell.strip()
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC)
    if found := _ISO.match(text):
        year, month, day, hour, minute, second = found.groups()
        return _local(zone, year, month, day, hour, minute, second)
    if found := _NUMERIC.match(text):
        first, second_part, year, hour, minute, second, half = found.groups()
        day, month = (first, second_part) if day_first else (second_part, first)
        if half and hour:
            hour = str(int(hour) % 12 + (12 if half.lower() == "pm" else 0))
        return _local(
            zone, year if len(year) == 4 else f"20{year}", month, day, hour, minute, second
        )
    if found := _NAMED.match(text):
        name, day, hour, minute, second, offset, year = found.groups()
        if name.lower() in _MONTHS:
            month = str(_MONTHS.index(name.lower()) + 1).zfill(2)
            return parse_rfc3339(f"{year}-{month}-{day.zfill(2)}T{hour}:{minute}:{second}{offset}")
    return parse_rfc3339(text)


def _local(
    zone: str,
    year: str,
    month: str,
    day: str,
    hour: str | None,
    minute: str | None,
    second: str | None,
) -> datetime:
    try:
        return datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=ZoneInfo(zone),
        ).astimezone(UTC)  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise UnreadableTime(f"{day}/{month}/{year}") from error


EXTRA = ""
"""Key under which a row keeps the cells that no column names."""


def wire_of(
    row: Mapping[str, Any],
    *,
    columns: Mapping[str, str],
    zone: str,
    day_first: bool,
    network: str,
    lang: str,
) -> dict[str, Any]:
    """The wire form of a row (column → cell). Raises Undecodable `ragged_row`, `bad_date`.

    An id that no column gives is a digest of the row: the same row twice is the same post.
    """
    beyond = row.get(EXTRA)
    extra = [cell for cell in beyond if str(cell).strip()] if isinstance(beyond, list) else []
    if extra:
        raise Undecodable("ragged_row", " | ".join(map(str, extra))[:200])
    given = {
        field: str(row[column]).strip()
        for field, column in columns.items()
        if column in row and str(row[column]).strip()
    }
    wire: dict[str, Any] = {
        "id": given.get("id") or f"row:{_digest(row)}",
        "text": given.get("text"),
        "network": given.get("network") or network,
        "lang": given.get("lang") or lang or None,
    }
    if moment := given.get("created_at"):
        try:
            wire["created_at"] = rfc3339(read_moment(moment, zone=zone, day_first=day_first))
        except UnreadableTime as error:
            raise Undecodable("bad_date", moment[:40]) from error
    for field in ("url", "reply_to", "repost_of"):
        wire[field] = given.get(field)
    for field in ("likes", "reposts", "replies"):
        wire[field] = _count(given.get(field))
    for field in ("lat", "lon"):
        wire[field] = _decimal(given.get(field))
    author = {
        "id": given.get("author.id"),
        "handle": given.get("author.handle"),
        "name": given.get("author.name"),
        "followers": _count(given.get("author.followers")),
    }
    if author["name"] and not author["id"] and not author["handle"]:
        author["id"] = author["name"]
    if author["id"] or author["handle"]:
        wire["author"] = author
    if addresses := given.get("media.url"):
        wire["media"] = [
            {"type": _media_type(address), "url": address}
            for address in re.split(r"[\s;|,]+(?=https?://)", addresses)
        ]
    return wire


def _digest(row: Mapping[str, Any]) -> str:
    joined = "\x1f".join(f"{name}\x1e{cell}" for name, cell in row.items() if name != EXTRA)
    return hashlib.blake2b(joined.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _count(cell: str | None) -> int | str | None:
    """A whole number written with blanks or as "12.0"; what it is not comes back as it is."""
    if not cell:
        return None
    plain = re.sub(r"[\s\u202f\xa0]", "", cell)
    plain = re.sub(r"[.,]0+$", "", plain)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 16 else cell


def _decimal(cell: str | None) -> float | str | None:
    if not cell:
        return None
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell


def _media_type(address: str) -> str:
    path = address.partition("?")[0].lower()
    if path.endswith((".mp4", ".mov", ".webm", ".m4v")):
        return "video"
    return "audio" if path.endswith((".mp3", ".ogg", ".wav", ".m4a")) else "image"
