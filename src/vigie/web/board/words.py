"""Vigie's words for what happens on the board: gestures, what stands in the way, annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from vigie.contracts.findings import URGENCY_LEVELS
from vigie.operations.models import Operation
from vigie.triage.actions.leads import Hindrance
from vigie.triage.models import Annotation
from vigie.triage.queries.columns import ColumnView
from vigie.triage.queries.streams import Filters
from vigie.triage.vocabulary import URGENCIES, category_label


def clock(moment: datetime, operation: Operation) -> str:
    """Hours and minutes in the operation's zone."""
    return date_format(moment.astimezone(ZoneInfo(operation.time_zone)), "H:i")


def done(verb: str, count: int) -> str:
    """What a gesture did, for the person who did it."""
    match verb:
        case "keep":
            return ngettext("%(n)d post kept.", "%(n)d posts kept.", count) % {"n": count}
        case "dismiss":
            return ngettext("%(n)d post dismissed.", "%(n)d posts dismissed.", count) % {"n": count}
        case "restore":
            text = ngettext("%(n)d post is new again.", "%(n)d posts are new again.", count)
            return text % {"n": count}
        case "take":
            text = ngettext("%(n)d post in your hands.", "%(n)d posts in your hands.", count)
            return text % {"n": count}
        case "release":
            return ngettext("%(n)d post released.", "%(n)d posts released.", count) % {"n": count}
        case "fold":
            text = ngettext("%(n)d duplicate folded.", "%(n)d duplicates folded.", count)
            return text % {"n": count}
        case "unfold":
            text = ngettext(
                "%(n)d post stands alone again.", "%(n)d posts stand alone again.", count
            )
            return text % {"n": count}
        case "note":
            return _("Note kept.")
        case _:
            text = ngettext("%(n)d post changed.", "%(n)d posts changed.", count)
            return text % {"n": count}


def undone(verb: str, count: int) -> str:
    """What undoing took back."""
    text = ngettext(
        "Undone: %(what)s (%(n)d post).", "Undone: %(what)s (%(n)d posts).", count
    )  # fmt: skip
    return text % {"what": gesture_name(verb), "n": count}


def gesture_name(verb: str) -> str:
    """A gesture by its journal verb, as a noun."""
    match verb:
        case "lead.kept":
            return _("keeping")
        case "lead.dismissed":
            return _("dismissing")
        case "lead.restored":
            return _("making new again")
        case "lead.urgency_set":
            return _("urgency")
        case "lead.categorised":
            return _("category")
        case "lead.rated":
            return _("rating")
        case "lead.located":
            return pgettext("gesture", "place")
        case "lead.noted":
            return _("note")
        case "lead.folded":
            return _("folding")
        case "lead.unfolded":
            return _("unfolding")
        case "lead.taken":
            return _("taking")
        case "lead.released":
            return _("releasing")
        case _:
            return verb


def hindrance(why: Hindrance, operation: Operation) -> str:
    """Why one post was left as it is, and what to do."""
    match why.reason:
        case "held" if why.until is not None:
            return _("%(name)s has it in hand until %(time)s. Nothing was changed.") % {
                "name": why.other, "time": clock(why.until, operation),
            }  # fmt: skip
        case "held":
            return _("%(name)s has it in hand. Nothing was changed.") % {"name": why.other}
        case "changed" if why.other:
            return _(
                "%(name)s changed it in the meantime; you now see it as it is. Nothing was "
                "overwritten. Do it again if you still want to."
            ) % {"name": why.other}  # fmt: skip
        case "changed":
            return _(
                "It changed in the meantime; you now see it as it is. Nothing was overwritten."
            )
        case "backs":
            return _(
                "It backs incident %(number)d: take it out of the incident first. "
                "Nothing was changed."
            ) % {"number": why.incident}  # fmt: skip
        case _:
            return _("It is not in this operation any more.")


def left_over(left: Mapping[int, Hindrance], operation: Operation) -> str:
    """What a bulk gesture left as it was, in one sentence; "" when nothing."""
    if not left:
        return ""
    names = sorted({each.other for each in left.values() if each.other})
    if names:
        text = ngettext("%(n)d was left to %(names)s.", "%(n)d were left to %(names)s.", len(left))
        return text % {"n": len(left), "names": ", ".join(names)}
    numbers = sorted({each.incident for each in left.values() if each.incident is not None})
    if numbers:
        text = ngettext(
            "%(n)d was left as it is: it backs incident %(numbers)s.",
            "%(n)d were left as they are: they back incidents %(numbers)s.",
            len(left),
        )
        return text % {"n": len(left), "numbers": ", ".join(map(str, numbers))}
    text = ngettext("%(n)d could not be changed.", "%(n)d could not be changed.", len(left))
    return text % {"n": len(left)}


def said(annotation: Annotation) -> str:
    """What an annotation states, in words."""
    value = annotation.value if isinstance(annotation.value, dict) else {}
    match annotation.kind:
        case "state":
            words = {
                "kept": _("kept"), "dismissed": _("dismissed"), "new": _("made new again"),
            }.get(str(value.get("state")), str(value.get("state")))  # fmt: skip
            reason = value.get("reason")
            if value.get("incident"):
                return _("kept, for incident %(number)s") % {"number": value["incident"]}
            return words + _(": ") + reason if reason else words
        case "urgency":
            level = str(value.get("level"))
            word = (
                str(URGENCIES[URGENCY_LEVELS.index(level)].label)
                if level in URGENCY_LEVELS
                else level
            )
            return _("urgency: %(level)s") % {"level": word.lower()}
        case "category":
            return _("category: %(label)s") % {"label": category_label(str(value.get("code", "")))}
        case "rating":
            return _("rating: %(code)s") % {
                "code": f"{value.get('reliability', '·')}{value.get('credibility', '·')}"
            }
        case "place":
            name = value.get("name") or value.get("text") or _("a point on the map")
            return _("place: %(name)s") % {"name": name}
        case "duplicate":
            if value.get("of") is None:
                return _("stands alone again")
            return _("says the same as another post")
        case "note":
            return str(value.get("text", ""))
        case "captured":
            return _("captured by hand")
        case "undo":
            return _("undone")
        case other:
            return str(other)


def column_name(column: ColumnView) -> str:
    """The column's title: the person's own, else the watch's, else the kind's."""
    if column.name:
        return column.name
    if column.watch is not None:
        return column.watch.name
    match column.stream.kind:
        case "todo":
            return pgettext("column", "To do")
        case "mine":
            return pgettext("column", "In my hands")
        case "kept":
            return pgettext("column", "Kept")
        case _:
            return column.stream.filters.text or _("All posts")


def empty(column: ColumnView) -> tuple[str, str]:
    """Title and text of a column without lines: what it means and the next gesture."""
    match column.stream.kind:
        case "todo":
            return (
                _("Nothing waits"),
                _("Every post was kept or dismissed. New ones come here, the gravest first."),
            )
        case "mine":
            return (
                _("Nothing in your hands"),
                _("Take a post with t: others see that you have it and leave it to you."),
            )
        case "kept":
            return (
                _("Nothing kept yet"),
                _("Keep what says something useful with e; dismiss the rest with d."),
            )
        case "watch":
            return (
                _("Nothing seen yet"),
                _("Posts that answer this watch come here as they are collected."),
            )
        case _:
            return (
                _("No post found"),
                _("Try fewer words, or take a filter away. A star stands for any ending: inond*"),
            )


def filters_in_words(filters: Filters) -> list[str]:
    """The filters, one short phrase each, without the text."""
    found: list[str] = []
    states = {
        "new": _("new only"), "kept": _("kept only"), "dismissed": _("dismissed only"),
        "all": _("dismissed too"),
    }  # fmt: skip
    if filters.state in states:
        found.append(states[filters.state])
    found += [network(code).name for code in filters.networks]
    found += [language_name(code) for code in filters.languages]
    if filters.category:
        code = "" if filters.category == "-" else filters.category
        found.append(str(category_label(code)))
    if filters.urgency:
        label = str(URGENCIES[filters.urgency].label).lower()
        found.append(
            label if filters.urgency == len(URGENCIES) - 1 else _("%(level)s or more") % {"level": label}
        )  # fmt: skip
    if filters.place:
        found.append(filters.place)
    if filters.media:
        found.append(_("with media"))
    if filters.hours:
        text = ngettext("last hour", "last %(n)d hours", filters.hours)
        found.append(text % {"n": filters.hours})
    return found


def language_name(code: str) -> str:
    """A language by its name; the code itself when we have no name for it."""
    names = {
        "fr": _("French"), "en": _("English"), "es": _("Spanish"), "de": _("German"),
        "it": _("Italian"), "nl": _("Dutch"), "pt": _("Portuguese"), "ar": _("Arabic"),
    }  # fmt: skip
    return names.get(code, code)


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network as it writes its own name."""

    name: str
    icon: str


NETWORKS: Mapping[str, Network] = {
    "mastodon": Network(name="Mastodon", icon="brand-mastodon"),
    "bluesky": Network(name="Bluesky", icon="brand-bluesky"),
    "x": Network(name="X", icon="brand-x"),
    "facebook": Network(name="Facebook", icon="brand-facebook"),
    "instagram": Network(name="Instagram", icon="brand-instagram"),
    "tiktok": Network(name="TikTok", icon="brand-tiktok"),
    "telegram": Network(name="Telegram", icon="brand-telegram"),
    "youtube": Network(name="YouTube", icon="brand-youtube"),
    "reddit": Network(name="Reddit", icon="brand-reddit"),
    "threads": Network(name="Threads", icon="brand-threads"),
    "snapchat": Network(name="Snapchat", icon="brand-snapchat"),
    "whatsapp": Network(name="WhatsApp", icon="brand-whatsapp"),
    "rss": Network(name="RSS", icon="rss"),
}
"""Others are shown as the source names them."""


def network(code: str) -> Network:
    return NETWORKS.get(code) or Network(name=code, icon="world")
