"""Channels: where alerts go, how each does, and a test."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right, Role
from vigie.alerting import mail
from vigie.alerting.actions import channels as actions
from vigie.alerting.actions.rules import UnknownChannel
from vigie.alerting.models import Channel
from vigie.alerting.queries import rules as reading
from vigie.contracts.notifiers import ADDRESS, MAIL, NotifierPlugin
from vigie.contracts.plugins import NOTIFIER
from vigie.contracts.registry import UnknownPlugin, plugins
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.web.alerts.messages import explained
from vigie.web.alerts.pages import face, page
from vigie.web.room.words import ROLES, roles_in_words
from vigie.web.sources.config_forms import config_fields, told
from vigie.web.ui.access import at_desk
from vigie.web.ui.context import LANGUAGES


def _kinds() -> dict[str, type[NotifierPlugin]]:
    found = plugins().of_kind(NOTIFIER)
    return {name: each for name, each in found.items() if issubclass(each, NotifierPlugin)}


class ChannelForm(forms.Form):
    """Name, configuration, people, language. What is sealed is asked for and never shown."""

    def __init__(
        self, data: Any = None, *, notifier: type[NotifierPlugin], channel: Channel | None = None
    ) -> None:
        super().__init__(data)
        self.notifier = notifier
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            max_length=actions.NAME_LIMIT,
            initial=channel.name if channel else "",
            help_text=_("As the rules and the journal will name it: “Mattermost of the cell”."),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )
        self.own = config_fields(notifier.manifest)
        for name, field in self.own.items():
            self.fields[name] = field
            if channel is not None:
                field.required = False
                kept = _("Leave empty to keep what is set.")
                field.help_text = f"{kept} {field.help_text}"
        if notifier.reach != ADDRESS:
            self.fields["roles"] = forms.MultipleChoiceField(
                label=_("People, by their role in the operation"),
                choices=[(role.value, ROLES[role]) for role in Role],
                required=False,
                initial=channel.roles if channel else [Role.COORDINATOR.value],
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of the messages"),
            choices=LANGUAGES,
            initial=channel.language if channel else "fr",
            help_text=_("People who chose a language in their account get that one."),
        )

    def given(self) -> dict[str, Any]:
        """What the actions take."""
        config = {
            name: value
            for name in self.own
            if (value := self.cleaned_data.get(name)) not in (None, "")
        }
        return {
            "name": self.cleaned_data["name"],
            "config": config,
            "roles": self.cleaned_data.get("roles", ()),
            "language": self.cleaned_data["language"],
        }


@require_GET
@at_desk(Right.EDIT_ALERTS)
def channel_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    kinds = _kinds()
    lines = [
        {
            "line": line,
            "kind": told(kinds[line.channel.plugin].manifest.label)
            if line.channel.plugin in kinds
            else line.channel.plugin,
            "icon": face(line.channel.plugin),
            "roles": roles_in_words(line.channel.roles),
            "trouble": explained(line.channel.error_code) if line.channel.error_code else "",
        }
        for line in reading.channels(desk)
    ]
    part = request.headers.get("HX-Target") == "channels"
    answer = page(request, desk, "_channels" if part else "channels", tab="channels", lines=lines)
    answer["Vary"] = "HX-Target"
    return answer


@require_GET
@at_desk(Right.EDIT_ALERTS)
def choose(request: HttpRequest, desk: Desk) -> HttpResponse:
    shown = [
        {
            "name": name,
            "label": told(each.manifest.label),
            "help": told(each.manifest.help),
            "icon": face(name),
        }
        for name, each in _kinds().items()
    ]
    return page(request, desk, "channel_choose", tab="channels", kinds=shown)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_ALERTS)
def create(request: HttpRequest, desk: Desk, plugin: str) -> HttpResponse:
    notifier = _kinds().get(plugin)
    if notifier is None:
        raise Http404(plugin)
    form = ChannelForm(request.POST or None, notifier=notifier)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, desk, None)
        if saved is not None:
            messages.success(
                request,
                _("“%(name)s” is set up. Send a test to see it work.") % {"name": saved.name},
            )
            return redirect("alerts:channel", slug=desk.operation.slug, pk=saved.pk)
    return _form(request, desk, form, notifier)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_ALERTS)
def edit(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    channel = _channel(desk, pk)
    notifier = _kinds().get(channel.plugin)
    if notifier is None:
        raise Http404(channel.plugin)
    form = ChannelForm(request.POST or None, notifier=notifier, channel=channel)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, desk, channel)
        if saved is not None:
            messages.success(request, _("Saved: “%(name)s”.") % {"name": saved.name})
            return redirect("alerts:channel", slug=desk.operation.slug, pk=saved.pk)
    return _form(request, desk, form, notifier, channel)


@require_GET
@at_desk(Right.EDIT_ALERTS)
def channel_page(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One channel: how it does, what went through it last."""
    channel = _channel(desk, pk)
    kinds = _kinds()
    part = request.headers.get("HX-Target") == "channel"
    answer = page(
        request,
        desk,
        "_channel" if part else "channel",
        tab="channels",
        channel=channel,
        kind=told(kinds[channel.plugin].manifest.label) if channel.plugin in kinds else "",
        roles=roles_in_words(channel.roles),
        trouble=explained(channel.error_code) if channel.error_code else "",
        written_to_files=channel.plugin in kinds
        and kinds[channel.plugin].reach == MAIL
        and not mail.is_set_up(),
        deliveries=[
            {"row": row, "trouble": explained(row.code) if row.code else ""}
            for row in reading.recent_deliveries(desk, channel)
        ],
    )
    answer["Vary"] = "HX-Target"
    return answer


@require_POST
@at_desk(Right.EDIT_ALERTS)
def do(request: HttpRequest, desk: Desk, pk: int, gesture: str) -> HttpResponse:
    channel, now = _channel(desk, pk), utc_now()
    match gesture:
        case "test":
            number = actions.send_test(channel=channel, by=desk, now=now)
            if number:
                messages.info(
                    request,
                    ngettext(
                        "A test is on its way to %(n)d destination.",
                        "A test is on its way to %(n)d destinations.",
                        number,
                    )
                    % {"n": number},
                )
            else:
                messages.warning(
                    request,
                    _("This channel reaches nobody: no one of these roles, or no device allowed."),
                )
        case "retry":
            number = actions.try_again(channel=channel, by=desk, now=now)
            messages.info(
                request,
                ngettext("%(n)d message is tried again.", "%(n)d messages are tried again.", number)
                % {"n": number},
            )
        case "delete":
            actions.delete_channel(channel=channel, by=desk, now=now)
            messages.success(request, _("“%(name)s” is deleted.") % {"name": channel.name})
            return redirect("alerts:channels", slug=desk.operation.slug)
        case _:
            opened = gesture == "open"
            actions.set_channel_enabled(channel=channel, enabled=opened, by=desk, now=now)
            words = _("“%(name)s” is open again.") if opened else _("“%(name)s” is closed.")
            messages.success(request, words % {"name": channel.name})
    return redirect("alerts:channel", slug=desk.operation.slug, pk=pk)


def _saved(form: ChannelForm, desk: Desk, channel: Channel | None) -> Channel | None:
    """The channel as saved; None when the form now says what stands in the way."""
    try:
        if channel is None:
            return actions.add_channel(
                plugin=form.notifier.manifest.name, by=desk, now=utc_now(), **form.given()
            )
        return actions.change_channel(channel=channel, by=desk, now=utc_now(), **form.given())
    except actions.ChannelInvalid as error:
        field = error.field if error.field in form.fields else next(iter(form.own), None)
        form.add_error(field, explained(error.code))
    except actions.ChannelNameTaken:
        form.add_error("name", _("Another channel has this name. Choose another one."))
    except actions.ChannelNameMissing:
        form.add_error("name", _("Give it a name."))
    except actions.NobodyReached:
        form.add_error("roles", _("Choose at least one role, or write an address."))
    except actions.TooManyChannels:
        form.add_error(None, _("The operation has forty channels: delete one first."))
    except UnknownPlugin as unknown:
        raise Http404 from unknown
    return None


def _form(
    request: HttpRequest,
    desk: Desk,
    form: ChannelForm,
    notifier: type[NotifierPlugin],
    channel: Channel | None = None,
) -> HttpResponse:
    return page(
        request,
        desk,
        "channel_form",
        tab="channels",
        form=form,
        channel=channel,
        label=told(notifier.manifest.label),
        help=told(notifier.manifest.help),
        status=422 if form.errors else 200,
    )


def _channel(desk: Desk, pk: int) -> Channel:
    try:
        return reading.channel_for(desk, pk)
    except UnknownChannel as unknown:
        raise Http404 from unknown
