"""Codes of refusals and failures → what happened and what to do, in the person's language.

Plugins, ports and the pipeline give stable codes; people never see them bare. A code that is not
here (of a plugin from elsewhere) is shown with a general sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.web.sources import measure_messages, network_messages


@dataclass(frozen=True, kw_only=True)
class Said:
    """`what` happened, what to do (`advice`, may be ""), and the machine's own `detail`."""

    what: str
    advice: str = ""
    detail: str = ""


_REFUSALS: dict[str, tuple[Promise, Promise | str]] = {
    "objected": (
        gettext_lazy("This account is on the objection list: nothing was kept"),
        gettext_lazy(
            "Its owner objected to being collected. If a life depends on it, open an incident "
            "without naming the account; the data-protection officer answers for the list."
        ),
    ),
    "bad_json": (
        gettext_lazy("Not readable as JSON"),
        gettext_lazy("The line is cut or wrongly quoted."),
    ),
    "not_object": (
        gettext_lazy("Not a post"),
        gettext_lazy("Each line must hold one JSON object: {…}."),
    ),
    "missing_id": (
        gettext_lazy("No identifier"),
        gettext_lazy("Give each post an “id” of its own."),
    ),
    "bad_id": (
        gettext_lazy("Identifier not usable"),
        gettext_lazy("An id is a text or a whole number."),
    ),
    "missing_text": (gettext_lazy("No text"), gettext_lazy("Check which column holds the text.")),
    "bad_text": (
        gettext_lazy("Text not usable"),
        gettext_lazy("The text must be written between quotes."),
    ),
    "missing_date": (gettext_lazy("No date"), gettext_lazy("Check which column holds the date.")),
    "bad_date": (
        gettext_lazy("Date not readable"),
        gettext_lazy("Write it as 2026-11-24 03:12 or 24/11/2026 03:12."),
    ),
    "implausible_date": (
        gettext_lazy("Date that cannot be right"),
        gettext_lazy("Before 1990 or in the far future: correct the year."),
    ),
    "ragged_row": (
        gettext_lazy("More cells than columns"),
        gettext_lazy("A separator stands in a text: put the text between quotation marks."),
    ),
    "unclosed_quote": (
        gettext_lazy("Quotation mark never closed"),
        gettext_lazy("Close it, or double those inside the text."),
    ),
    "bad_csv": (gettext_lazy("Row not readable"), ""),
    "bad_encoding": (
        gettext_lazy("Characters not readable"),
        gettext_lazy("Save the file again as UTF-8."),
    ),
    "line_too_long": (
        gettext_lazy("Line too long"),
        gettext_lazy("No post has 8 million characters."),
    ),
    "empty_entry": (gettext_lazy("Neither text nor picture"), ""),
    "plugin_failed": (
        gettext_lazy("Makes the source’s plugin fail"),
        gettext_lazy(
            "It was set aside so that the rest could go on. Tell whoever maintains the plugin."
        ),
    ),
    "analysis_failed": (
        gettext_lazy("Makes the analysis fail"),
        gettext_lazy(
            "It was set aside so that the rest could go on. Tell whoever maintains Vigie."
        ),
    ),
    "unstorable": (
        gettext_lazy("Cannot be stored"),
        gettext_lazy("A value in it fits nowhere, a number far too large for example."),
    ),
}
_REFUSALS["item_too_large"] = (
    gettext_lazy("Too large for the stream"),
    gettext_lazy("Only its beginning is kept. The rest is at the source."),
)
_REFUSALS |= network_messages.REFUSALS | measure_messages.REFUSALS


def refusal(code: str, detail: str = "") -> Said:
    """Why one item was set aside."""
    found = _REFUSALS.get(code)
    if found is None:
        return Said(what=_("Could not be read (%(code)s)") % {"code": code}, detail=detail)
    what, advice = found
    return Said(what=str(what), advice=str(advice), detail=detail)


_FAILURES: dict[str, tuple[Promise, Promise | str]] = {
    "source_failed": (
        gettext_lazy("The visit failed."),
        gettext_lazy("Vigie tries again by itself."),
    ),
    "source_refused": (
        gettext_lazy("The server refuses to answer."),
        gettext_lazy("Check the address."),
    ),
    "source_unreadable": (
        gettext_lazy("The answer is not what it should be."),
        gettext_lazy("Check the address."),
    ),
    "fetch_failed": (
        gettext_lazy("The visit failed."),
        gettext_lazy("Vigie tries again by itself."),
    ),
    "unreachable": (
        gettext_lazy("Nobody answers at this address."),
        gettext_lazy("Check how it is written, and that the site works in a browser."),
    ),
    "address_forbidden": (
        gettext_lazy("This address is inside a private network."),
        gettext_lazy("Vigie only visits public addresses that begin with http:// or https://."),
    ),
    "too_large": (
        gettext_lazy("The answer is far too large for a feed."),
        gettext_lazy("Nothing of it was kept. Check the address."),
    ),
    "too_slow": (
        gettext_lazy("The server takes too long to answer."),
        gettext_lazy("Vigie tries again, less and less often."),
    ),
    "too_many_redirects": (
        gettext_lazy("The address sends from one to the other without end."),
        gettext_lazy("Open it in a browser and copy the address you arrive at."),
    ),
    "server_busy": (
        gettext_lazy("The server asks to come back later."),
        gettext_lazy("Vigie waits as long as it asks."),
    ),
    "server_failed": (
        gettext_lazy("The server has a failure of its own."),
        gettext_lazy("Vigie tries again by itself."),
    ),
    "broken_off": (
        gettext_lazy("The connection was cut in the middle."),
        gettext_lazy("Vigie tries again by itself."),
    ),
    "not_http": (
        gettext_lazy("What answers does not speak HTTP."),
        gettext_lazy("Check the address."),
    ),
    "upgrade_refused": (
        gettext_lazy("The server will not open a live connection."),
        gettext_lazy("Vigie tries again by itself."),
    ),
    "source_missing": (
        gettext_lazy("There is nothing at this address."),
        gettext_lazy("Check the address."),
    ),
    "source_forbidden": (
        gettext_lazy("The server does not let Vigie read this."),
        gettext_lazy("Check the settings, or ask the service."),
    ),
    "source_needs_token": (
        gettext_lazy("The service wants an access token, or no longer takes ours."),
        gettext_lazy("Ask the administrator for a new one."),
    ),
    "source_not_json": (
        gettext_lazy("The service answered something else than data."),
        gettext_lazy("It may be under maintenance. Vigie tries again by itself."),
    ),
    "feed_missing": (
        gettext_lazy("There is no page at this address (404)."),
        gettext_lazy("The site may have changed: look for its feed again."),
    ),
    "feed_gone": (
        gettext_lazy("The site says that this feed is closed for good (410)."),
        gettext_lazy("Remove the source or give another address."),
    ),
    "feed_needs_sign_in": (
        gettext_lazy("The site wants people to sign in."),
        gettext_lazy("Vigie reads public feeds only."),
    ),
    "feed_forbidden": (
        gettext_lazy("The site does not let Vigie read this feed (403)."),
        gettext_lazy("Ask the site, or look for another feed."),
    ),
    "feed_empty_answer": (
        gettext_lazy("The server answered with nothing at all."),
        gettext_lazy("Vigie tries again by itself."),
    ),
    "feed_is_html": (
        gettext_lazy("This is a web page, not a feed."),
        gettext_lazy("Look on the site for “RSS”, “Atom” or “feed”."),
    ),
    "feed_not_a_feed": (
        gettext_lazy("What is at this address is not a feed."),
        gettext_lazy("Vigie reads RSS, Atom, RDF and JSON Feed."),
    ),
    "file_missing": (
        gettext_lazy("The file is no longer there."),
        gettext_lazy("Import it again: what was read before is kept and nothing is doubled."),
    ),
    "file_empty": (
        gettext_lazy("The file is empty."),
        gettext_lazy("Export it again from its tool."),
    ),
    "file_is_spreadsheet": (
        gettext_lazy("This is a spreadsheet (Excel, LibreOffice)."),
        gettext_lazy("Open it and save it as CSV, then import that file."),
    ),
    "file_is_binary": (
        gettext_lazy("This is not a file of text."),
        gettext_lazy("Vigie imports CSV tables and JSONL files."),
    ),
    "file_is_json_array": (
        gettext_lazy("This file holds one big JSON list."),
        gettext_lazy(
            "Vigie reads JSONL: one post a line, without brackets around and commas between."
        ),
    ),
    "file_has_no_rows": (
        gettext_lazy("The table has a header and nothing below it."),
        gettext_lazy("Export it again from its tool."),
    ),
    "file_bad_header": (gettext_lazy("The first line is not a header."), ""),
    "file_missing_column": (
        gettext_lazy("A column that was chosen is not in the file."),
        gettext_lazy("Nothing was imported. Choose the columns again."),
    ),
    "plugin_missing": (
        gettext_lazy("The plugin of this source is not installed, or does not load."),
        gettext_lazy("Ask the administrator to look at `vigie doctor`."),
    ),
    "plugin_failed": (
        gettext_lazy("The plugin of this source has a fault."),
        gettext_lazy("What was read before is kept. Tell whoever maintains the plugin."),
    ),
    "store_failed": (
        gettext_lazy("What was read could not be stored."),
        gettext_lazy("It will be read again. If this lasts, look at the disk and the database."),
    ),
    "stream_unreachable": (
        gettext_lazy("The stream server does not answer."),
        gettext_lazy("The collector keeps what it has and tries again. Nothing is lost."),
    ),
    "stream_full": (
        gettext_lazy("The stream is full: the pipeline does not keep up."),
        gettext_lazy("The collector waits. More pipeline workers, or more room, and it goes on."),
    ),
    "stream_behind": (
        gettext_lazy("Much of this source waits to be stored."),
        gettext_lazy("The collector waits until the pipeline has caught up."),
    ),
    "stream_refused": (
        gettext_lazy("The stream server refuses what the source gave."),
        gettext_lazy("Ask the administrator to look at `vigie stream status`."),
    ),
    "config_invalid": (
        gettext_lazy("The settings of this source are not valid."),
        gettext_lazy("Open them and save them again."),
    ),
    "scenario_invalid": (
        gettext_lazy("The scenario cannot be played."),
        gettext_lazy("Correct the file; the line is given below."),
    ),
}
_FAILURES |= network_messages.FAILURES | measure_messages.FAILURES


def failure(code: str, detail: str = "") -> Said:
    """Why a whole visit or a whole file gave nothing."""
    found = _FAILURES.get(code)
    if found is None:
        return Said(
            what=_("The visit failed (%(code)s).") % {"code": code},
            advice=_("Vigie tries again by itself."),
            detail=detail,
        )
    what, advice = found
    return Said(what=str(what), advice=str(advice), detail=detail)


_BATCHES: dict[str, tuple[Promise, Promise | str]] = {
    "store_failed": (
        gettext_lazy("Storing it fails with the same error each time."),
        gettext_lazy("Store it again once the fault is mended, for example after an update."),
    ),
    "source_unusable": (
        gettext_lazy("The plugin or the settings of its source cannot be used."),
        gettext_lazy("Mend the source, then store it again."),
    ),
    "worker_lost": (
        gettext_lazy("Workers died while they had it in hand."),
        gettext_lazy("It may need more memory than they have. Store it again, or throw it away."),
    ),
    "batch_unreadable": (
        gettext_lazy("It is damaged, or written by another version."),
        gettext_lazy("Nothing of it can be read: throw it away."),
    ),
}


def failed_batch(code: str) -> Said:
    """Why a whole batch could not be stored."""
    found = _BATCHES.get(code)
    if found is None:
        return Said(what=_("It could not be stored (%(code)s).") % {"code": code})
    what, advice = found
    return Said(what=str(what), advice=str(advice))


@dataclass(frozen=True, kw_only=True)
class Mood:
    """How a state of health looks: word, colour of the badge, icon, one sentence."""

    word: Promise
    css: str
    icon: str
    meaning: Promise


MOODS: dict[str, Mood] = {
    "never": Mood(word=gettext_lazy("not visited yet"), css="", icon="clock", meaning=gettext_lazy("The first visit is due now.")),
    "ready": Mood(word=gettext_lazy("ready"), css="good", icon="hand-click", meaning=gettext_lazy("People hand things in; nobody visits it.")),
    "live": Mood(word=gettext_lazy("live"), css="good", icon="antenna-bars-5", meaning=gettext_lazy("A collector holds its stream open.")),
    "interrupted": Mood(word=gettext_lazy("interrupted"), css="bad", icon="plug-connected-x", meaning=gettext_lazy("The collector that read it is no longer there. Another one takes it over; nothing is lost.")),
    "stalled": Mood(word=gettext_lazy("hangs"), css="bad", icon="hourglass-empty", meaning=gettext_lazy("Its visit has lasted for a long time and brought nothing.")),
    "waiting": Mood(word=gettext_lazy("waits"), css="bad", icon="hourglass-empty", meaning=gettext_lazy("What it gave cannot be handed over now. The collector keeps it and tries again.")),
    "running": Mood(word=gettext_lazy("being read"), css="accent", icon="loader-2", meaning=gettext_lazy("A collector is reading it.")),
    "ok": Mood(word=gettext_lazy("works"), css="good", icon="check", meaning=gettext_lazy("The last visit brought something.")),
    "unchanged": Mood(word=gettext_lazy("works, nothing new"), css="good", icon="check", meaning=gettext_lazy("It answers, and has nothing new to say.")),
    "empty": Mood(word=gettext_lazy("answers, but empty"), css="warn", icon="circle-dashed", meaning=gettext_lazy("It answers, but holds nothing at all. Is it the right address?")),
    "failing": Mood(word=gettext_lazy("does not answer"), css="bad", icon="alert-triangle", meaning=gettext_lazy("The last visits failed. Vigie tries again by itself.")),
    "refused": Mood(word=gettext_lazy("refused"), css="bad", icon="ban", meaning=gettext_lazy("The other side will not serve us.")),
    "overdue": Mood(word=gettext_lazy("nobody collects"), css="bad", icon="plug-connected-x", meaning=gettext_lazy("Its time came and nobody visited it: no collector runs on this installation.")),
    "paused": Mood(word=gettext_lazy("paused"), css="", icon="player-pause", meaning=gettext_lazy("Not visited until somebody resumes it.")),
    "done": Mood(word=gettext_lazy("finished"), css="good", icon="circle-check", meaning=gettext_lazy("Read to its end.")),
}  # fmt: skip


def picture_refused(code: str) -> str:
    """Why a picture that a person handed in was not taken."""
    match code:
        case "picture_too_large":
            return _(
                "The picture is larger than 20 MB. Make it smaller; the rest of the form is kept."
            )
        case "picture_bomb":
            return _("The picture has more than 50 million pixels: it was not opened.")
        case _:
            return _("This is not a picture Vigie can read (PNG, JPEG, WebP, GIF, BMP, TIFF).")


NETWORKS: tuple[tuple[str, str | Promise], ...] = (
    ("facebook", "Facebook"), ("instagram", "Instagram"), ("x", "X"), ("tiktok", "TikTok"),
    ("snapchat", "Snapchat"), ("whatsapp", "WhatsApp"), ("telegram", "Telegram"),
    ("youtube", "YouTube"), ("threads", "Threads"), ("mastodon", "Mastodon"),
    ("bluesky", "Bluesky"), ("reddit", "Reddit"), ("nextdoor", "Nextdoor"), ("waze", "Waze"),
    ("linkedin", "LinkedIn"), ("discord", "Discord"), ("web", gettext_lazy("web page")),
)  # fmt: skip
"""Where people capture from, the most frequent first. Names as the networks write them."""
