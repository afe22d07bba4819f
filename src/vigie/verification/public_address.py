"""The address at which the public reads a fact-check."""

from __future__ import annotations

from django.conf import settings

from vigie.verification.factcheck_rules import LANGUAGES
from vigie.verification.models import FactCheck

LOCAL = "http://127.0.0.1:8000"
"""What is counted on while no address is configured (VIGIE_ADDRESS)."""


def page_path(fact_check: FactCheck, language: str = LANGUAGES[0]) -> str:
    """The path of the page; the main language has the plain one."""
    path: str = settings.VIGIE_FACT_CHECK_PATH.format(
        slug=fact_check.claim.operation.slug, number=fact_check.claim.number, name=fact_check.slug
    )
    return path if language == LANGUAGES[0] else f"{path}{language}/"


def page_url(fact_check: FactCheck, language: str = LANGUAGES[0], *, base: str = "") -> str:
    """The whole address; `base` is the house's when none is configured."""
    return (settings.VIGIE_ADDRESS or base or LOCAL) + page_path(fact_check, language)
