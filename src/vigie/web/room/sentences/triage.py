"""Sentences of posts and incidents. Never a post's text or an author's handle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from vigie.contracts.findings import URGENCY_LEVELS
from vigie.triage.vocabulary import INCIDENT_STATES, URGENCIES, category_label
from vigie.web.room.sentences import Facts, Sentence

Value = Callable[[Any], object]


def _posts(template: Promise, **values: Value) -> Sentence:
    """A sentence about one or several posts; `values` are made from what was stated of them."""

    def write(facts: Facts) -> str:
        stated = facts.data.get("value", {})
        return facts.fill(
            template, n=facts.leads, **{name: make(stated) for name, make in values.items()}
        )

    return write


def _incident(template: Promise, **values: Value) -> Sentence:
    """A sentence about the incident whose number is in the data; `values` come from the data."""

    def write(facts: Facts) -> str:
        return facts.fill(
            template,
            n=facts.leads,
            number=facts.data["number"],
            **{name: make(facts.data) for name, make in values.items()},
        )

    return write


def _level(stated: Any) -> str:
    level = stated["level"]
    number = URGENCY_LEVELS.index(level) if level in URGENCY_LEVELS else int(level)
    return str(URGENCIES[number].label).lower()


def _rating(stated: Any) -> str:
    return f"{stated.get('reliability', '')}{stated.get('credibility', '')}"


def _place(stated: Any) -> str:
    return str(stated.get("name") or _("a point on the map"))


def _new_state(data: Any) -> str:
    after = data["changes"]["state"][1]
    return str(INCIDENT_STATES[after].label).lower() if after in INCIDENT_STATES else str(after)


_GROUPS = {
    "reliability": "rating", "credibility": "rating", "occurred_at": "time", "geometry": "place",
    "place_name": "place", "place_code": "place", "precision_m": "place", "lon": "place",
    "lat": "place",
}  # fmt: skip


def _fields(data: Any) -> str:
    names: Sequence[str] = data["fields"]
    words = {
        "title": _("title"), "description": _("description"), "category": _("category"),
        "urgency": _("urgency"), "rating": _("rating"), "time": _("time"), "place": _("place"),
        "assignee": _("assignee"), "state": _("state"),
    }  # fmt: skip
    groups = dict.fromkeys(_GROUPS.get(name, name) for name in names)
    return ", ".join(words.get(group, group) for group in groups)


def _arrived(facts: Facts) -> str:
    """New posts, and how many only repeat one that was there."""
    posts, copies = int(facts.data["leads"]), int(facts.data.get("copies", 0))
    parts = []
    if posts:
        parts.append(ngettext("%(n)d new post", "%(n)d new posts", posts) % {"n": posts})
    if copies:
        parts.append(
            ngettext(
                "%(n)d copy of a post seen before", "%(n)d copies of posts seen before", copies
            )
            % {"n": copies}
        )
    return ", ".join(parts)


def _numbered(template: Promise) -> Sentence:
    """A sentence about as many posts as `number` says; not all of them are named."""
    return lambda facts: facts.fill(template, n=int(facts.data["number"]))


SENTENCES: dict[str, Sentence] = {
    "posts.arrived": _arrived,
    "post.edited": _numbered(
        ngettext_lazy("%(n)d post was edited by its author", "%(n)d posts were edited by their authors", "n")
    ),
    "post.deleted": _numbered(
        ngettext_lazy("%(n)d post was deleted by its author", "%(n)d posts were deleted by their authors", "n")
    ),
    "lead.kept": _posts(
        ngettext_lazy("%(actor)s kept a post", "%(actor)s kept %(n)d posts", "n")
    ),
    "lead.dismissed": _posts(
        ngettext_lazy("%(actor)s dismissed a post", "%(actor)s dismissed %(n)d posts", "n")
    ),
    "lead.restored": _posts(
        ngettext_lazy("%(actor)s made a post new again", "%(actor)s made %(n)d posts new again", "n")
    ),
    "lead.urgency_set": _posts(
        ngettext_lazy(
            "%(actor)s set the urgency of a post to “%(level)s”",
            "%(actor)s set the urgency of %(n)d posts to “%(level)s”",
            "n",
        ),
        level=_level,
    ),
    "lead.categorised": _posts(
        ngettext_lazy(
            "%(actor)s put a post under “%(category)s”",
            "%(actor)s put %(n)d posts under “%(category)s”",
            "n",
        ),
        category=lambda stated: category_label(stated["code"]),
    ),
    "lead.rated": _posts(
        ngettext_lazy("%(actor)s rated a post %(code)s", "%(actor)s rated %(n)d posts %(code)s", "n"),
        code=_rating,
    ),
    "lead.located": _posts(
        ngettext_lazy(
            "%(actor)s located a post: %(place)s", "%(actor)s located %(n)d posts: %(place)s", "n"
        ),
        place=_place,
    ),
    "lead.noted": _posts(
        ngettext_lazy("%(actor)s noted on a post", "%(actor)s noted on %(n)d posts", "n")
    ),
    "lead.taken": _posts(
        ngettext_lazy("%(actor)s took a post in hand", "%(actor)s took %(n)d posts in hand", "n")
    ),
    "lead.released": _posts(
        ngettext_lazy("%(actor)s gave a post back", "%(actor)s gave %(n)d posts back", "n")
    ),
    "lead.folded": _posts(
        ngettext_lazy(
            "%(actor)s folded a post as a duplicate",
            "%(actor)s folded %(n)d posts as duplicates",
            "n",
        )
    ),
    "lead.unfolded": _posts(
        ngettext_lazy(
            "%(actor)s took a post out of its duplicates",
            "%(actor)s took %(n)d posts out of their duplicates",
            "n",
        )
    ),
    "lead.undone": _posts(
        ngettext_lazy(
            "%(actor)s undid a gesture on a post", "%(actor)s undid a gesture on %(n)d posts", "n"
        )
    ),
    "lead.author_revealed": _posts(
        gettext_lazy("%(actor)s had the author of a post shown")
    ),
    "lead.frozen": _posts(
        gettext_lazy("%(actor)s froze what a post says, as evidence")
    ),
    "lead.unfrozen": _posts(
        gettext_lazy("%(actor)s lifted the freeze of a post")
    ),
    "incident.opened": _incident(gettext_lazy("%(actor)s opened incident %(number)s")),
    "incident.edited": _incident(
        gettext_lazy("%(actor)s changed incident %(number)s: %(fields)s"), fields=_fields
    ),
    "incident.state_changed": _incident(
        gettext_lazy("%(actor)s marked incident %(number)s “%(state)s”"), state=_new_state
    ),
    "incident.rated": _incident(gettext_lazy("%(actor)s rated incident %(number)s")),
    "incident.located": _incident(gettext_lazy("%(actor)s located incident %(number)s")),
    "incident.assigned": _incident(gettext_lazy("%(actor)s assigned incident %(number)s")),
    "incident.unassigned": _incident(
        gettext_lazy("%(actor)s left incident %(number)s without assignee")
    ),
    "incident.commented": _incident(gettext_lazy("%(actor)s commented on incident %(number)s")),
    "incident.joined": _incident(
        ngettext_lazy(
            "%(actor)s added a post to incident %(number)s",
            "%(actor)s added %(n)d posts to incident %(number)s",
            "n",
        )
    ),
    "incident.left": _incident(
        ngettext_lazy(
            "%(actor)s took a post out of incident %(number)s",
            "%(actor)s took %(n)d posts out of incident %(number)s",
            "n",
        )
    ),
    "incident.merged": _incident(
        gettext_lazy("%(actor)s merged incident %(source)s into %(number)s"),
        source=lambda data: data["source"],
    ),
    "incident.unmerged": _incident(
        gettext_lazy("%(actor)s took incident %(number)s out of %(source)s"),
        source=lambda data: data["source"],
    ),
}  # fmt: skip
