"""EMSI's codes for what Vigie knows. Source: the schema of ansforge/SAMU-Hub-Modeles (26.07), which is
followed where its code lists say otherwise (EXERCS, NCREA, RESTRC)."""

from __future__ import annotations

from typing import Final

CATEGORY: Final = {
    "appel_secours": "ASR/WAT", "victimes": "PSW/MIS", "evacuation_hebergement": "PSW/MEV",
    "routes_transports": "FLD/PLN", "reseaux": "FLD/PLN", "batiments_erp": "FLD/PLN",
    "niveau_eau": "FLD/PLN", "pollution_risque_techno": "POL/CHM", "foule_ordre_public": "PSW/MEV",
}  # fmt: skip
"""Of a category of the watch, in a flood."""
CATEGORY_OUTSIDE: Final = {
    "appel_secours": "ASR", "victimes": "HLT", "evacuation_hebergement": "PSW/MEV",
    "routes_transports": "TRP", "reseaux": "PSW", "batiments_erp": "PSW", "niveau_eau": "FLD",
    "pollution_risque_techno": "POL/CHM", "foule_ordre_public": "PSW/MEV",
}  # fmt: skip
CATEGORY_OF_NEED: Final = {
    "rescue": "ASR", "medical": "HLT", "medicine": "HLT", "missing": "PSW/MIS",
    "evacuation": "PSW/MEV", "shelter": "PSW/MEV", "animals": "ASR",
}  # fmt: skip
IN_WATER: Final = {"rescue": "ASR/WAT", "evacuation": "ASR/WAT"}
"""Of a need whose place is under water."""

FLOOD: Final = frozenset({"flood", "river_flood", "flash_flood"})
ENV: Final = {
    "flood": "DIS/FLOOD", "river_flood": "DIS/FLOOD", "flash_flood": "DIS/FLOOD",
    "storm": "DIS/STORM", "fire": "DIS/FIRE", "industrial": "DIS/INDHAZ", "snow": "DIS/SNOW",
    "earthquake": "DIS/ERTHQK", "landslide": "DIS/LNDSLD", "outage": "DIS/PWROUT",
}  # fmt: skip
LOCTYPE: Final = {
    "routes_transports": "ROAD", "niveau_eau": "INW", "batiments_erp": "URB",
    "foule_ordre_public": "URB/STRT",
}  # fmt: skip
ACTOR: Final = {"routes_transports": ("VEH/CAR",), "animals": ("ANI",)}
FRAGILE: Final = {"baby": "PPL/CHD/BAB", "child": "PPL/CHD"}
STATUS: Final = {"open": "NST", "in_progress": "IPR", "ended": "COM"}
CERTAINTY: Final = {1: 95, 2: 80, 3: 60, 4: 35, 5: 10}
"""Of the credibility, in per cent; 6 (cannot be judged) gives none."""
MSGTYPE: Final = {"first": "ALERT", "update": "UPDATE", "cancel": "CANCEL"}
KIND: Final = {"first": "Report", "update": "Update", "cancel": "Cancel"}
EXTERNAL: Final = {"photo": "PHOTO", "page": "WEBSIT", "map": "MAP"}
