"""Watches proposed when an operation opens: words of its kind, in the places of its territory.

They are a beginning, to be corrected in the room "Sources and watches". Queries are in the watch
language; French and English words, since people write in both.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.analysis.gazetteer import Commune

MOST_PLACES = 60
"""Beyond that many communes the départements are named instead."""

_HELP = (
    _("Calls for help"),
    '"au secours" OR "à l’aide" OR "besoin d’aide" OR coincé* OR bloqué* OR piégé* OR évacué* '
    'OR blessé* OR disparu* OR trapped OR stranded OR "need help" OR injured OR missing',
)
_ROADS = (
    _("Roads and transport"),
    '"route coupée" OR "route barrée" OR "route fermée" OR déviation OR "trafic interrompu" '
    'OR accident OR "road closed" OR "no trains"',
)

_BY_KIND: dict[str, tuple[tuple[Promise, str], ...]] = {
    "flood": (
        (
            _("Flood"),
            'crue* OR inond* OR débord* OR "montée des eaux" OR "niveau de l’eau" OR "cave inondée" '
            "OR submerg* OR coulée* OR flood*",
        ),
        _ROADS,
    ),
    "storm": (
        (
            _("Storm"),
            'tempête OR orage* OR rafale* OR "arbre tombé" OR toiture* OR "toit arraché" OR grêle '
            'OR "sans électricité" OR storm OR "power cut"',
        ),
        _ROADS,
    ),
    "fire": (
        (
            _("Fire"),
            'incendie* OR "feu de" OR flamme* OR fumée* OR brûle* OR "départ de feu" OR wildfire '
            "OR smoke OR burning",
        ),
        _ROADS,
    ),
    "industrial": (
        (
            _("Industrial accident"),
            'explosion* OR "fuite de gaz" OR nuage OR "odeur de" OR toxique* OR confinement '
            'OR sirène* OR usine OR "gas leak" OR chemical',
        ),
        _ROADS,
    ),
    "gathering": (
        (
            _("Crowd and safety"),
            'bousculade* OR malaise* OR "mouvement de foule" OR panique OR "enfant perdu" '
            'OR "colis suspect" OR bagarre* OR crowd OR stampede OR "lost child"',
        ),
        _ROADS,
    ),
}


def proposed_watches(kind: str, communes: Sequence[Commune]) -> list[tuple[str, str]]:
    """(name, query) of each watch proposed for this kind and these communes."""
    where = _where(communes)
    subjects = (*_BY_KIND.get(kind, (_ROADS,)), _HELP)
    return [(str(name), f"({words}) AND ({where})") for name, words in subjects]


def _where(communes: Sequence[Commune]) -> str:
    """The territory in the watch language: its communes, or its départements when they are many."""
    if len(communes) > MOST_PLACES:
        codes = dict.fromkeys(commune.departement for commune in communes)
        return " OR ".join(f"place:{code}" for code in codes)
    return " OR ".join(f'place:"{commune.name}"' for commune in communes)
