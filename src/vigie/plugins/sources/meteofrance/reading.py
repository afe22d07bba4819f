"""Payloads of Météo-France to measures. Pure."""

from __future__ import annotations

from typing import Any, Final

from vigie.contracts.measures import IndicatorDraft, MeasureDraft, Span
from vigie.contracts.plugins import Undecodable
from vigie.plugins.kit.official import colour, given, required
from vigie.plugins.kit.reading import dig, load, moment, objects

PHENOMENA: Final = {
    "1": ("wind", "Vent violent"),
    "2": ("rain", "Pluie-inondation"),
    "3": ("storm", "Orages"),
    "4": ("flood", "Crues"),
    "5": ("snow", "Neige-verglas"),
    "6": ("heat", "Canicule"),
    "7": ("cold", "Grand froid"),
    "8": ("avalanche", "Avalanches"),
    "9": ("waves", "Vagues-submersion"),
}
SEEN_S: Final = 3 * 3600
FRESH_S: Final = 26 * 3600
"""The map is made anew at 6 a.m. and 4 p.m. at least."""

TERMS: Final = {"J": "", "J1": " (demain)"}


def decode(payload: bytes) -> MeasureDraft:
    """One phenomenon of a département. Raises Undecodable."""
    told = load(payload)
    phenomenon = told.get("phenomenon")
    if not isinstance(phenomenon, dict):
        raise Undecodable("not_a_measure")
    code = required(given(phenomenon, "phenomenon_id"), "missing_id")
    domain = required(given(told, "domain"), "missing_id")
    term = given(told, "term")
    if term not in TERMS:
        raise Undecodable("not_a_measure", term[:40])
    word, label = PHENOMENA.get(code, ("", f"Phénomène {code}"))
    level = colour(phenomenon.get("phenomenon_max_color_id"))
    spans = tuple(
        Span(level=shade, since=moment(span.get("begin_time")), until=moment(span.get("end_time")))
        for span in objects(phenomenon, "timelaps_items", limit=48)
        if (shade := colour(span.get("color_id"))) is not None
    )
    return MeasureDraft(
        indicator=IndicatorDraft(
            key=f"{domain}:{code}:{term}",
            kind="vigilance" if term == "J" else "vigilance_tomorrow",
            name=f"{label} – {domain}{TERMS[term]}",
            phenomenon=word,
            authority="Météo-France",
            areas=(domain,),
            url=f"https://vigilance.meteofrance.fr/fr/{domain}",
            fresh_s=FRESH_S,
            seen_s=SEEN_S,
            automatic=True,
        ),
        observed_at=required(moment(told.get("update")), "bad_date", str(told.get("update"))[:40]),
        level=level,
        state="" if level else "unknown",
        text=given(told, "text"),
        valid_until=moment(told.get("end")),
        spans=spans,
    )


def bulletin_texts(told: Any) -> dict[tuple[str, str], str]:
    """(département, phenomenon number) → what the bulletin says of it; ("91", "") is the situation."""
    found: dict[tuple[str, str], list[str]] = {}
    for block in objects(told, "product", "text_bloc_items", limit=500):
        domain = given(block, "domain_id")
        for part in objects(block, "bloc_items", limit=40):
            for item in objects(part, "text_items", limit=80):
                lines = found.setdefault((domain, given(item, "hazard_code")), [])
                for term in objects(item, "term_items", limit=20):
                    for paragraph in objects(term, "subdivision_text", limit=40):
                        words = dig(paragraph, "text")
                        said = (
                            " ".join(each.strip() for each in words if isinstance(each, str))
                            if isinstance(words, list)
                            else ""
                        )
                        lines.append(f"{given(paragraph, 'bold_text')} {said}".strip())
    return {key: "\n".join(line for line in lines if line)[:3_000] for key, lines in found.items()}
