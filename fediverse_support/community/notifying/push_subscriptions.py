"""Which devices of a member ring: what an application says about one, checked and kept.

There is one subscription for each token, and it ends with it. The token itself is kept too, sealed, because
applications find by it for whom a ring is; everywhere else only its hash is known.
"""

from collections.abc import Collection

import msgspec

from fediverse_support.community.notifying.ringing import TOKEN
from fediverse_support.core.errors import Malformed
from fediverse_support.core.sealing import Seal
from fediverse_support.database import push
from fediverse_support.database.grants import Grant
from fediverse_support.database.pool import Connection
from fediverse_support.database.push import Policy, Subscription
from fediverse_support.network.push import Device, check_device
from fediverse_support.protocol.site import Site

KINDS = (
    "mention",
    "quote",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "severed_relationships",
    "moderation_warning",
    "admin.sign_up",
    "admin.report",
)
"""What may ring; applications want to be told yes or no for each."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What rings, and from whom; None leaves it as it is."""

    policy: Policy | None = None
    alerts: Collection[str] | None = None


async def subscribe(
    db: Connection,
    site: Site,
    seal: Seal,
    grant: Grant,
    token: str,
    device: Device,
    wanted: Wanted,
    *,
    language: str,
    allows_http: bool,
) -> Subscription:
    """Let `device` ring for whoever `token` acts for, in place of the one before. Raises `Malformed`.

    Whether the endpoint points into a private network shows when it is called (`network/guard.py`).
    """
    site.gate.check(device.endpoint)
    if site.is_ours(device.endpoint) or not (allows_http or device.endpoint.startswith("https://")):
        raise Malformed("The endpoint must be an https address of a push service.")
    check_device(device)
    if grant.account is None or grant.viewer.actor_id is None:
        raise Malformed("Nobody is signed in with this token.")
    return await push.subscribe(
        db,
        grant_id=grant.id,
        actor_id=grant.viewer.actor_id,
        account_id=grant.account.id,
        endpoint=device.endpoint,
        public_key=device.public_key,
        auth_secret=device.auth_secret,
        sealed_token=seal.close(token.encode("ascii"), TOKEN),
        is_standard=device.is_standard,
        policy=wanted.policy or "all",
        alerts=wanted.alerts or (),
        language=language,
    )
