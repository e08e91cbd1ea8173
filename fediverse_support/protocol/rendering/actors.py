"""Our groups, people and the server itself, as every peer can read them."""

import mimetypes
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from fediverse_support.core.clock import wire_time
from fediverse_support.core.errors import Misconfigured, Missing
from fediverse_support.core.models import Actor, Group, OfferedTag, Rule
from fediverse_support.protocol.rendering import context, sidebar
from fediverse_support.protocol.rendering import tags as tag_documents
from fediverse_support.protocol.rendering.context import Json, without_nothing
from fediverse_support.protocol.rendering.posts import tombstone
from fediverse_support.protocol.rendering.times import day_of, precise_time
from fediverse_support.protocol.signatures.keys import load_public
from fediverse_support.protocol.signatures.multikey import encode_multikey
from fediverse_support.protocol.site import Site

_RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
_IMPLEMENTED = (
    (_RFC9421, "RFC 9421: HTTP Message Signatures"),
    (f"{_RFC9421}#name-eddsa-using-curve-edwards25", "RFC 9421 signatures using Ed25519"),
)


class Key(Protocol):
    """A public key of ours: its id, `rsa` or `ed25519`, and its PEM."""

    @property
    def id(self) -> str:
        """The URL of the key: the actor's id with a fragment."""

    @property
    def algorithm(self) -> str:
        """`rsa` or `ed25519`."""

    @property
    def public_key(self) -> str:
        """PEM, SubjectPublicKeyInfo."""


def group(
    site: Site,
    group: Group,
    keys: Sequence[Key],
    *,
    updated: datetime | None = None,
    rules: Sequence[Rule] = (),
    tags: Sequence[OfferedTag] = (),
) -> Json:
    """One of our groups (FEP-1b12). Raises `Missing` for a sealed one, which never leaves this server.

    `rules` are those in force, `tags` those that it offers; `community/groups/group_documents.py` has both.

    `manuallyApprovesFollowers` is true only where what is said stays among members: to Lemmy it means just
    that, and it would refuse every public post of such a group.
    """
    if group.reach == "sealed":
        raise Missing
    actor = group.actor
    moderators = f"{actor.uri}/moderators"
    return _actor(
        site,
        actor,
        keys,
        updated,
        {
            "summary": sidebar.html(group, rules),
            "source": _source(sidebar.source(group, rules)),
            **tag_documents.offered(actor.uri, tags),
            "featured": f"{actor.uri}/featured",
            "attributedTo": moderators,
            "moderators": moderators,
            # Lemmy, PieFed and Mbin then offer no box to write in.
            "postingRestrictedToMods": group.speaking == "moderators" or group.life == "archived",
            "manuallyApprovesFollowers": group.reach == "members" or group.seeing == "members",
            "sensitive": False,
            # Lemmy lists a group only if this is not false.
            "discoverable": group.reach == "open" and group.seeing == "everyone",
            "published": wire_time(actor.published_at or actor.created_at),
        },
    )


def person(site: Site, actor: Actor, keys: Sequence[Key], *, updated: datetime | None = None) -> Json:
    """One of our people, or a bot (`Service`). `published` is rounded to the day."""
    return _actor(
        site,
        actor,
        keys,
        updated,
        {
            "type": "Service" if actor.is_bot else actor.type,
            "attachment": _fields(actor) or None,
            "featured": f"{actor.uri}/featured",
            "manuallyApprovesFollowers": actor.approves_followers,
            "published": day_of(actor.published_at or actor.created_at),
        },
    )


def instance(site: Site, keys: Sequence[Key], *, title: str) -> Json:
    """The server itself, which signs our look-ups. Serve it without asking for a signature (§1.5)."""
    uri, name = site.instance_actor, instance_name(site)
    return {
        "@context": context.ACTOR,
        "id": uri,
        "type": "Application",
        "preferredUsername": name,
        "webfinger": f"{name}@{site.domain}",
        "name": title or site.domain,
        "url": f"{site.origin}/about",
        "inbox": site.shared_inbox,
        "outbox": f"{uri}/outbox",
        "endpoints": {"sharedInbox": site.shared_inbox},
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        "generator": generator(),
        **_published_keys(uri, keys),
    }


def instance_name(site: Site) -> str:
    """The server's own name: its domain, as Mastodon does it, without the port of a test network."""
    return site.domain.partition(":")[0]


def gone(actor: Actor) -> Json:
    """What is served, with 410, where an actor was."""
    return tombstone(actor.uri, actor.type, actor.gone_at)


def generator() -> Json:
    """What this program understands (FEP-844e)."""
    return {
        "type": "Application",
        "name": "fediverse-support",
        "implements": [{"href": href, "name": name} for href, name in _IMPLEMENTED],
    }


def _actor(site: Site, actor: Actor, keys: Sequence[Key], updated: datetime | None, special: Json) -> Json:
    """What groups and people have in common.

    `name` is never empty (Misskey, PieFed), `outbox` always there (Lemmy), `source` never null and
    `sharedInbox` inside of `endpoints` (PieFed), `publicKey` one object (everybody but Mastodon).
    """
    uri = actor.uri
    document = {
        "@context": context.ACTOR,
        "id": uri,
        "type": actor.type,
        "preferredUsername": actor.name,
        "webfinger": f"{actor.name}@{site.domain}",
        "name": actor.display_name.strip() or actor.name,
        "url": actor.url or uri,
        "summary": actor.summary_html,
        "source": _source(actor.summary_source),
        "icon": _picture(actor.icon_url, actor.icon_alt),
        "image": _picture(actor.header_url, actor.header_alt),
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": f"{uri}/followers",
        "following": f"{uri}/following",
        "endpoints": {"sharedInbox": site.shared_inbox},
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "suspended": True if actor.state == "suspended" else None,
        "alsoKnownAs": list(actor.also_known_as) or None,
        "movedTo": actor.moved_to,
        "updated": precise_time(updated) if updated else None,
        "generator": generator(),
        **special,
        **_published_keys(uri, keys),
    }
    return without_nothing(document)


def _source(markdown: str) -> Json | None:
    return {"content": markdown, "mediaType": "text/markdown"} if markdown else None


def _picture(url: str | None, alt: str) -> Json | None:
    if url is None:
        return None
    media_type, _ = mimetypes.guess_type(urlsplit(url).path)
    return without_nothing({"type": "Image", "url": url, "mediaType": media_type, "name": alt or None})


def _fields(actor: Actor) -> list[Json]:
    """The lines of the table on a profile, as Mastodon has them."""
    return [{"type": "PropertyValue", "name": item["name"], "value": item["html"]} for item in actor.fields]


def _published_keys(uri: str, keys: Iterable[Key]) -> Json:
    """RSA as the one `publicKey`, Ed25519 as Multikeys (FEP-521a)."""
    rsa = next((key for key in keys if key.algorithm == "rsa"), None)
    if rsa is None:
        raise Misconfigured(f"{uri} has no RSA key: other servers could not verify what it says.")
    multikeys = [_multikey(uri, key) for key in keys if key.algorithm == "ed25519"]
    published: Json = {"publicKey": {"id": rsa.id, "owner": uri, "publicKeyPem": rsa.public_key}}
    return {**published, "assertionMethod": multikeys} if multikeys else published


def _multikey(uri: str, key: Key) -> Json:
    loaded = load_public(key.id, uri, key.public_key)
    return {
        "id": key.id,
        "type": "Multikey",
        "controller": uri,
        "publicKeyMultibase": encode_multikey(loaded.key),
    }
