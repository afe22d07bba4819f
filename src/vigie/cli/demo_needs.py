"""Help asked for in the exercise: who asks and the places are made up, what happens there is not real."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from vigie.accounts.models import User
from vigie.assistance.actions.handoffs import hand_over
from vigie.assistance.actions.needs import call_need, take_need
from vigie.assistance.actions.partners import save_partner
from vigie.assistance.actions.receiving import Received, receive
from vigie.assistance.asked import Asked
from vigie.assistance.models import Need
from vigie.operations.access import Desk

ASKED: Final[Sequence[tuple[int, Asked]]] = (
    (95, Asked(
        kind="pumping", words="Exercice : la cave est pleine, la chaudière est sous l’eau.",
        name="M. Exemple Un", phone="01 99 00 10 01", address="4 rue des Prés", place_code="91434",
        place_name="Morsang-sur-Orge", persons=2, water_cm=120, origin="form",
    )),
    (70, Asked(
        kind="medicine", words="Exercice : mon père est sous oxygène, il reste six heures de bouteille, la rue est coupée.",
        name="Mme Exemple Deux", phone="01 99 00 10 02", address="18 avenue de la Gare",
        place_code="91552", place_name="Saint-Germain-lès-Arpajon", persons=1, relation="family",
        vulnerabilities=frozenset({"elderly", "oxygen"}), consent=True, origin="phone",
    )),
    (55, Asked(
        kind="shelter", words="Exercice : quatre personnes et un bébé, le rez-de-chaussée est inondé, où dormir ce soir ?",
        name="Famille Exemple Trois", phone="01 99 00 10 03", address="7 quai de l’Yvette",
        place_code="91345", place_name="Longjumeau", persons=5, water_cm=40,
        vulnerabilities=frozenset({"baby", "child"}), consent=True, origin="form",
    )),
    (30, Asked(
        kind="rescue", words="Exercice : nous sommes bloqués à l’étage, l’eau monte dans l’escalier, ma mère ne marche pas.",
        name="Mme Exemple Quatre", phone="01 99 00 10 04", address="12 rue de l’Orge",
        place_code="91589", place_name="Savigny-sur-Orge", persons=3, water_cm=90, trapped=True,
        rising=True, danger=True, vulnerabilities=frozenset({"elderly", "disability"}), consent=True,
        lon=2.3412, lat=48.6769, precision_m=20, access="Par le jardin du n° 14, porte verte",
        origin="phone",
    )),
    (12, Asked(
        kind="information", words="Exercice : l’école Jules-Ferry ouvre-t-elle demain ?",
        email="parent@exemple.invalid", place_code="91477", place_name="Palaiseau", origin="form",
    )),
)  # fmt: skip
"""Minutes before now, and what was asked. The numbers are of those kept free for fiction (ARCEP)."""


def ask(desk: Desk, coordinator: Desk, officer: User, *, now: datetime) -> None:
    """Write them down as the volunteer would, hand the gravest to the fire service; once only."""
    if Need.objects.filter(operation=desk.operation).exists():
        return
    codis = save_partner(
        name="CODIS 91", kind="sdis", answer_s=300, people=[officer], by=coordinator, now=now
    )
    came: list[Received] = []
    for n, (minutes, asked) in enumerate(ASKED):
        at = now - timedelta(minutes=minutes)
        came.append(receive(asked=asked, by=desk, now=at))
        if n == 1:
            call_need(need=came[1].need, contact=came[1].contact, outcome="reached",
                      words="Exercice : bouteille de secours jusqu’à minuit.", by=desk,
                      now=at + timedelta(minutes=6), again_at=now + timedelta(minutes=20))  # fmt: skip
    hand_over(
        subject=came[3].need, partner=codis, asked="Exercice : évacuer trois personnes de l’étage.",
        by=desk, now=now - timedelta(minutes=26),
    )  # fmt: skip
    take_need(need=came[2].need, by=desk, now=now - timedelta(minutes=3))
