"""Who asks, in which form they read, and the answer with its validators."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vigie.accounts.models import User
from vigie.accounts.queries import user_for_token
from vigie.api.ogc.asking import CRS84, unknown
from vigie.api.ogc.refusals import Refused
from vigie.api.problems import not_found, problem
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, NotAllowed, UnknownOperation, desk_for
from vigie.operations.models import Operation

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
HTML: Final = "text/html"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA: Final = "application/schema+json"
REALM: Final = "vigie"
ROOT: Final = "/ogc/"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One request: of whom (None: nobody known), their desk in the operation it is about (None: it
    is about all they may read), the form they read (`json` or `html`), where."""

    request: HttpRequest
    user: User | None
    desk: Desk | None
    form: str
    media: str
    root: str
    """The landing page's path, with its final slash."""
    base: str
    """Its address, with its final slash."""
    query: Mapping[str, str]
    prefix: str = ""
    """What stands before a collection's own name where those of all operations are served."""

    @property
    def at(self) -> Desk:
        """The desk of a request about one operation."""
        assert self.desk is not None
        return self.desk

    @property
    def operation(self) -> Operation | None:
        """The one operation that is served here, None where all are."""
        return self.desk.operation if self.desk is not None and not self.prefix else None

    def url(self, path: str = "", **query: Any) -> str:
        """An address under the landing page."""
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def path(self, which: str) -> str:
        """Where a collection lies under the landing page, by its own name."""
        return f"collections/{self.prefix}{which}"

    @property
    def here(self) -> str:
        """This resource's path under the landing page."""
        return self.request.path.removeprefix(self.root).strip("/")

    def selves(self, **replaced: Any) -> list[dict[str, str]]:
        """Links to this resource as it is, and in its other form."""
        kept = {name: value for name, value in self.query.items() if name != "f"} | replaced
        other = "html" if self.form == "json" else "json"
        forms = {"json": self.media, "html": HTML}
        words = {"json": _("This document as JSON"), "html": _("This document as HTML")}
        return [
            {"rel": rel, "type": forms[form], "title": words[form],
             "href": self.url(self.here, **kept, f=form)}
            for rel, form in (("self", self.form), ("alternate", other))
        ]  # fmt: skip


View = Callable[..., HttpResponseBase]
Answer = TypeVar("Answer", bound=HttpResponseBase)


def resource(
    *, media: str = JSON, query: Sequence[str] = (), any_query: bool = False
) -> Callable[[View], View]:
    """A resource: GET and HEAD, for who has a token or a session, `query` its parameters besides
    `f`. The view is given a Reading and the parts of the address. Without an operation in the
    address it serves all that the reader may read: to who is nobody, what stands open to all.
    `one` False: the operation is only the beginning of a collection's name."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answering(
            request: HttpRequest, slug: str = "", one: bool = True, **parts: Any
        ) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD"):
                refused = _problem(Refused("method", _("Collections are read only."), status=405))
                refused["Allow"] = "GET, HEAD"
                return refused
            user = who(request)
            if user is None and (slug or request.headers.get("Authorization")):
                return _unknown_person()
            with translation.override(user.language if user else translation.get_language()):
                try:
                    desk = desk_for(user, slug) if user is not None and slug else None
                    form = _form(request, media)
                    asked = _query(request, None if any_query else ("f", *query))
                    root = f"{ROOT}{slug}/" if slug and one else ROOT
                    reading = Reading(
                        request=request, user=user, desk=desk, form=form, media=media, root=root,
                        base=_base(request) + root, query=asked, prefix="" if one else f"{slug}.",
                    )  # fmt: skip
                    return _sealed(view(reading, **parts))
                except UnknownOperation:
                    return _private(not_found())
                except NotAllowed as error:
                    return _problem(
                        Refused("not_allowed", _("Your role does not allow this"), status=403),
                        right=error.right.value,
                    )
                except Refused as refusal:
                    return _problem(refusal)

        return answering

    return decorate


def who(request: HttpRequest) -> User | None:
    """The owner of the token in the request (Bearer, or the password of Basic), else the person
    signed in. A token that does not hold is not made up for by a session."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return request.user if isinstance(request.user, User) else None
    if scheme.lower() == "bearer":
        return user_for_token(given.strip(), utc_now())
    if scheme.lower() == "basic":
        try:
            _name, _colon, secret = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user_for_token(secret.strip(), utc_now())
    return None


def _unknown_person() -> HttpResponse:
    answer = problem(
        401, code="unauthenticated", title=_("Who are you?"),
        detail=_("Send a token as “Authorization: Bearer …”, or as the password of a Basic sign-in. "
                 "It may be revoked or expired."),
    )  # fmt: skip
    answer["WWW-Authenticate"] = f'Basic realm="{REALM}", charset="UTF-8", Bearer realm="{REALM}"'
    return _private(answer)


def _base(request: HttpRequest) -> str:
    return settings.VIGIE_ADDRESS or request.build_absolute_uri("/").rstrip("/")


def _query(request: HttpRequest, known: Sequence[str] | None) -> dict[str, str]:
    asked: dict[str, str] = {}
    for name, values in request.GET.lists():
        if known is not None and name not in known:
            raise unknown(name)
        if len(values) > 1:
            raise Refused("query", _("“%(name)s” is given more than once.") % {"name": name[:60]})
        asked[name] = str(values[0])
    return asked


def _form(request: HttpRequest, media: str) -> str:
    """`json` or `html`, by `f` or what is accepted. Raises Refused (400, 406)."""
    named = request.GET.get("f")
    if named is not None:
        if named not in ("json", "html"):
            raise Refused("f", _("“f” is json or html."))
        return named
    plain = media.partition(";")[0]
    others = (JSON,) if media in (GEOJSON, SCHEMA, OPENAPI) else ()
    best = request.get_preferred_type([plain, *others, HTML])
    if best is None:
        raise Refused(
            "not_acceptable", _("This is served as %(json)s and text/html.") % {"json": plain},
            status=406,
        )  # fmt: skip
    return "html" if best == HTML else "json"


def answered(
    reading: Reading, document: Mapping[str, Any], *, page: str = "", **context: Any
) -> HttpResponse:
    """A small document in the form that is read; 304 when the reader has it already."""
    if reading.form == "html":
        body: str = render_to_string(
            f"ogc/{page}.html", {"reading": reading, "document": document, **context}
        )
        response = HttpResponse(body, content_type=f"{HTML}; charset=utf-8")
    else:
        body = json.dumps(document, ensure_ascii=False)
        response = HttpResponse(body, content_type=reading.media)
    told = body if reading.form == "html" else json.dumps({**document, "timeStamp": None})
    return validated(reading, response, told)


def validated(reading: Reading, response: HttpResponse, told: str) -> HttpResponse:
    """The response with a tag made of what it tells; 304 when the reader has it already."""
    etag = tag(reading, told)
    response["ETag"] = etag
    return get_conditional_response(reading.request, etag=etag, response=response) or response


def tag(reading: Reading, told: str) -> str:
    """A weak validator of an answer: two that tell the same have the same."""
    said = "\n".join((reading.request.get_full_path(), reading.form, translation.get_language() or "", told))  # fmt: skip
    return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def _sealed(response: HttpResponseBase) -> HttpResponseBase:
    response["Content-Language"] = translation.get_language() or "fr"
    if response.get("Content-Type", "").startswith(GEOJSON):
        response["Content-Crs"] = f"<{CRS84}>"
    return _private(response)


def _private(response: Answer) -> Answer:
    """What one person may read is kept by no cache in between."""
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Accept", "Authorization", "Cookie"))
    return response


def _problem(refusal: Refused, **more: Any) -> HttpResponse:
    titles = {
        400: _("The request cannot be read"), 403: _("Your role does not allow this"),
        404: _("Not found"), 405: _("Not done here"), 406: _("Not served in that form"),
    }  # fmt: skip
    answer = problem(
        refusal.status, code=refusal.code, title=titles[refusal.status], detail=refusal.detail,
        **more,
    )  # fmt: skip
    return _private(answer)
