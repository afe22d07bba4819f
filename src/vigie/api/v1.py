"""The API's first version: `/api/v1/`, described at `/api/v1/openapi.json`."""

from __future__ import annotations

from ninja import NinjaAPI

from vigie import __version__
from vigie.api import claims, incidents, indicators, layers, operations, problems
from vigie.api.auth import AUTH

api = NinjaAPI(
    title="Vigie",
    version=__version__,
    description="Operations, posts, incidents, claims and journal of Vigie. Token in `Authorization: "
    "Bearer`; errors are application/problem+json in the language of the token's owner. An "
    "operation with `is_exercise` is not real.",
    urls_namespace="api-v1",
    auth=AUTH,
    docs_url=None,
)
api.add_router("/operations", operations.router)
api.add_router("/operations", incidents.router)
api.add_router("/operations", indicators.router)
api.add_router("/operations", claims.router)
api.add_router("/operations", layers.router)
problems.install(api)
claims.install(api)
