"""How a public page is answered: cacheable, the same for everybody, with a policy of its own."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

MAX_AGE_S = 60
"""A correction reaches everybody within a minute; a cache in front takes the crowd."""
STALE_S = 86_400
"""How long a cache may go on answering while we do not."""

POLICY: Mapping[str, Any] = {
    "default-src": [NONE],
    "img-src": [SELF],
    "style-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}
"""No script at all: a data block such as JSON-LD is none, and needs no nonce that a cache would
hand to everybody."""

MAP_POLICY: Mapping[str, Any] = {
    **POLICY,
    "script-src": [SELF],
    "connect-src": [SELF, *settings.MAP_TILE_ORIGINS],
    "img-src": [SELF, "data:", "blob:", *settings.MAP_TILE_ORIGINS],
    "worker-src": [SELF],
    "font-src": [SELF],
}
"""Our own scripts from files, no nonce: the page is the same for everybody. It works without them."""

View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """A view without account: GET and HEAD only, under the policy of public pages."""
    return require_safe(csp(dict(POLICY))(wraps(view)(view)))


def embeddable(view: View) -> View:
    """A view that any site may show in a frame."""
    policy = {**POLICY, "frame-ancestors": ["*"]}
    return xframe_options_exempt(require_safe(csp(policy)(wraps(view)(view))))


def mapped(view: View) -> View:
    """A public page that can show a map once somebody asks for it."""
    return require_safe(csp(dict(MAP_POLICY))(wraps(view)(view)))


def embeddable_map(view: View) -> View:
    """The same, that any site may show in a frame."""
    policy = {**MAP_POLICY, "frame-ancestors": ["*"]}
    return xframe_options_exempt(require_safe(csp(policy)(wraps(view)(view))))


def answered(
    request: HttpRequest,
    body: str | bytes,
    *,
    modified: datetime,
    content_type: str = "text/html; charset=utf-8",
    language: str = "",
    exercise: bool = False,
    indexed: bool = True,
    status: int = 200,
    compressed: bool = False,
) -> HttpResponse:
    """The answer with its validators; 304 when the reader has it already.

    What belongs to an exercise is told to no search engine. `compressed` for what is long: nothing
    in a public page is secret, so that its length betrays nothing.
    """
    data = body.encode() if isinstance(body, str) else body
    tag = hashlib.sha256(data).hexdigest()[:32]
    small = compressed and "gzip" in request.headers.get("Accept-Encoding", "")
    if small:
        data, tag = gzip.compress(data, mtime=0), f"{tag}-gzip"
    etag = quote_etag(tag)
    response = HttpResponse(data, content_type=content_type, status=status)
    if small:
        response["Content-Encoding"] = "gzip"
    if compressed:
        response["Vary"] = "Accept-Encoding"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified.timestamp())
    response["Cache-Control"] = (
        f"public, max-age={MAX_AGE_S}, stale-while-revalidate={MAX_AGE_S}, stale-if-error={STALE_S}"
    )
    if language:
        response["Content-Language"] = language
    if exercise or not indexed:
        response["X-Robots-Tag"] = "noindex, nofollow" if exercise else "noindex"
    # By the tag alone: the words may change with the spread, while the version's time does not.
    return get_conditional_response(request, etag=etag, response=response) or response
