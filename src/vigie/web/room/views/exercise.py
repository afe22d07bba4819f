"""The trainer's screen: start a scenario, steer it, send injects, debrief."""

from __future__ import annotations

from math import isfinite

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.collection import exercise, watches
from vigie.collection.exercise import Playing
from vigie.contracts.exercises import ScenarioCard
from vigie.contracts.findings import URGENCY_LEVELS
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage.queries.debrief import debrief as compare
from vigie.triage.vocabulary import URGENCIES, category_label
from vigie.web.ui.access import at_desk

SPEEDS = (1, 5, 10, 20, 60, 120, 300, 600)
NETWORKS = ("mastodon", "bluesky", "facebook", "x", "instagram", "rss")


@at_desk(Right.RUN_EXERCISE)
def control(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The page; over htmx only the state of the player."""
    state = exercise.playing(desk)
    context: dict[str, object] = {
        "playing": state,
        "speeds": SPEEDS,
        "networks": NETWORKS,
    }
    if state is None:
        context["scenarios"] = [_told(card) for card in exercise.scenarios()]
    else:
        context |= _progress(state)
    if request.headers.get("HX-Request") and state is not None:
        return render(request, "room/_exercise_state.html", context)
    return render(request, "room/exercise.html", context)


@require_POST
@at_desk(Right.RUN_EXERCISE)
def start(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = utc_now()
    try:
        exercise.start_exercise(
            scenario=request.POST.get("scenario", ""),
            speed=_float(request.POST.get("speed")),
            start_at_s=_clock(request.POST.get("start_at", "")),
            by=desk,
            now=now,
        )
    except exercise.NotAnExercise:
        messages.error(request, gettext("This operation is not an exercise: nothing was started."))
    except exercise.ExerciseRunning:
        messages.error(request, gettext("A scenario is playing already."))
    except (exercise.UnknownScenario, exercise.SteeringInvalid):
        messages.error(
            request,
            gettext(
                "Nothing was started: choose a scenario, a speed from 1 to 600 and a time within it."
            ),
        )
    else:
        if "watches" in request.POST:
            _create_watches(request.POST.get("scenario", ""), desk)
        messages.success(request, gettext("The scenario begins as soon as a collector is at work."))
    return redirect("room:exercise", slug=desk.operation.slug)


@require_POST
@at_desk(Right.RUN_EXERCISE)
def steer(request: HttpRequest, desk: Desk) -> HttpResponse:
    """`do`: pause, resume, speed (with `speed`), jump (with `to`, h:mm), restart (with `to`)."""
    now, order = utc_now(), request.POST.get("do", "")
    try:
        if order in ("pause", "resume"):
            exercise.set_paused(paused=order == "pause", by=desk, now=now)
        elif order == "speed":
            exercise.set_speed(speed=_float(request.POST.get("speed")) or 0.0, by=desk, now=now)
        elif order in ("jump", "restart"):
            to_s = _clock(request.POST.get("to", ""))
            if to_s is None:
                raise exercise.SteeringInvalid("to")
            if order == "jump":
                exercise.jump(to_s=to_s, by=desk, now=now)
            else:
                exercise.restart(start_s=to_s, by=desk, now=now)
        else:
            raise exercise.SteeringInvalid("do")
    except exercise.NoExercise as nothing:
        raise Http404 from nothing
    except exercise.SteeringInvalid as refusal:
        messages.error(request, _steering_words(refusal.field))
    return redirect("room:exercise", slug=desk.operation.slug)


@require_POST
@at_desk(Right.RUN_EXERCISE)
def inject(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = utc_now()
    network = request.POST.get("network", "")
    try:
        if request.POST.get("prepared"):
            exercise.inject_prepared(inject=request.POST["prepared"], by=desk, now=now)
        else:
            exercise.inject_post(
                text=request.POST.get("text", ""),
                network=network if network in NETWORKS else NETWORKS[0],
                author=request.POST.get("author", "")[:80],
                official="official" in request.POST,
                by=desk,
                now=now,
            )
    except exercise.NoExercise as nothing:
        raise Http404 from nothing
    except exercise.SteeringInvalid:
        messages.error(request, gettext("Nothing was sent: write the text of the post."))
    else:
        messages.success(request, gettext("The post is on its way."))
    return redirect("room:exercise", slug=desk.operation.slug)


@at_desk(Right.RUN_EXERCISE)
def debrief(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The right answers beside what the team did: for the trainer, after the exercise."""
    try:
        source, expected = exercise.expected(desk)
    except exercise.NoExercise as nothing:
        raise Http404 from nothing
    found = compare(desk, source=source.pk, expected=expected)
    wanted = request.GET.get("show", "grave")
    shown = [one for one in found.outcomes if wanted == "all" or one.grave]
    language = (get_language() or "fr")[:2]
    context = {
        "found": found,
        "show": "all" if wanted == "all" else "grave",
        "rows": [
            {
                "outcome": one,
                "clock": clock_of(one.expected.at_s),
                "category": category_label(one.expected.truth.category),
                "urgency": URGENCIES[URGENCY_LEVELS.index(one.expected.truth.urgency)],
                "claim": one.expected.claim.get(language, ""),
                "team_category": category_label(one.lead.category)
                if one.lead and one.lead.category_by_person
                else "",
            }
            for one in shown
        ],
        "median_min": None if found.median_s is None else round(found.median_s / 60, 1),
    }
    return render(request, "room/debrief.html", context)


def _told(card: ScenarioCard) -> dict[str, object]:
    language = (get_language() or "fr")[:2]
    return {
        "card": card,
        "title": card.title.get(language) or card.name,
        "summary": card.summary.get(language, ""),
        "length": clock_of(card.length_s),
        "start": clock_of(card.demo_start_s),
    }


def _progress(state: Playing) -> dict[str, object]:
    language = (get_language() or "fr")[:2]
    card = state.card
    return {
        "told": _told(card) if card else None,
        "clock": clock_of(state.clock_s or 0),
        "length": clock_of(state.length_s or 0),
        "injects": [
            {"id": one.id, "label": one.label.get(language) or one.id, "text": one.text, "sent": n}
            for one in (card.injects if card else ())
            if (n := _times_sent(state, one.id)) is not None
        ],
    }


def _times_sent(state: Playing, inject: str) -> int:
    orders = state.source.controls.get("injects", [])
    return sum(1 for order in orders if order.get("prepared") == inject)


def _create_watches(scenario: str, desk: Desk) -> None:
    """The scenario's own watches, but for those whose name is taken."""
    card = next((one for one in exercise.scenarios() if one.name == scenario), None)
    taken = {watch.name for watch in watches.watches_of(desk)}
    for name, query in card.watches if card else ():
        if name not in taken:
            watches.create_watch(name=name, query=query, by=desk, now=utc_now())


def clock_of(seconds: float) -> str:
    """Scenario time as "5 h 30"."""
    minutes = int(seconds) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _clock(text: str) -> float | None:
    """Seconds of "5:30" (hours:minutes) or "5"; None when it is neither."""
    hours, _sep, minutes = text.strip().replace("h", ":").replace(" ", "").partition(":")
    if not hours.isdecimal() or not hours.isascii() or len(hours) > 4:
        return None
    if minutes and not (minutes.isdecimal() and minutes.isascii() and int(minutes) < 60):
        return None
    return int(hours) * 3600.0 + int(minutes or 0) * 60.0


def _float(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _steering_words(field: str) -> str:
    return {
        "speed": gettext("Nothing was changed: the speed goes from 1 to 600."),
        "to_s": gettext(
            "Nothing was changed: one moves forward only, and not past the end. To go back, begin anew."
        ),
        "start_s": gettext("Nothing was changed: this time is not within the scenario."),
        "to": gettext("Nothing was changed: write a time like 5:30 (hours and minutes)."),
    }.get(field, gettext("Nothing was changed."))
