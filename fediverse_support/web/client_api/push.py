"""`/api/v1/push/subscription`: which device rings for the member behind a token (mastodon-api.md §7)."""

import binascii
from base64 import urlsafe_b64decode
from typing import Any

from starlette.routing import Route

from fediverse_support.accounts import vapid
from fediverse_support.community.notifying import push_subscriptions
from fediverse_support.community.notifying.push_subscriptions import KINDS, Wanted
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import push
from fediverse_support.database.push import POLICIES, Subscription
from fediverse_support.network.push import Device
from fediverse_support.web.client_api.calls import NOT_FOUND, Call, call, token_of
from fediverse_support.web.client_api.parameters import Params

LONGEST_KEY = 200


@call("push")
async def show(call: Call) -> Any:
    """The subscription of this token; 404 if it has none."""
    return await _shown(call, await push.of_grant(call.db, _grant_id(call)))


@call("push", limit="30 per 10 minutes")
async def subscribe(call: Call) -> Any:
    """Let a device ring, in place of the one before."""
    sent = call.params.within("subscription")
    keys = sent.within("keys")
    device = Device(
        endpoint=sent.text("endpoint"),
        public_key=_bytes("p256dh", keys.text("p256dh")),
        auth_secret=_bytes("auth", keys.text("auth")),
        is_standard=bool(sent.flag("standard", False)),
    )
    assert call.grant is not None
    services = call.services
    kept = await push_subscriptions.subscribe(
        call.db,
        call.site,
        services.seal,
        call.grant,
        token_of(call.request, call.params) or "",
        device,
        _wanted(call.params),
        language=services.templates.language_for(call.request.headers.get("accept-language", "")),
        allows_http=services.settings.outbound_allow_http,
    )
    return await _shown(call, kept)


@call("push")
async def change(call: Call) -> Any:
    """Let it ring for other things; 404 if there is no subscription."""
    wanted = _wanted(call.params)
    kept = await push.change(call.db, _grant_id(call), policy=wanted.policy, alerts=wanted.alerts)
    return await _shown(call, kept)


@call("push")
async def unsubscribe(call: Call) -> Any:
    """Let it ring no more. Safe to run twice."""
    await push.unsubscribe(call.db, _grant_id(call))
    return {}


async def _shown(call: Call, subscription: Subscription | None) -> dict[str, Any]:
    if subscription is None:
        raise Missing(NOT_FOUND)
    return {
        "id": subscription.id,  # a number, unlike all other ids: apps decode it as one
        "endpoint": subscription.endpoint,
        "standard": subscription.is_standard,
        "alerts": {kind: kind in subscription.alerts for kind in KINDS},
        "server_key": await vapid.public_key(call.db, call.services.seal, call.now),
        "policy": subscription.policy,
    }


def _wanted(params: Params) -> Wanted:
    """What should ring. Some apps send the policy beside `data` and not in it."""
    data = params.within("data")
    policy = data.maybe("policy") or params.maybe("policy")
    if policy is not None and policy not in POLICIES:
        raise Malformed("Validation failed: policy must be all, followed, follower or none.")
    alerts = None
    if data.has("alerts"):
        chosen = data.within("alerts")
        alerts = [kind for kind in KINDS if chosen.flag(kind, False)]
    return Wanted(policy=policy, alerts=alerts)


def _bytes(name: str, text: str) -> bytes:
    """Base64 as browsers (URL-safe, without padding) and as others (plain, with it) write it."""
    text = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    if not text or len(text) > LONGEST_KEY or not text.isascii():
        raise Malformed(f"Validation failed: {name} is missing or no key.")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Malformed(f"Validation failed: {name} is not base64.") from None


def _grant_id(call: Call) -> int:
    assert call.grant is not None
    return call.grant.id


ADDRESS = "/api/v1/push/subscription"
ROUTES: list[Route] = [
    Route(ADDRESS, show, methods=["GET"]),
    Route(ADDRESS, subscribe, methods=["POST"]),
    Route(ADDRESS, change, methods=["PUT"]),
    Route(ADDRESS, unsubscribe, methods=["DELETE"]),
]
