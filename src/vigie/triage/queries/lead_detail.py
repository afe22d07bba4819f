"""Reading one post with all that was said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from vigie.accounts.roles import Right
from vigie.collection.models import Freeze, FrozenFile, Media
from vigie.operations.access import Desk
from vigie.triage.models import Annotation, Lead
from vigie.triage.queries.leads import Line, UnknownLead, lines
from vigie.triage.queries.places import PlaceChoice, in_the_post

COPIES_SHOWN = 20
SAID_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Said:
    """An annotation, and whether it was taken back."""

    annotation: Annotation
    undone: bool


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A category a model thinks of, with its probability (0 … 1, None when it gave none)."""

    code: str
    p: float | None


@dataclass(frozen=True, kw_only=True)
class Detail:
    """A post with all that is known of it.

    `history` is what people said, newest first, without the undoing itself; what the model last
    said is in `guesses` (most probable first), `named` (places of the text) and the line's reasons.
    """

    line: Line
    history: tuple[Said, ...]
    guesses: tuple[Guess, ...]
    named: tuple[PlaceChoice, ...]
    model: str
    media: tuple[Media, ...]
    freezes: tuple[Freeze, ...] = ()
    """Decisions of this operation to keep what the post says, the latest first."""
    copies: tuple[Line, ...] = ()
    copies_cut: bool = False
    head: Line | None = None

    @property
    def freeze(self) -> Freeze | None:
        """The decision that stands."""
        return next((each for each in self.freezes if each.lifted_at is None), None)

    @property
    def other_places(self) -> tuple[PlaceChoice, ...]:
        """The first places the text names beside the one the lead is at."""
        lead = self.line.lead
        here = (lead.place_code, lead.place_name)
        return tuple(each for each in self.named if (each.code, each.name) != here)[:6]


def detail(*, lead: int, by: Desk, now: datetime) -> Detail:
    """One lead in full. Raises UnknownLead."""
    by.require(Right.SEE_BOARD)
    found = lines([lead], by=by, now=now)
    if not found:
        raise UnknownLead(lead)
    line = found[0]
    said = list(
        Annotation.objects.filter(lead=lead).select_related("by").order_by("-pk")[:SAID_SHOWN]
    )
    undone = {each.value["of"] for each in said if each.kind == "undo"}
    folded: list[int] = []
    if line.lead.copies:
        folded = list(
            Lead.objects.filter(folded_into=lead)
            .order_by("pk")
            .values_list("pk", flat=True)[: COPIES_SHOWN + 1]
        )
    head = line.lead.folded_into_id
    return Detail(
        line=line,
        history=tuple(
            Said(annotation=each, undone=each.pk in undone)
            for each in said
            if each.kind != "undo" and not each.model
        ),
        guesses=_guesses(said),
        named=tuple(in_the_post(lead, by)),
        model=next((each.model for each in said if each.model), ""),
        media=tuple(Media.objects.filter(post=line.lead.post_id).order_by("position")),
        freezes=tuple(
            Freeze.objects.filter(operation=by.operation, post=line.lead.post_id)
            .select_related("by", "lifted_by")
            .prefetch_related(Prefetch("files", FrozenFile.objects.order_by("position")))
            .order_by("-pk")
        ),
        copies=lines(folded[:COPIES_SHOWN], by=by, now=now),
        copies_cut=len(folded) > COPIES_SHOWN,
        head=lines([head], by=by, now=now)[0] if head is not None else None,
    )


def _guesses(newest_first: list[Annotation]) -> tuple[Guess, ...]:
    """What the model said of the category when it last looked at the post."""
    said = [each for each in newest_first if each.kind == "category" and each.model]
    last = [each for each in said if each.at == said[0].at and each.model == said[0].model]
    last.sort(key=lambda each: each.value.get("rank", 0))
    return tuple(Guess(code=each.value.get("code", ""), p=each.confidence) for each in last)


def media_of(*, media: int, by: Desk) -> Media:
    """A kept attachment of a post of this operation. Raises UnknownLead."""
    by.require(Right.SEE_BOARD)
    found = Media.objects.filter(
        pk=media, state="fetched", post__leads__operation=by.operation
    ).first()
    if found is None:
        raise UnknownLead(media)
    return found


def frozen_file_of(*, file: int, by: Desk) -> FrozenFile:
    """A kept file of a post that this operation froze. Raises UnknownLead."""
    by.require(Right.SEE_BOARD)
    found = (
        FrozenFile.objects.filter(pk=file, freeze__operation=by.operation).exclude(blob="").first()
    )
    if found is None:
        raise UnknownLead(file)
    return found
