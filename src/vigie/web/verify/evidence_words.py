"""Evidence and archives in words: kinds, what they say of the claim, how a copy went, what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vigie.triage.vocabulary import Term
from vigie.verification.actions.evidence import REASON_LEAST, TEXT_LIMIT, TITLE_LIMIT, FieldRefused
from vigie.verification.archives.capturing import PAGE_BYTES
from vigie.verification.archives.decide import TRIES
from vigie.verification.handed import FILE_BYTES
from vigie.verification.models import Archive, Evidence

KINDS: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="link", label=gettext_lazy("Link"), icon="link"),
        Term(code="screenshot", label=gettext_lazy("Screenshot"), icon="screenshot"),
        Term(code="file", label=gettext_lazy("File"), icon="file-text"),
        Term(code="call", label=gettext_lazy("Phone call"), icon="phone"),
        Term(code="statement", label=gettext_lazy("Official statement"), icon="building-bank"),
        Term(code="note", label=gettext_lazy("Note"), icon="note"),
        Term(code="post", label=gettext_lazy("Post of the board"), icon="message"),
    )
}
BEARINGS: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="supports", label=gettext_lazy("Supports it"), icon="plus"),
        Term(code="refutes", label=gettext_lazy("Refutes it"), icon="minus"),
        Term(code="context", label=gettext_lazy("Context"), icon="point"),
    )
}

_REASONS: Mapping[str, Promise] = {
    "address_forbidden": gettext_lazy("it leads to an address inside a network, or to none of the web"),
    "too_large": gettext_lazy("it is larger than what is kept of a page"),
    "too_many_redirects": gettext_lazy("it sends on in circles"),
    "zip_bomb": gettext_lazy("it is made to fill our memory (a zip bomb)"),
    "not_http": gettext_lazy("what answers there does not speak the web’s language"),
    "too_slow": gettext_lazy("no whole answer in time"),
    "unreachable": gettext_lazy("nobody answers at this address"),
    "broken_off": gettext_lazy("the server broke off"),
    "bad_status": gettext_lazy("the server says that it is out of order"),
    "job_failed": gettext_lazy("something failed on our side; the administrator finds it in the logs"),
}  # fmt: skip
_PICTURE: Mapping[str, Promise] = {
    "no_browser": gettext_lazy("Without a picture: no browser is installed here."),
    "browser_failed": gettext_lazy("Without a picture: the browser failed on this page."),
    "browser_too_slow": gettext_lazy("Without a picture: the page took the browser too long."),
    "browser_too_large": gettext_lazy("Without a picture: the page asked too much of the browser."),
}
_ALTERED: Mapping[bool, Promise] = {
    True: gettext_lazy("Intact"),
    False: gettext_lazy("ALTERED"),
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence with its icon; `level`: good, warn, bad or ""."""

    words: str
    icon: str
    level: str = ""


def reason(code: str) -> str:
    """Why a page is not kept, as the rest of a sentence."""
    words = _REASONS.get(code)
    return str(words) if words is not None else _("code %(code)s") % {"code": code}


def state_of(archive: Archive) -> Said:
    """How the copy of a page went, in one sentence."""
    match archive.state:
        case "kept":
            return Said(words=_("The page is kept"), icon="archive", level="good")
        case "refused":
            words = _("Refused: %(reason)s. Add a screenshot instead.")
            return Said(
                words=words % {"reason": reason(archive.code)}, icon="shield-x", level="bad"
            )
        case "stuck":
            words = _("Could not be kept: %(reason)s.")
            return Said(
                words=words % {"reason": reason(archive.code)}, icon="alert-triangle", level="warn"
            )
        case "expired":
            words = _("Its time was over: the copy is gone, its hash stays.")
            return Said(words=words, icon="clock-off")
    tries = int(archive.facts.get("tries", 0))
    if not tries:
        return Said(words=_("The page is being kept …"), icon="loader-2")
    words = _("Try %(n)s of %(all)s: %(reason)s. It is tried again by itself.")
    told = {"n": tries, "all": TRIES, "reason": reason(archive.facts.get("last", ""))}
    return Said(words=words % told, icon="loader-2", level="warn")


def facts_of(archive: Archive) -> list[Said]:
    """What else is true of a kept copy; what stands in the way of reading it comes first."""
    return [*_troubles(archive), *_notes(archive)] if archive.state == "kept" else []


def _troubles(archive: Archive) -> Iterator[Said]:
    facts = archive.facts
    cut = {
        "too_large": _("Only its first %(n)d MB are kept: it goes on.") % {"n": PAGE_BYTES // 1_000_000},
        "too_slow": _("Only what had come in time is kept."),
        "broken_off": _("The server broke off: what had come is kept."),
    }  # fmt: skip
    walls = {
        "login_wall": _("It asks to sign in instead of showing the page. Add a screenshot."),
        "cookie_wall": _("It shows a cookie banner instead of the page. Add a screenshot."),
        "robot_wall": _("It asks whether a person is there instead of showing the page. Add a screenshot."),
    }  # fmt: skip
    if facts.get("http_error"):
        yield _warn(
            _("The server answered %(status)s: this is what it shows instead of the page.")
            % {"status": facts["http_error"]}
        )
    if facts.get("truncated") in cut:
        yield _warn(cut[facts["truncated"]])
    walled = [words for code, words in walls.items() if facts.get(code)]
    for words in walled:
        yield _warn(words)
    if facts.get("script_only") and not walled:
        if facts.get("rendered"):
            yield Said(words=_("Drawn by scripts: words and picture are as the browser showed them."), icon="code")  # fmt: skip
        else:
            yield _warn(_("Drawn by scripts: the copy holds next to no words. Add a screenshot."))
    if facts.get("charset_broken"):
        yield Said(
            words=_("Its letters are announced wrongly (%(said)s); read as %(read)s.")
            % {"said": facts["charset_broken"], "read": facts.get("charset", "?")},
            icon="typography",
        )
    if facts.get("unreadable"):
        yield _warn(_("It is packed in a way that cannot be read; the bytes are kept."))
    if facts.get("empty"):
        yield _warn(_("The answer is empty."))


def _notes(archive: Archive) -> Iterator[Said]:
    facts = archive.facts
    hops = len(facts.get("hops", ()))
    if hops:
        words = ngettext(
            "Sent on %(n)s time, to %(host)s.", "Sent on %(n)s times, to %(host)s.", hops
        )
        host = urlsplit(archive.final_url).hostname or archive.final_url
        yield Said(words=words % {"n": hops, "host": host}, icon="corner-down-right")
    if facts.get("moved_by_script"):
        host = urlsplit(str(facts["moved_by_script"])).hostname or ""
        yield Said(
            words=_("Its scripts lead on to %(host)s.") % {"host": host}, icon="corner-down-right"
        )
    if facts.get("refused_inside"):
        yield _warn(_("The page tried to reach an address inside the network; it was refused."))
    if facts.get("picture") in _PICTURE:
        yield Said(words=str(_PICTURE[facts["picture"]]), icon="photo-off")


def _warn(words: str) -> Said:
    return Said(words=words, icon="alert-triangle", level="warn")


def intact_of(row: Archive | Evidence) -> Said | None:
    """Whether its file is as it was; None before anybody looked. The template adds the time."""
    if row.intact is None:
        return None
    return Said(
        words=str(_ALTERED[row.intact]), icon="shield-check" if row.intact else "shield-x",
        level="good" if row.intact else "bad",
    )  # fmt: skip


_FIELDS: Mapping[tuple[str, str], Promise] = {
    ("url", "missing"): gettext_lazy("Give the address of the page."),
    ("url", "not_http"): gettext_lazy("Write the whole address, beginning with https://."),
    ("url", "credentials"): gettext_lazy("This address holds a name and a password: take them out."),
    ("url", "too_long"): gettext_lazy("This address is too long to be one."),
    ("file", "missing"): gettext_lazy("Choose a file, or paste a screenshot."),
    ("file", "file_empty"): gettext_lazy("This file is empty."),
    ("file", "file_too_large"): gettext_lazy("This file is too large: at most %(mb)d MB (pictures 20 MB)."),
    ("file", "not_a_picture"): gettext_lazy("This is no picture that can be read. Add it as a file."),
    ("file", "picture_bomb"): gettext_lazy("This picture is too large to be shown. Add it as a file."),
    ("title", "missing"): gettext_lazy("Say in a few words what it shows."),
    ("title", "too_long"): gettext_lazy("At most %(title)d characters: say only what it shows."),
    ("text", "missing"): gettext_lazy("Write what was said or seen."),
    ("text", "too_long"): gettext_lazy("At most %(text)d characters."),
    ("who", "missing"): gettext_lazy("Say whom you called."),
    ("happened_at", "future"): gettext_lazy("This time has not come yet."),
    ("happened_at", "unreadable"): gettext_lazy("This time cannot be read."),
    ("lead", "missing"): gettext_lazy("Choose a post of this claim."),
    ("reason", "missing"): gettext_lazy("Say why in a sentence (at least %(reason)d characters)."),
    ("bearing", "unknown"): gettext_lazy("Choose what it says about the claim."),
    ("kind", "unknown"): gettext_lazy("Choose what it is."),
}  # fmt: skip
_LIMITS = {
    "mb": FILE_BYTES // 1_000_000, "title": TITLE_LIMIT, "text": TEXT_LIMIT, "reason": REASON_LEAST,
}  # fmt: skip


def refused(refusal: FieldRefused) -> str:
    """One sentence on a field."""
    words = _FIELDS.get((refusal.field, refusal.code))
    if words is None:
        raise refusal
    return str(words) % _LIMITS
