"""A rule explained: what makes it speak, to whom, and when it keeps quiet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.alerting.kinds import (
    Burst,
    Claim,
    HandOff,
    Indicator,
    Kind,
    Measure,
    Place,
    Posts,
    Silence,
    Urgency,
)
from vigie.alerting.words import HARMS, colour, span
from vigie.collection.indicators.words import figure, pace
from vigie.triage.vocabulary import URGENCIES
from vigie.web.alerts.chosen import Chosen


def condition(
    asked: Kind,
    *,
    watches: Mapping[int, str],
    sources: Mapping[int, str],
    communes: Mapping[str, str],
    measures: Mapping[int, Chosen],
) -> str:
    """What makes the rule speak, in one sentence."""
    match asked:
        case Posts(at_least=1):
            return _("Alerts when a new post answers %(watches)s.") % {
                "watches": _named(asked.watches, watches, _("any watch"))
            }
        case Posts():
            return _("Alerts when at least %(n)d posts answer %(watches)s within %(span)s.") % {
                "n": asked.at_least,
                "watches": _named(asked.watches, watches, _("any watch")),
                "span": span(asked.window_s),
            }
        case Burst():
            return _(
                "Alerts when %(watches)s brings clearly more posts in %(span)s than in its last "
                "hours and at this hour of the last days, and at least %(n)d."
            ) % {
                "watches": _named(asked.watches, watches, _("any watch")),
                "span": span(asked.window_s),
                "n": asked.at_least,
            }
        case Urgency():
            return _("Alerts about %(what)s from urgency “%(level)s” on.") % {
                "what": _what(asked.of, _named(asked.watches, watches, "")),
                "level": URGENCIES[asked.level].label,
            }
        case Place():
            places = [communes.get(code, code) for code in asked.places]
            if not asked.level:
                return _("Alerts about %(what)s at %(places)s.") % {
                    "what": _what(asked.of, ""),
                    "places": _either(places),
                }
            return _("Alerts about %(what)s at %(places)s from urgency “%(level)s” on.") % {
                "what": _what(asked.of, ""),
                "places": _either(places),
                "level": URGENCIES[asked.level].label,
            }
        case Indicator():
            return _("Alerts when, of the measures the operation follows, %(what)s.") % {
                "what": _either(_measures(asked))
            }
        case Measure():
            one = measures.get(asked.indicator)
            if one is None:
                return _("The measure this rule looks at is gone: choose another one.")
            return _("Alerts when “%(name)s” %(what)s.") % {
                "name": one.name,
                "what": _either(_limits(asked, one.unit)),
            }
        case Silence():
            return _("Alerts when %(sources)s has had no successful visit for %(span)s.") % {
                "sources": _named(asked.sources, sources, _("a source")),
                "span": span(asked.after_s),
            }
        case Claim(posts=0):
            return _("Alerts when a rumour is written down of harm “%(harm)s” or more.") % {
                "harm": HARMS[asked.harm]
            }
        case Claim():
            return _(
                "Alerts when a rumour of harm “%(harm)s” or more is spread by at least %(n)d posts."
            ) % {"harm": HARMS[asked.harm], "n": asked.posts}
        case HandOff():
            return _("Alerts when a partner has not acknowledged a hand-off within %(span)s.") % {
                "span": span(asked.after_s)
            }
    raise AssertionError(asked)


def telling(ways: Iterable[tuple[str, int]], *, urgent: bool) -> list[str]:
    """Whom it tells: (channel, seconds) of each way out."""
    by_step: dict[int, list[str]] = {}
    for name, after_s in ways:
        by_step.setdefault(after_s, []).append(name)
    found = []
    if 0 in by_step:
        found.append(_("Tells at once: %(channels)s.") % {"channels": _all(by_step.pop(0))})
    else:
        found.append(_("Shows on the screens of the operation."))
    found += [
        _("If nobody acknowledges within %(span)s: %(channels)s.")
        % {"span": span(after_s), "channels": _all(names)}
        for after_s, names in sorted(by_step.items())
    ]
    if urgent:
        found.append(_("It is urgent: quiet hours do not hold it back."))
    return found


def manners(
    *, group_s: int, repeat_s: int, quiet_from: time | None, quiet_until: time | None
) -> list[str]:
    """When it keeps quiet."""
    found = []
    if group_s:
        found.append(
            _("Waits %(span)s for others before the first message.") % {"span": span(group_s)}
        )
    found.append(_("About the same thing, at most every %(span)s.") % {"span": span(repeat_s)})
    if quiet_from is not None and quiet_until is not None:
        found.append(
            _("Quiet from %(begin)s to %(end)s: the alert shows, its message waits.")
            % {"begin": f"{quiet_from:%H:%M}", "end": f"{quiet_until:%H:%M}"}
        )
    return found


def _what(of: str, watches: str) -> str:
    posts = _("posts of %(watches)s") % {"watches": watches} if watches else _("posts")
    if of == "posts":
        return posts
    return _("incidents") if of == "incidents" else _("%(posts)s and incidents") % {"posts": posts}


def _measures(asked: Indicator) -> list[str]:
    words = {
        "threshold": _("one passes a threshold"),
        "rising": _("one rises fast"),
        "colour": _("a colour becomes %(colour)s or worse") % {"colour": colour(asked.colour)},
        "state": _("a road closes or a warning begins"),
        "silent": _("one falls silent"),
    }
    return [words[what] for what in asked.what if what in words]


def _limits(asked: Measure, unit: str) -> list[str]:
    found = []
    if asked.above is not None:
        found.append(_("is at or above %(value)s") % {"value": figure(asked.above, unit)})
    if asked.below is not None:
        found.append(_("is at or below %(value)s") % {"value": figure(asked.below, unit)})
    if asked.rise_per_h is not None:
        found.append(_("rises by %(pace)s or more") % {"pace": pace(asked.rise_per_h, unit)})
    if asked.colour:
        found.append(_("is %(colour)s or worse") % {"colour": colour(asked.colour)})
    if asked.state:
        found.append(_("closes or begins"))
    if asked.silent:
        found.append(_("gives nothing current any more"))
    return found


def _named(ids: Iterable[int], names: Mapping[int, str], everything: str) -> str:
    found = [_("“%(name)s”") % {"name": names[pk]} for pk in ids if pk in names]
    chosen = tuple(ids)
    if len(found) < len(chosen):
        gone = len(chosen) - len(found)
        found.append(ngettext("%(n)d that is gone", "%(n)d that are gone", gone) % {"n": gone})
    return _either(found) if found else everything


def _either(words: list[str]) -> str:
    return get_text_list([str(each) for each in words], _("or"))


def _all(words: list[str]) -> str:
    return get_text_list([str(each) for each in words], _("and"))
