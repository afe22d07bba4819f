"""What is named by its kind: streets and addresses, roads, stations, landmarks.

Each is "a word of the kind, then a name"; the name is read word by word until something says that
it is over (punctuation, a verb, a commune).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vigie.analysis.places.words import common_words, longest_name, place_words, with_starts
from vigie.analysis.scan import Scan

STREETS = {
    "rue", "avenue", "av", "ave", "boulevard", "bd", "bld", "blvd", "boul", "impasse", "imp", "allee",
    "allees", "chemin", "quai", "sentier", "sente", "ruelle", "venelle", "faubourg", "fbg",
}  # fmt: skip
"""Kinds that are enough by themselves."""

VAGUE_STREETS = {
    "place", "pl", "cours", "cour", "square", "passage", "voie", "residence", "res", "cite",
    "lotissement", "esplanade", "villa", "hameau", "clos", "promenade", "mail", "parvis", "route",
    "rte", "domaine", "carrefour", "rond point", "quartier",
}  # fmt: skip
"""Kinds that are also other words: the name must be capitalised, or a number stand before."""

LANDMARKS = {
    "ecole", "maternelle", "creche", "college", "lycee", "universite", "fac", "hopital", "clinique",
    "ehpad", "maison de retraite", "foyer", "gymnase", "piscine", "stade", "mairie", "eglise",
    "chapelle", "cathedrale", "mosquee", "synagogue", "chateau", "pont", "passerelle", "viaduc",
    "tunnel", "barrage", "digue", "ecluse", "parc", "lac", "etang", "camping", "salle",
    "mediatheque", "theatre", "cinema", "zone industrielle", "zi", "za", "zac", "caserne",
    "commissariat", "gendarmerie", "prefecture", "moulin", "cimetiere", "aeroport", "aerodrome",
    "centre commercial", "centre hospitalier", "base de loisirs", "station d epuration", "foret",
    "supermarche", "carrefour", "leclerc", "auchan", "intermarche", "lidl", "ikea", "monoprix",
    "super u", "decathlon", "zone commerciale", "groupe scolaire", "complexe sportif", "port",
    "ile", "centrale", "usine", "raffinerie", "depot", "marche", "hippodrome", "autodrome",
}  # fmt: skip
_LANDMARK_ADJECTIVES = {
    "primaire", "maternelle", "elementaire", "communale", "municipal", "municipale", "prive",
    "privee", "public", "publique", "sncf", "rer", "omnisport", "omnisports", "scolaire", "general",
}  # fmt: skip
_STATION_KINDS = {"rer", "sncf", "tgv", "routiere", "ferroviaire", "ter", "metro"}
_PARIS_STATIONS = {"lyon", "nord", "est", "austerlitz", "montparnasse", "lazare", "saint", "bercy"}

_CONNECTORS = {"de", "du", "des", "d", "la", "le", "les", "l", "aux", "au"}
_TITLES = {
    "general", "gal", "gral", "marechal", "mal", "president", "pdt", "docteur", "dr", "professeur",
    "pr", "commandant", "cdt", "capitaine", "cap", "colonel", "col", "lieutenant", "abbe", "saint",
    "st", "sainte", "ste", "pere", "frere", "freres", "soeur", "sergent", "amiral", "mgr",
    "monseigneur", "maitre", "grand", "grande", "petit", "petite", "vieux", "vieille",
    "haut", "haute", "bas", "basse", "bel", "belle", "beau", "neuve", "roger", "ancienne", "ancien",
}  # fmt: skip
_STOPS = {
    "a", "est", "sont", "et", "ou", "mais", "qui", "que", "pour", "avec", "sans", "sous", "dans",
    "vers", "sur", "en", "il", "elle", "on", "y", "ya", "ne", "pas", "plus", "ce", "cette", "c",
    "ca", "toujours", "encore", "deja", "depuis", "hier", "svp", "stp", "merci", "urgence", "urgent",
    "car", "donc", "entre", "apres", "avant", "pres", "cote", "face", "devant", "derriere", "jusqu",
    "mon", "ma", "mes", "chez", "notre", "nos", "votre", "vos", "son", "sa", "ses", "leur", "leurs",
    "un", "une", "deux", "trois", "quelqu", "quelques", "tout", "toute", "tous", "toutes", "rien",
    "aussi", "bien", "completement", "totalement", "entierement", "maintenant", "actuellement",
    "ici", "hs", "impossible", "help", "sos", "is", "the", "in", "at", "near", "was", "nous",
    "je", "j", "vous", "ils", "elles", "se", "s", "si", "aidez", "appelez", "attention", "evitez",
    "voitures", "voiture", "personne", "personnes", "matin", "soir", "aujourd",
    "commence", "commencent", "monte", "deborde", "passe", "marche", "reste", "devient", "n", "qu",
}  # fmt: skip
_PARTICIPLES = re.compile(
    r"(?:inond|coup|ferm|bloqu|barr|submerg|evacu|impratic|interdit|degag|touch|envahi|paralys"
    r"|ouvert|gliss|verglac|innond|impact|effondr|encombr|obstru|flood|closed|transform|rouvert"
    r"|perturb|satur|bouch|priv|isol|cern|menac|detrui|abim|dispo|deconseill)\w*"
)
_MONTHS = {"janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
           "octobre", "novembre", "decembre"}  # fmt: skip
_NUMBER = re.compile(r"\d{1,4}")
_REPEAT = {"bis", "ter", "quater", "b", "t"}
_JOINT = re.compile(r"[ \u00a0'’\-‐‑–]{0,3}")
_JOINT_AFTER_SHORT = re.compile(r"\.?[ \u00a0'’\-‐‑–]{0,3}")
_ROAD = re.compile(r"(r?)([nda])(\d{1,4})")
_NOT_A_ROAD = {"format", "papier", "feuille", "page", "vol", "audi", "fiat", "route"}

_ROAD_WORDS = {"rn", "rd", "n", "d", "nationale", "departementale", "a", *place_words().roads}
_LANDMARK_STARTS = with_starts(LANDMARKS)[1]
_STARTS = {"gare", *STREETS, *_LANDMARK_STARTS, *with_starts(VAGUE_STREETS)[1]}

LONGEST_NAME = 7
"""Words of a name, connectors included."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Words `first` to `last` (included). `named` is the first word of the name after the kind;
    `keeps` says that a commune in the name is not meant as a place ("rue de Paris")."""

    kind: str
    first: int
    last: int
    named: int
    name: str
    p: float
    keeps: bool = True
    code: str = ""


def find_structures(
    scan: Scan, begins: Iterable[int], commune_at: Callable[[int], int]
) -> list[Structure]:
    """All structures in order. `begins`: the words that `may_begin` one, ascending.
    `commune_at(i)`: how many words the known commune at `i` has, or 0."""
    found: list[Structure] = []
    words = scan.words
    following = 0
    for at in begins:
        if at < following:
            continue
        word = words[at]
        structure = None
        if word in _STARTS:
            if word in STREETS or word in VAGUE_STREETS or _pair(words, at) in VAGUE_STREETS:
                structure = _street(scan, at, commune_at)
            if structure is None and word == "gare":
                structure = _station(scan, at, commune_at)
            if structure is None:
                structure = _landmark(scan, at, commune_at)
        if structure is None and (word[-1].isdigit() or word in _ROAD_WORDS):
            structure = _road(scan, at)
        if structure is not None and not (found and structure.first <= found[-1].last):
            found.append(structure)
            following = structure.last + 1
    return found


def may_begin(word: str) -> bool:
    """Whether a structure may begin with this word (a street's with its kind, not its number)."""
    return word in _STARTS or word[-1].isdigit() or word in _ROAD_WORDS


def _pair(words: list[str], at: int) -> str:
    return " ".join(words[at : at + 2])


def _street(scan: Scan, at: int, commune_at: Callable[[int], int]) -> Structure | None:
    words = scan.words
    sure = words[at] in STREETS
    if words[at] in {"av", "pl", "imp", "res", "boul", "bd"} and at + 1 == len(words):
        return None
    length = 2 if _pair(words, at) == "rond point" else 1
    start = _number_before(scan, at)
    name = _name(scan, at + length, commune_at, sure=sure or start < at)
    if name is None:
        return None
    first_named, last = name
    capital = any(scan.capital(i) for i in range(first_named, last + 1))
    if not sure and not capital and start == at:
        return None
    if not capital and words[at] in {"place", "cours", "route", "voie", "passage"} and start == at:
        return None
    kind = "address" if start < at else "street"
    p = (0.92 if capital else 0.85) if start < at else (0.85 if capital else 0.72)
    return Structure(kind, start, last, first_named, scan.shown(start, last), p)


def _number_before(scan: Scan, at: int) -> int:
    """Where the house number before the kind of street begins; `at` when there is none."""
    words, start = scan.words, at
    index = at - 1
    if index < 0 or scan.gaps[at].strip(" \u00a0,") not in {"", "-"}:
        return start
    if words[index] in _REPEAT and index > 0:
        index -= 1
    if _NUMBER.fullmatch(words[index].removesuffix("bis").removesuffix("ter")):
        start = index
        if index and scan.gaps[index].strip() in {"-", "/"} and _NUMBER.fullmatch(words[index - 1]):
            start = index - 1
    return start


def _name(
    scan: Scan, at: int, commune_at: Callable[[int], int], *, sure: bool
) -> tuple[int, int] | None:
    """The first and the last word of the name that begins at `at`; None when none does.

    Without `sure` the name must begin with a capital.
    """
    words = scan.words
    first: int | None = None
    last = at - 1
    index = at
    expects_more = False
    connected = False
    while index < len(words) and index < at + LONGEST_NAME:
        word = words[index]
        short = len(words[index - 1]) <= 4
        if not (_JOINT_AFTER_SHORT if short else _JOINT).fullmatch(scan.gaps[index]):
            break
        if index in scan.tagged and index - 1 not in scan.tagged:
            break
        if first is not None and commune_at(index):
            break
        if word in _CONNECTORS:
            if index - last > 3:
                break
            connected = True
            index += 1
            continue
        capital = scan.capital(index)
        if word in _STOPS and not (capital and connected) and not expects_more:
            break
        if _PARTICIPLES.fullmatch(word) and not (capital and connected):
            break
        if first is None:
            if not sure and not capital and not word.isdigit():
                break
            vague = word in common_words() and word not in place_words().first_names.names
            if not capital and not connected and vague and word not in _TITLES:
                break
            if word.isdigit() and not connected:
                break
            first = index
            last = index
            count = commune_at(index)
            if count:
                last = index + count - 1
                break
        elif (
            expects_more
            or (capital and scan.capital(last))
            or (capital and connected)
            or (scan.gaps[index] in {"-", "‑", "–"})
            or (words[last].isdigit() and word in _MONTHS)
            or (words[last] in _MONTHS and word.isdigit())
        ):
            last = index
        else:
            break
        connected = False
        expects_more = word in _TITLES or (
            word in place_words().first_names.names and index == first
        )
        index += 1
    if first is None:
        return None
    return first, last


def _station(scan: Scan, at: int, commune_at: Callable[[int], int]) -> Structure | None:
    words = scan.words
    index = at + 1
    while index < len(words) and (
        words[index] in _STATION_KINDS
        or (words[index] == "du" and index + 1 < len(words) and words[index + 1] in _STATION_KINDS)
    ):
        index += 1
    if index >= len(words) or words[index] not in {"de", "d", "du", "des"}:
        if index < len(words) and (scan.capital(index) or commune_at(index)):
            index -= 1  # "gare Juvisy"
        else:
            return None
    named = index + 1
    if named < len(words) and words[named] in {"l", "la", "le", "les"}:
        named += 1
    if named >= len(words) or not _JOINT.fullmatch(scan.gaps[named]):
        return None
    paris = words[named] in _PARIS_STATIONS and not (
        words[named] == "saint" and words[named + 1 : named + 2] != ["lazare"]
    )
    count = commune_at(named)
    if paris:
        last = named + (words[named] == "saint")
    elif count:
        last = named + count - 1
    else:
        name = _name(scan, named, commune_at, sure=False)
        if name is None or name[0] != named:
            return None
        last = name[1]
    p = 0.9 if count or paris else 0.75
    return Structure("station", at, last, named, scan.shown(at, last), p, keeps=paris)


def _landmark(scan: Scan, at: int, commune_at: Callable[[int], int]) -> Structure | None:
    words = scan.words
    length = longest_name(words, at, _LANDMARK_STARTS, LANDMARKS)
    if not length:
        return None
    index = at + length
    while index < len(words) and words[index] in _LANDMARK_ADJECTIVES:
        index += 1
    if index >= len(words) or not _JOINT.fullmatch(scan.gaps[index]):
        return None
    connected = words[index] in _CONNECTORS
    name = _name(scan, index, commune_at, sure=False)
    if name is None:
        after = index
        while after < len(words) and words[after] in _CONNECTORS and after < index + 3:
            after += 1
        count = commune_at(after) if after < len(words) else 0
        lowered = after < len(words) and words[after] in place_words().first_names.names
        if count and (after > index or scan.capital(at)):
            name = (after, after + count - 1)
        elif lowered and not connected and after + 1 < len(words) and after == index:
            if words[after + 1] in _STOPS or len(words[after + 1]) < 3:
                return None
            name = (after, after + 1)
        elif (
            after > index
            and after < len(words)
            and words[at] in {"pont", "passerelle", "barrage", "ecluse", "berge"}
            and words[after] in place_words().rivers.plain
        ):
            name = (after, after)
        else:
            return None
    first_named, last = name
    if words[at] in {"port", "marche", "parc", "salle", "depot", "foyer", "ile"} and not (
        scan.capital(first_named)
    ):
        return None
    return Structure("landmark", at, last, first_named, scan.shown(at, last), 0.72, keeps=False)


def _road(scan: Scan, at: int) -> Structure | None:
    words = scan.words
    word = words[at]
    known = place_words().roads.get(word)
    if known is not None:
        return Structure("road", at, at, at, known, 0.85)
    before = words[at - 1] if at else ""
    last = at
    if word in {"rn", "rd", "n", "d", "nationale", "departementale", "a"}:
        if at + 1 >= len(words) or not _NUMBER.fullmatch(words[at + 1]):
            return None
        gap = scan.gaps[at + 1]
        spaced_ok = (
            len(word) > 1
            or (scan.capital(at) and word != "a")
            or (word == "a" and before == "autoroute")
        )
        if not spaced_ok or gap.strip(" \u00a0-.") or len(gap) > 2:
            return None
        letter = {"nationale": "n", "departementale": "d"}.get(word, word[-1])
        number = words[at + 1]
        last = at + 1
    else:
        match = _ROAD.fullmatch(word)
        if match is None or (match[1] and match[2] == "a"):
            return None
        letter, number = match[2], match[3]
        if before in _NOT_A_ROAD and before != "route":
            return None
        if (
            not scan.capital(at)
            and not match[1]
            and len(number) < 2
            and before not in {"l", "la", "sur", "route", "autoroute"}
        ):
            return None
    if number.startswith("0") or (letter == "a" and len(number) > 3):
        return None
    return Structure("road", at, last, at, f"{letter.upper()}{number}", 0.9)
