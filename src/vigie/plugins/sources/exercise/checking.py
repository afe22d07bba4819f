"""The sense of a scenario: identities, references, times, codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from vigie.contracts.findings import URGENCY_LEVELS
from vigie.contracts.truth import Truth
from vigie.plugins.sources.exercise.problems import Problem, ScenarioInvalid
from vigie.plugins.sources.exercise.scenario import (
    CATEGORIES,
    HOSTS,
    TEXT_LIMIT,
    Account,
    Event,
    Inject,
    InjectSpec,
    PartSpec,
    Post,
    PostSpec,
    Scenario,
    ScenarioSpec,
    TruthSpec,
    seconds,
)

_COMMUNE = re.compile(r"^(?:\d{5}|2[AB]\d{3})$")


class Finder(Protocol):
    """Tells where a thing of the file stands."""

    def of(self, *path: str | int) -> str: ...


Parts = Sequence[tuple[PartSpec, Finder]]


class _Check:
    """Gathers the problems of one scenario while it is put together."""

    def __init__(self, spec: ScenarioSpec, parts: Parts) -> None:
        self.parts = parts
        self.problems: list[Problem] = []
        self.length_s = self._seconds(spec.length, parts[0][1].of("length")) or 0
        self.accounts: dict[str, Account] = {}
        self.claims: set[str] = set()
        self.specs: dict[str, PostSpec] = {}
        self.order: dict[str, tuple[int, int]] = {}
        self.truths: dict[str, Truth] = {}

    def tell(self, code: str, where: str, detail: object = "") -> None:
        self.problems.append(Problem(code=code, where=where, detail=str(detail)[:200]))

    def _seconds(self, text: str, where: str) -> int | None:
        found = seconds(text)
        if found is None:
            self.tell("time_unreadable", where, text)
        return found

    def moment(self, text: str, where: str) -> int:
        """Seconds of `text`, told when unreadable or past the end (then 0)."""
        found = self._seconds(text, where)
        if found is not None and found > self.length_s:
            self.tell("time_past_end", where, text)
        return found or 0

    def communes(self, codes: Sequence[str], where: str) -> None:
        for code in codes:
            if _COMMUNE.match(code) is None:
                self.tell("commune_unreadable", where, code)

    def index(self) -> None:
        """Take in claims, accounts and posts, so that all may refer to all."""
        for part, lines in self.parts:
            for i, claim in enumerate(part.claims):
                if claim.id in self.claims:
                    self.tell("id_repeated", lines.of("claims", i), claim.id)
                self.claims.add(claim.id)
            for i, account in enumerate(part.accounts):
                where = f"{lines.of('accounts', i)} ({account.id})"
                if account.id in self.accounts:
                    self.tell("id_repeated", where, account.id)
                if account.network not in HOSTS:
                    self.tell("network_unknown", where, account.network)
                self.accounts[account.id] = account
            for i, post in enumerate(part.posts):
                where = f"{lines.of('posts', i)} ({post.id})"
                if post.id in self.specs:
                    self.tell("id_repeated", where, post.id)
                self.specs[post.id] = post
                self.order[post.id] = (self.moment(post.at, where), len(self.order))

    def refers(self, to: str | None, before: tuple[int, int] | None, where: str) -> None:
        """`to` is a post that stands before `before` in the time line (None: anywhere)."""
        if to is None:
            return
        if to not in self.specs:
            self.tell("reference_unknown", where, to)
        elif before is not None and self.order[to] >= before:
            self.tell("reference_later", where, to)

    def truth(self, truth: TruthSpec, of: str, before: tuple[int, int] | None, where: str) -> None:
        if truth.category not in CATEGORIES:
            self.tell("category_unknown", where, truth.category)
        if truth.urgency not in URGENCY_LEVELS:
            self.tell("urgency_unknown", where, truth.urgency)
        self.communes(truth.places, where)
        if truth.claim is not None and truth.claim not in self.claims:
            self.tell("claim_unknown", where, truth.claim)
        self.refers(truth.duplicate_of, before, where)
        first = self.specs.get(truth.duplicate_of or "")
        if first is not None and first.truth.duplicate_of is not None:
            self.tell("duplicate_not_first", where, truth.duplicate_of)
        self.truths[of] = Truth(
            post_id=of,
            category=truth.category,
            urgency=truth.urgency,
            communes=truth.places,
            duplicate_of=truth.duplicate_of,
            claim=truth.claim,
        )

    def account(self, name: str, where: str) -> Account:
        if name not in self.accounts:
            self.tell("account_unknown", where, name)
        return self.accounts.get(name) or Account(id=name, name=name, network="mastodon")

    def text(self, text: str, where: str) -> str:
        if not text.strip():
            self.tell("text_missing", where)
        if len(text) > TEXT_LIMIT:
            self.tell("text_too_long", where, f"{len(text)} > {TEXT_LIMIT}")
        return text

    def post(self, spec: PostSpec, where: str) -> Post:
        before = self.order[spec.id]
        self.refers(spec.reply_to, before, where)
        self.refers(spec.repost_of, before, where)
        source = self.specs.get(spec.repost_of or "")
        text = spec.text or (source.text if source is not None else "")
        given = (spec.lat is not None, spec.lon is not None)
        if given[0] != given[1] or abs(spec.lat or 0) > 90 or abs(spec.lon or 0) > 180:
            self.tell("position_wrong", where, f"{spec.lat}, {spec.lon}")
        self.truth(spec.truth, spec.id, before, where)
        account = self.account(spec.by, where)
        spoken = spec if spec.text or source is None else source
        speaker = account if spoken is spec else self.accounts.get(spoken.by, account)
        return Post(
            id=spec.id,
            at_s=before[0],
            account=account,
            text=self.text(text, where),
            lang=spoken.lang or speaker.lang,
            media=spec.media or (source.media if source is not None and not spec.text else ()),
            reply_to=spec.reply_to,
            repost_of=spec.repost_of,
            lat=spec.lat,
            lon=spec.lon,
            likes=spec.likes,
            reposts=spec.reposts,
            replies=spec.replies,
        )

    def inject(self, spec: InjectSpec, where: str) -> Inject:
        self.refers(spec.reply_to, None, where)
        self.truth(spec.truth, spec.id, None, where)
        account = self.account(spec.by, where)
        post = Post(
            id=spec.id,
            at_s=None,
            account=account,
            text=self.text(spec.text, where),
            lang=spec.lang or account.lang,
            media=spec.media,
            reply_to=spec.reply_to,
        )
        return Inject(title=spec.title, post=post)

    def changes(self, posts: Mapping[str, Post]) -> list[Event]:
        """The edits and deletions, each after the post it touches."""
        found = []
        for part, lines in self.parts:
            for i, edit in enumerate(part.edits):
                where = f"{lines.of('edits', i)} ({edit.post})"
                at_s = self.moment(edit.at, where)
                self.refers(edit.post, (at_s, 0), where)
                if edit.post in posts:
                    post, text = posts[edit.post], self.text(edit.text, where)
                    found.append(Event(at_s=at_s, kind="edit", post=post, text=text))
            for i, deletion in enumerate(part.deletions):
                where = f"{lines.of('deletions', i)} ({deletion.post})"
                at_s = self.moment(deletion.at, where)
                self.refers(deletion.post, (at_s, 0), where)
                if deletion.post in posts:
                    found.append(Event(at_s=at_s, kind="deletion", post=posts[deletion.post]))
        return found

    def indicators(self) -> None:
        for part, lines in self.parts:
            for i, indicator in enumerate(part.indicators):
                where = f"{lines.of('indicators', i)} ({indicator.id})"
                self.communes((indicator.commune,), where)
                moments = [self.moment(at, where) for at, _ in indicator.points]
                if moments != sorted(set(moments)):
                    self.tell("time_unreadable", where, "points must be in time order")
                colours = {value for _, value in indicator.points}
                if indicator.kind != "river_level" and not colours <= {1, 2, 3, 4}:
                    self.tell("shape", where, "a colour is 1 (green) to 4 (red)")


def assemble(spec: ScenarioSpec, parts: Parts, *, digest: str) -> Scenario:
    """Put the parts together (the main file is the first). Raises ScenarioInvalid with all."""
    check = _Check(spec, parts)
    head = parts[0][1]
    check.communes(spec.territory, head.of("territory"))
    start_s = check.moment(spec.demo.start_at, head.of("demo", "start_at"))
    if not 1 <= spec.demo.speed <= 600:
        check.tell("shape", head.of("demo", "speed"), "speed is from 1 to 600")
    check.index()
    check.indicators()
    posts: dict[str, Post] = {}
    injects: dict[str, Inject] = {}
    for part, lines in parts:
        for i, item in enumerate(part.posts):
            posts[item.id] = check.post(item, f"{lines.of('posts', i)} ({item.id})")
        for i, prepared in enumerate(part.injects):
            where = f"{lines.of('injects', i)} ({prepared.id})"
            if prepared.id in check.specs or prepared.id in injects:
                check.tell("id_repeated", where, prepared.id)
            injects[prepared.id] = check.inject(prepared, where)
    changes = check.changes(posts)
    if check.problems:
        raise ScenarioInvalid(tuple(check.problems))
    ordered = tuple(sorted(posts.values(), key=lambda post: check.order[post.id]))
    appearing = [Event(at_s=post.at_s or 0, kind="post", post=post) for post in ordered]
    return Scenario(
        name=spec.name,
        title=spec.title,
        summary=spec.summary,
        kind=spec.kind,
        territory=spec.territory,
        languages=spec.languages,
        length_s=check.length_s,
        local_start=spec.local_start,
        zone=spec.zone,
        demo_start_s=start_s,
        demo_speed=spec.demo.speed,
        watches=spec.watches,
        claims=tuple(claim for part, _ in parts for claim in part.claims),
        accounts=tuple(check.accounts.values()),
        indicators=tuple(indicator for part, _ in parts for indicator in part.indicators),
        timeline=tuple(sorted([*appearing, *changes], key=lambda event: event.at_s)),
        posts=ordered,
        injects=tuple(injects.values()),
        truths=check.truths,
        edited=frozenset(event.post.id for event in changes if event.kind == "edit"),
        digest=digest,
    )
