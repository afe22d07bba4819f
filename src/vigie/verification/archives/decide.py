"""What follows from a visit to a page: keep it, refuse it for good, or try again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vigie.contracts.ports import AddressForbidden, FetchError, TooLarge, TooManyRedirects
from vigie.contracts.recording import Recording, ZipBomb
from vigie.verification.archives.reading import is_html

TRIES: Final = 3
"""Then it is stuck where people see it, within three minutes, and they may ask for another try."""

_LASTING: Final = (AddressForbidden, TooLarge, TooManyRedirects, ZipBomb)
_LASTING_CODES: Final = frozenset({"not_http"})
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`state`: kept, refused, stuck, or wanted (try again). `code` says why it is not kept whole."""

    state: str
    code: str = ""


def judge(visit: Recording, *, is_last: bool) -> Verdict:
    """What to do with a visit; `is_last`: there is no other try."""
    if visit.error is not None or not visit.exchanges:
        return _failed(visit.error, is_last)
    last = visit.exchanges[-1]
    page = is_html(last.headers.get("content-type", ""), last.content or b"")
    if last.cut == "too_large":
        return Verdict(state="kept" if page else "refused", code="too_large")
    if last.cut:
        if not is_last:
            return Verdict(state="wanted", code=last.cut)
        return Verdict(state="kept" if page and last.content else "stuck", code=last.cut)
    if last.status in _BUSY and not is_last:
        return Verdict(state="wanted", code="bad_status")
    return Verdict(state="kept")


def _failed(error: FetchError | None, is_last: bool) -> Verdict:
    code = error.code if error is not None else "fetch_failed"
    if isinstance(error, _LASTING) or code in _LASTING_CODES:
        return Verdict(state="refused", code=code)
    return Verdict(state="stuck" if is_last else "wanted", code=code)
