"""Rules: list, write with the rule explained and tried as one fills it in, pause, delete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.alerting.actions import rules as actions
from vigie.alerting.actions.rules import NAME_LIMIT
from vigie.alerting.judging import watch_names
from vigie.alerting.kinds import KINDS, SettingsInvalid, settings_of
from vigie.alerting.models import Rule
from vigie.alerting.queries import rules as reading
from vigie.alerting.queries.trial import try_rule
from vigie.alerting.words import KINDS as KIND_WORDS
from vigie.collection import sources
from vigie.collection.indicators import queries as indicators
from vigie.kernel.clock import utc_now
from vigie.operations import overview
from vigie.operations.access import Desk
from vigie.web.alerts import rule_words
from vigie.web.alerts.chosen import chosen
from vigie.web.alerts.forms import Choices, RuleForm
from vigie.web.alerts.pages import face, page
from vigie.web.ui.access import at_desk

MEASURES_SHOWN: Final = 40
"""Offered at once; a word of the name finds the others."""


def _choices(desk: Desk, measures: Iterable[int] = (), measure: int | None = None) -> Choices:
    """What a rule may name, in four queries, and these measures. Raises Http404 for one that a form
    is about and that is none of the operation's."""
    wanted = {*measures, *(() if measure is None else (measure,))}
    named = chosen(desk, wanted, now=utc_now())
    if measure is not None and measure not in named:
        raise Http404(measure)
    rows = sources.sources_of(desk).defer("config", "cursor", "controls")
    return Choices(
        watches=tuple(watch_names(desk.operation).items()),
        sources=tuple((row.pk, row.name) for row in rows if sources.is_collected(row)),
        communes=tuple((each.code, each.name) for each in overview.communes(desk.operation)),
        channels=tuple((line.channel.pk, line.channel.name) for line in reading.channels(desk))
        if desk.may(Right.EDIT_ALERTS)
        else (),
        measures=named,
        measure=None if measure is None else named[measure],
    )


@require_GET
@at_desk(Right.SEE_ALERTS)
def rule_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    found = reading.rules(desk)
    choices = _choices(desk, (_measure_of(line.rule) for line in found))
    lines = [
        {
            "line": line,
            "icon": face(line.rule.kind),
            "kind": KIND_WORDS.get(line.rule.kind, line.rule.kind),
            "words": _explained(line.rule, choices),
            "telling": rule_words.telling(
                ((way.channel.name, way.after_s) for way in line.ways), urgent=line.rule.urgent
            ),
        }
        for line in found
    ]
    return page(request, desk, "rules", tab="rules", lines=lines)


@require_GET
@at_desk(Right.EDIT_ALERTS)
def choose(request: HttpRequest, desk: Desk) -> HttpResponse:
    helps = {
        "posts": _("Each new post of a watch, or many of them in a short time."),
        "burst": _("A watch brings clearly more than it usually does at this hour."),
        "urgency": _("A post or an incident in which somebody may be in danger."),
        "place": _("Anything said of a commune that must be known at once."),
        "indicator": _("A river passes a threshold or rises, a vigilance colour gets worse."),
        "measure": _(
            "One gauge, reach, département or road of your choice, with limits of its own."
        ),
        "silence": _("A source stops answering: what it would have told is missing."),
        "handoff": _("A partner does not answer what was handed over."),
        "claim": _("A rumour that may hurt people is written down, or spreads over many posts."),
    }
    kinds = [
        {"name": kind, "label": KIND_WORDS[kind], "help": helps[kind], "icon": face(kind)}
        for kind in KINDS
    ]
    return page(request, desk, "rule_choose", tab="rules", kinds=kinds)


@require_GET
@at_desk(Right.EDIT_ALERTS)
def measures(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Choose the one measure of a rule: all that sources of the operation give, with what each says
    now. `rule`: the rule that is to look at another one."""
    text, rule = request.GET.get("text", "")[:80], request.GET.get("rule", "")
    now = utc_now()
    # Every offer first: it knows the territory; then what each of those shown says.
    offers = indicators.choosable(desk, now=now, text=text)[:MEASURES_SHOWN]
    named = chosen(desk, (each.indicator.pk for each in offers), now=now)
    form = reverse("alerts:rule-new", args=[desk.operation.slug, "measure"])
    if rule.isdecimal():
        form = reverse("alerts:rule", args=[desk.operation.slug, _rule(desk, int(rule)).pk])
    else:
        rule = ""
    near = [named[each.indicator.pk] for each in offers if each.near]
    far = [named[each.indicator.pk] for each in offers if not each.near]
    template = "_measures" if request.headers.get("HX-Request") else "measures"
    return page(
        request, desk, template, tab="rules", near=near, far=far, text=text, form_url=form,
        rule=rule, is_cut=len(offers) == MEASURES_SHOWN,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_ALERTS)
def create(request: HttpRequest, desk: Desk, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404(kind)
    measure = _asked_measure(request) if kind == "measure" else None
    if kind == "measure" and measure is None:
        return redirect("alerts:rule-measures", slug=desk.operation.slug)
    choices = _choices(desk, measure=measure)
    name = choices.measure.name if choices.measure else str(KIND_WORDS[kind])
    form = RuleForm(request.POST or None, kind=kind, choices=choices, name=name[:NAME_LIMIT])
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, desk, None)
        if saved is not None:
            messages.success(request, _("“%(name)s” looks out from now on.") % {"name": saved.name})
            return redirect("alerts:rules", slug=desk.operation.slug)
    return _form(request, desk, form, choices)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_ALERTS)
def edit(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    rule = _rule(desk, pk)
    if rule.kind not in KINDS:
        raise Http404(rule.kind)
    measure = (_asked_measure(request) or _measure_of(rule)) if rule.kind == "measure" else None
    if measure is not None and measure not in chosen(desk, [measure], now=utc_now()):
        again = reverse("alerts:rule-measures", args=[desk.operation.slug])
        return redirect(f"{again}?rule={rule.pk}")
    choices = _choices(desk, measure=measure)
    form = RuleForm(
        request.POST or None, kind=rule.kind, choices=choices, rule=rule,
        ways=tuple(reading.ways_of(rule)),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, desk, rule)
        if saved is not None:
            messages.success(request, _("Saved: “%(name)s”.") % {"name": saved.name})
            return redirect("alerts:rules", slug=desk.operation.slug)
    return _form(request, desk, form, choices, rule)


@require_POST
@at_desk(Right.EDIT_ALERTS)
def trial(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The rule as filled in: in words, and what it would have done in the last 24 hours (`try`)."""
    kind = request.POST.get("kind", "")
    measure = _asked_measure(request) if kind == "measure" else None
    if kind not in KINDS or (kind == "measure" and measure is None):
        raise Http404(kind)
    choices = _choices(desk, measure=measure)
    form = RuleForm(request.POST, kind=kind, choices=choices)
    if not form.is_valid():
        return page(request, desk, "_trial", form=form, words=[], trial=None)
    plan = form.plan()
    try:
        asked = settings_of(kind, dict(plan.settings))
    except SettingsInvalid:
        return page(request, desk, "_trial", form=form, words=[], trial=None)
    found = None
    if "try" in request.POST:
        found = try_rule(
            kind=kind, settings=plan.settings, name=plan.name, group_s=plan.group_s,
            repeat_s=plan.repeat_s, by=desk, now=utc_now(),
        )  # fmt: skip
    names = dict(choices.channels)
    words = [
        _condition(asked, choices),
        *rule_words.telling(
            ((names[pk], after) for pk, after in plan.ways if pk in names), urgent=plan.urgent
        ),
        *rule_words.manners(
            group_s=plan.group_s, repeat_s=plan.repeat_s, quiet_from=plan.quiet_from,
            quiet_until=plan.quiet_until,
        ),
    ]  # fmt: skip
    return page(request, desk, "_trial", form=form, words=words, trial=found)


@require_POST
@at_desk(Right.EDIT_ALERTS)
def do(request: HttpRequest, desk: Desk, pk: int, gesture: str) -> HttpResponse:
    rule, now = _rule(desk, pk), utc_now()
    if gesture == "delete":
        actions.delete_rule(rule=rule, by=desk, now=now)
        words = _("“%(name)s” is deleted. The alerts it raised stay.")
    else:
        active = gesture == "resume"
        actions.set_rule_active(rule=rule, active=active, by=desk, now=now)
        words = _("“%(name)s” looks out again.") if active else _("“%(name)s” is paused.")
    messages.success(request, words % {"name": rule.name})
    return redirect("alerts:rules", slug=desk.operation.slug)


def _saved(form: RuleForm, desk: Desk, rule: Rule | None) -> Rule | None:
    """The rule as saved; None when the form now says what stands in the way."""
    try:
        if rule is None:
            return actions.add_rule(plan=form.plan(), by=desk, now=utc_now())
        return actions.change_rule(
            rule=rule, plan=form.plan(), seen_version=form.cleaned_data["version"] or 0, by=desk,
            now=utc_now(),
        )  # fmt: skip
    except SettingsInvalid as error:
        form.add_error(error.field if error.field in form.fields else None, _("This is not right."))
    except actions.RuleNameTaken:
        form.add_error("name", _("Another rule has this name. Choose another one."))
    except actions.RuleNameMissing:
        form.add_error("name", _("Give it a name."))
    except actions.TooManyRules:
        form.add_error(None, _("The operation has fifty rules: delete one first."))
    except actions.UnknownChannel:
        form.add_error("channels", _("One of these channels was deleted. Choose again."))
    except actions.RuleChanged:
        form.add_error(
            None,
            _("Somebody changed this rule while you were writing. Load the page again to see how."),
        )
    return None


def _form(
    request: HttpRequest,
    desk: Desk,
    form: RuleForm,
    choices: Choices,
    rule: Rule | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "rule": rule,
        "kind": form.kind,
        "kind_words": KIND_WORDS[form.kind],
        "has_channels": bool(choices.channels),
        "words": [_explained(rule, choices)] if rule else [],
        "measure": choices.measure,
    }
    return page(
        request, desk, "rule_form", tab="rules", status=422 if form.errors else 200, **context
    )


def _explained(rule: Rule, choices: Choices) -> str:
    try:
        return _condition(settings_of(rule.kind, rule.settings), choices)
    except SettingsInvalid:
        return _("This rule cannot be read any more: write it anew.")


def _condition(asked: Any, choices: Choices) -> str:
    return rule_words.condition(
        asked, watches=dict(choices.watches), sources=dict(choices.sources),
        communes=dict(choices.communes), measures=choices.measures,
    )  # fmt: skip


def _asked_measure(request: HttpRequest) -> int | None:
    """The indicator that the address or the form names."""
    text = request.POST.get("indicator") or request.GET.get("indicator", "")
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _measure_of(rule: Rule) -> int:
    """The indicator of a rule of that kind; 0, which is none, of any other."""
    found = rule.settings.get("indicator", 0) if rule.kind == "measure" else 0
    return found if isinstance(found, int) else 0


def _rule(desk: Desk, pk: int) -> Rule:
    try:
        return reading.rule_for(desk, pk)
    except actions.UnknownRule as unknown:
        raise Http404 from unknown
