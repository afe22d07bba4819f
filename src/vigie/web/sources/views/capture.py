"""Manual capture: paste a link, a text, a picture; the bookmarklet and the phone's share menu."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore
from vigie.collection.pictures import PictureRefused, rewritten
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, desk_for, operations_of
from vigie.web.sources.capturing import capture
from vigie.web.sources.messages import NETWORKS, picture_refused
from vigie.web.sources.pages import page
from vigie.web.ui.access import at_desk

SALT = "vigie.capture"
AN_HOUR_S = 3_600


class CaptureForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Link"),
        max_length=4_000,
        required=False,
        help_text=gettext_lazy("The address of the publication itself, when it has one."),
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=60_000,
        required=False,
        help_text=gettext_lazy("As it is written there, mistakes included."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    picture = forms.FileField(
        label=gettext_lazy("Screenshot"),
        required=False,
        help_text=gettext_lazy("Choose a file, or paste it anywhere on this page."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    shared_picture = forms.CharField(widget=forms.HiddenInput, required=False)
    description = forms.CharField(
        label=gettext_lazy("What the picture shows"),
        max_length=2_000,
        required=False,
        help_text=gettext_lazy("One sentence, for those who do not see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    network = forms.ChoiceField(
        label=gettext_lazy("Network"),
        choices=(("", gettext_lazy("as the link says")), *NETWORKS),
        required=False,
    )
    author = forms.CharField(
        label=gettext_lazy("Who wrote it"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "@"}),
    )
    published_at = forms.DateTimeField(
        label=gettext_lazy("Published at"),
        required=False,
        help_text=gettext_lazy("Empty: now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"],
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url and not url.lower().startswith(("http://", "https://")):
            if "." in url.partition("/")[0] and " " not in url:
                return f"https://{url}"
            raise forms.ValidationError(_("Write the whole address, beginning with https://."))
        return url

    def clean_picture(self) -> str:
        """The name of the blob that the picture became, "" without one."""
        file = self.cleaned_data["picture"]
        if not isinstance(file, UploadedFile):
            return ""
        try:
            return keep_picture(file)
        except PictureRefused as error:
            raise forms.ValidationError(picture_refused(error.code)) from error

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("picture") and given.get("shared_picture"):
            given["picture"] = _picture_named(given["shared_picture"])
        if not self.errors and not (given.get("url") or given.get("text") or given.get("picture")):
            self.add_error(None, _("Give at least a link, a text or a screenshot."))
        return given


def keep_picture(file: UploadedFile[bytes]) -> str:
    """Write the picture anew and keep it; the blob's name. Raises PictureRefused."""
    picture = rewritten(file)  # type: ignore[arg-type]
    return BlobStore().keep([picture.data], suffix=".webp").name


def _picture_named(token: str) -> str:
    try:
        return str(signing.loads(token, salt=SALT, max_age=AN_HOUR_S))
    except signing.BadSignature:
        return ""


@require_http_methods(["GET", "POST"])
@at_desk(Right.CAPTURE)
def capture_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    with timezone.override(ZoneInfo(desk.operation.time_zone)):
        if request.method == "POST":
            form = CaptureForm(request.POST, request.FILES)
            if form.is_valid():
                captured = capture(by=desk, now=utc_now(), **_given(form))
                if captured.refused is None:
                    words = (
                        _("Captured. It is on the board.")
                        if captured.is_new
                        else _("Somebody had captured it already: it is there once.")
                    )
                    messages.success(request, words)
                    return redirect("sources:capture", slug=desk.operation.slug)
                form.add_error(None, f"{captured.refused.what}. {captured.refused.advice}")
        else:
            form = CaptureForm(initial=_from_address(request))
        return page(
            request,
            desk,
            "capture",
            form=form,
            tab="capture",
            status=422 if form.errors else 200,
        )


def _given(form: CaptureForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "url": given["url"],
        "text": given["text"],
        "network": given["network"],
        "author": given["author"],
        "published_at": given["published_at"],
        "screenshot": given["picture"],
        "description": given["description"],
    }


def _from_address(request: HttpRequest) -> dict[str, str]:
    """What the bookmarklet or the share menu put into the address."""
    url = request.GET.get("url", "").strip()
    text = request.GET.get("text", "").strip()
    title = request.GET.get("title", "").strip()
    if not url and text.rpartition("\n")[2].startswith(("http://", "https://")):
        text, _line, url = text.rpartition("\n")  # phones put the link at the end of the text
    if not url and text.startswith(("http://", "https://")) and " " not in text:
        text, url = "", text
    return {
        "url": url[:4_000],
        "text": (text or title)[:60_000],
        "shared_picture": request.GET.get("picture", ""),
    }


@require_GET
@at_desk(Right.CAPTURE)
def tools(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The bookmarklet of this operation, and how to put Vigie into a phone's share menu."""
    address = request.build_absolute_uri(reverse("sources:capture", args=[desk.operation.slug]))
    script = (
        "(()=>{const s=String(getSelection()),p=new URLSearchParams({url:location.href,"
        "text:s,title:document.title});"
        f"open({json.dumps(address)}+'?'+p,'vigie','width=560,height=820')}})()"
    )
    return page(
        request,
        desk,
        "tools",
        bookmarklet="javascript:" + quote(script, safe="()=>{}.,;:'?+"),
        tab="capture",
    )


@csrf_exempt  # the phone's share menu knows no token; nothing is written but an unnamed picture
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest) -> HttpResponseBase:
    """Where a phone's share menu arrives: on to the capture form of an operation, filled in."""
    given = request.POST if request.method == "POST" else request.GET
    query = {key: given[key] for key in ("title", "text", "url", "picture") if given.get(key)}
    if not isinstance(request.user, User):
        return redirect_to_login(f"{reverse('share')}?{urlencode(query)}")
    file = request.FILES.get("picture")
    if isinstance(file, UploadedFile):
        try:
            query["picture"] = signing.dumps(keep_picture(file), salt=SALT)
        except PictureRefused as error:
            messages.error(request, picture_refused(error.code))
    desks = [desk_for(request.user, operation.slug) for operation in operations_of(request.user)]
    open_to = [desk.operation for desk in desks if desk.may(Right.CAPTURE)]
    targets = [
        (operation, f"{reverse('sources:capture', args=[operation.slug])}?{urlencode(query)}")
        for operation in open_to
    ]
    if len(targets) == 1:
        return redirect(targets[0][1])
    return render(request, "sources/share.html", {"targets": targets})


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """The web app manifest: makes Vigie installable and puts it into the share menu."""
    answer = JsonResponse(
        {
            "name": "Vigie",
            "short_name": "Vigie",
            "description": _("Watch, verify, map and help together."),
            "lang": get_language() or "fr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f4f5f6",
            "theme_color": "#0a5a9c",
            "icons": [
                {
                    "src": static("ui/vigie.svg"),
                    "sizes": "any",
                    "type": "image/svg+xml",
                    "purpose": "any",
                }
            ],
            "share_target": {
                "action": reverse("share"),
                "method": "POST",
                "enctype": "multipart/form-data",
                "params": {
                    "title": "title",
                    "text": "text",
                    "url": "url",
                    "files": [{"name": "picture", "accept": ["image/*"]}],
                },
            },
        },
        json_dumps_params={"ensure_ascii": False},
    )
    answer["Content-Type"] = "application/manifest+json"
    answer["Vary"] = "Accept-Language, Cookie"
    return answer
