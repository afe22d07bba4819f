"""How far a claim went: computed from the posts that make it, their copies counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, F, Max, Min, Q, Sum

from vigie.collection.models import Author
from vigie.triage.models import Lead
from vigie.verification.decide import priority
from vigie.verification.models import Claim

GROWTH_OVER: Final = timedelta(hours=1)


def measure(claim: Claim, *, now: datetime) -> None:
    """Count again and write the spread columns and the priority; no new version, no journal.

    A post counts when it spreads the claim and nobody refused it, its folded copies count with it.
    Reach is the sum of followers of the accounts that give them; None when none does.
    """
    heads = claim.made_of.filter(refused_at__isnull=True, stance="spreads").values("lead")
    leads = Lead.objects.filter(Q(pk__in=heads) | Q(folded_into__in=heads))
    told = leads.aggregate(
        posts=Count("pk"),
        accounts=Count("post__author", distinct=True),
        first=Min("published_at"),
        last=Max("published_at"),
        lately=Count("pk", filter=Q(published_at__gt=now - GROWTH_OVER)),
    )
    networks = {
        row["network"]: row["n"]
        for row in leads.values(network=F("post__network")).annotate(n=Count("pk")).order_by("-n")
    }
    reach = Author.objects.filter(pk__in=leads.values("post__author")).aggregate(
        n=Sum("followers")
    )["n"]
    claim.posts = told["posts"]
    claim.accounts = told["accounts"]
    claim.reach = reach
    claim.growth_per_h = told["lately"] / (GROWTH_OVER / timedelta(hours=1))
    claim.networks = networks
    claim.first_seen_at = told["first"]
    claim.last_seen_at = told["last"]
    claim.spread_as_of = now
    claim.priority = priority(
        posts=claim.posts, reach=reach, growth_per_h=claim.growth_per_h, harm=claim.harm
    )
    claim.save(
        update_fields=[
            "posts", "accounts", "reach", "growth_per_h", "networks", "first_seen_at",
            "last_seen_at", "spread_as_of", "priority",
        ]
    )  # fmt: skip
