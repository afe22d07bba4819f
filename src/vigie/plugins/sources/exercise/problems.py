"""What can be wrong with a scenario, in words: a stable code, where, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

WORDS: Mapping[str, Mapping[str, str]] = {
    "scenario_unknown": {
        "fr": "Aucun scénario ne porte ce nom.",
        "en": "No scenario has this name.",
    },
    "scenario_unreadable": {
        "fr": "Le fichier n’est pas un YAML lisible.",
        "en": "The file is not readable YAML.",
    },
    "scenario_too_large": {
        "fr": "Le fichier dépasse la taille permise.",
        "en": "The file is larger than allowed.",
    },
    "scenario_alias": {
        "fr": "Les ancres et les alias YAML ne sont pas permis.",
        "en": "YAML anchors and aliases are not allowed.",
    },
    "key_repeated": {
        "fr": "La même clé est écrite deux fois.",
        "en": "The same key is written twice.",
    },
    "shape": {
        "fr": "Un champ manque, est inconnu ou n’a pas la forme attendue.",
        "en": "A field is missing, unknown, or not of the expected form.",
    },
    "part_outside": {
        "fr": "Une partie doit se trouver dans le dossier du scénario.",
        "en": "A part must lie in the scenario's own folder.",
    },
    "time_unreadable": {
        "fr": "Une heure relative s’écrit « +03h12m » ou « +03h12m30s ».",
        "en": "A relative time is written “+03h12m” or “+03h12m30s”.",
    },
    "time_past_end": {
        "fr": "Ce moment vient après la fin du scénario.",
        "en": "This moment comes after the end of the scenario.",
    },
    "id_repeated": {
        "fr": "Cet identifiant est déjà pris.",
        "en": "This identifier is already taken.",
    },
    "account_unknown": {
        "fr": "Ce compte n’est pas dans la liste des comptes.",
        "en": "This account is not in the list of accounts.",
    },
    "network_unknown": {
        "fr": "Ce réseau n’est pas connu du lecteur de scénarios.",
        "en": "The player does not know this network.",
    },
    "reference_unknown": {
        "fr": "Cette publication n’existe pas dans le scénario.",
        "en": "No such post in the scenario.",
    },
    "reference_later": {
        "fr": "Cette publication paraît plus tard que celle qui la cite.",
        "en": "That post appears later than the one that refers to it.",
    },
    "duplicate_not_first": {
        "fr": "« duplicate_of » doit désigner la première publication du groupe.",
        "en": "“duplicate_of” must name the first post of the group.",
    },
    "text_missing": {
        "fr": "Une publication qui n’est pas un partage doit avoir un texte.",
        "en": "A post that is not a repost must have a text.",
    },
    "text_too_long": {
        "fr": "Le texte est trop long.",
        "en": "The text is too long.",
    },
    "category_unknown": {
        "fr": "Cette catégorie n’est pas dans le référentiel.",
        "en": "This category is not in the referential.",
    },
    "urgency_unknown": {
        "fr": "Ce niveau d’urgence n’existe pas.",
        "en": "No such level of urgency.",
    },
    "commune_unreadable": {
        "fr": "Un code INSEE de commune a cinq caractères, entre guillemets.",
        "en": "The INSEE code of a commune has five characters, in quotes.",
    },
    "claim_unknown": {
        "fr": "Cette allégation n’est pas dans la liste du scénario.",
        "en": "This claim is not in the scenario's list.",
    },
    "position_wrong": {
        "fr": "Une position a une latitude et une longitude, en degrés.",
        "en": "A position has a latitude and a longitude, in degrees.",
    },
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to put right. `where` is `file:line (post id)` as far as known."""

    code: str
    where: str = ""
    detail: str = ""

    def words(self, language: str = "en") -> str:
        """The whole sentence for a person, in "fr" or "en" (any other language reads English)."""
        sentence = WORDS[self.code].get(language) or WORDS[self.code]["en"]
        ahead = f"{self.where}: " if self.where else ""
        return f"{ahead}{sentence}{f' [{self.detail}]' if self.detail else ''}"


class ScenarioInvalid(ValueError):
    """The scenario cannot be played; `problems` (never empty) says all that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(problem.words() for problem in problems[:5]))
        self.problems = problems
