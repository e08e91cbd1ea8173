"""The OpenAPI 3.1 document of the client API, made of the routes and of what their handlers declare and read.

Nothing in it is written down twice: addresses, scopes and who may call come from the declarations, words from
the docstrings, parameters from the handlers' source (`what_is_read.py`), so that it cannot be out of date.
What is answered is told by `entities/schemas.py`, which a test holds against real answers.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from fediverse_support import __version__
from fediverse_support.core import scopes
from fediverse_support.protocol.site import Site
from fediverse_support.web.client_api import what_is_read
from fediverse_support.web.client_api.calls import Call, Who, call
from fediverse_support.web.client_api.entities import schemas
from fediverse_support.web.client_api.what_is_read import Found

Json = dict[str, Any]

ADDRESS = "/api/openapi.json"
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")

_TYPES: dict[str, Json] = {
    "text": {"type": "string"},
    "maybe": {"type": "string"},
    "flag": {"type": "boolean"},
    "number": {"type": "integer"},
    "id": {"type": "string"},
    "ids": {"type": "array", "items": {"type": "string"}},
    "texts": {"type": "array", "items": {"type": "string"}},
    "rows": {"type": "array", "items": {"type": "object"}},
    "within": {"type": "object"},
    "file": {"type": "string", "format": "binary"},
}
_PAGING = {
    "limit": "number",
    "max_id": "id",
    "since_id": "id",
    "min_id": "id",
}
_ERRORS = {
    400: "The request of an application does not fit.",
    401: "The access token is invalid, or one of a person is needed.",
    403: "The scopes of the token do not cover this, or it is not allowed.",
    404: "There is no such thing, as far as this viewer may know.",
    413: "More was sent than this server takes.",
    422: "Something in it does not fit; `error` says what in a sentence.",
    429: "Too often. `Retry-After` says when to try again.",
    503: "Something that this needs cannot be reached just now.",
}


def document(routes: Iterable[Route], site: Site) -> Json:
    """The document of these routes at this community."""
    paths: dict[str, Json] = {}
    for route in routes:
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            paths.setdefault(_path(route), {})[method.lower()] = _operation(route, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"The client API of {site.domain}",
            "version": __version__,
            "summary": "What apps for Mastodon call.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": site.origin}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"token": _security(site)},
            "schemas": schemas.SCHEMAS,
        },
    }


def _security(site: Site) -> Json:
    flow = {
        "tokenUrl": f"{site.origin}/oauth/token",
        "scopes": dict.fromkeys(sorted(scopes.KNOWN), ""),
    }
    return {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {**flow, "authorizationUrl": f"{site.origin}/oauth/authorize"},
            "clientCredentials": flow,
        },
    }


def _path(route: Route) -> str:
    return re.sub(r"\{([^}:]*):[^}]*\}", r"{\1}", route.path)


def _operation(route: Route, method: str) -> Json:
    endpoint: Any = route.endpoint
    found = what_is_read.by(endpoint)
    said, _, more = (endpoint.__doc__ or "").strip().partition("\n")
    module = endpoint.__module__.removeprefix(f"{what_is_read.PACKAGE}.")
    operation: Json = {
        "operationId": f"{method.lower()}{re.sub('[^A-Za-z0-9]+', '_', route.path)}",
        "summary": said,
        "tags": [module],
        "security": _asked_of(endpoint),
        "parameters": [*_in_path(route), *_in_query(found, method)],
        "responses": _responses(route, method, found),
    }
    if more.strip():
        operation["description"] = " ".join(more.split())
    if method in WITH_BODY and found.parameters:
        operation["requestBody"] = _body(found)
    return operation


def _asked_of(endpoint: Any) -> list[Json]:
    token = {"token": [endpoint.scope] if endpoint.scope else []}
    return [{}, token] if endpoint.who is Who.ANYONE else [token]


def _in_path(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{([^}:]*)", route.path)
    ]


def _in_query(found: Found, method: str) -> list[Json]:
    """Everything may stand in the query for every method; it is told where that is usual."""
    told = dict(found.parameters) if method not in WITH_BODY else {}
    told |= _PAGING if found.is_paged else {}
    return [
        {
            "name": f"{name}[]" if reader in ("ids", "texts") else name,
            "in": "query",
            "schema": _TYPES[reader],
            **({"style": "deepObject", "explode": True} if reader == "within" else {}),
        }
        for name, reader in told.items()
        if reader not in ("rows", "file")
    ]


def _body(found: Found) -> Json:
    properties = {name: _TYPES[reader] for name, reader in found.parameters.items()}
    has_file = "file" in found.parameters.values()
    kinds = ["multipart/form-data"] if has_file else ["application/json"]
    return {
        "content": {kind: {"schema": {"type": "object", "properties": properties}} for kind in kinds},
        "description": "JSON, a form or multipart, with names in Rails' manner.",
    }


def _responses(route: Route, method: str, found: Found) -> Json:
    answers = {status for status in found.statuses if status < 400} | {200}
    errors = {401, 403, 404, 413, 422, 429, 503} | {status for status in found.statuses if status >= 400}
    if route.path.startswith("/oauth/"):
        errors.add(400)  # RFC 6749, 5.2
    schema = schemas.of_answer(method, route.path)
    told: Json = {}
    for status in sorted(answers):
        told[str(status)] = {
            "description": "The answer.",
            "content": {"application/json": {"schema": schema}},
        }
    for status in sorted(errors):
        told[str(status)] = {
            "description": _ERRORS.get(status, "It could not be done."),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    return told


def served(routes: Sequence[Route]) -> Route:
    """The route at which the document of `routes` is served."""
    kept: dict[str, bytes] = {}

    @call(who=Who.ANYONE, connection="never")
    async def openapi(one: Call) -> Any:
        """This document."""
        if one.site.origin not in kept:
            # Made once: what a running program answers does not change.
            made = await asyncio.to_thread(document, routes, one.site)
            kept[one.site.origin] = msgspec.json.encode(made)
        headers = {"Cache-Control": "max-age=300"}
        return Response(kept[one.site.origin], media_type="application/json", headers=headers)

    return Route(ADDRESS, openapi)
