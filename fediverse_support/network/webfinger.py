"""Handles of other servers, believed only when both sides say the same (RFC 7033 as Mastodon deploys it).

A handle is a claim of one server, an actor's name a claim of another. We take neither alone: the handle's
server must point to the actor's id, and asking for the actor's own name must lead back to that id. Without
the way back, anybody's server could call its actor alice@good.example.
"""

import re
from typing import Any
from urllib.parse import quote

import msgspec

from fediverse_support.core.errors import Malformed, Missing, Refused, RemoteRefused, RemoteTrouble
from fediverse_support.network.budget import FetchBudget
from fediverse_support.network.documents import ACTIVITY_STREAMS, Documents, is_activity_type
from fediverse_support.protocol.urls import Gate, normal_host

JRD = "application/jrd+json"
LONGEST_JRD = 100 * 1024
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
FOLLOW_INTENT = "https://w3id.org/fep/3b86/Follow"
_TYPE = f"{ACTIVITY_STREAMS}#type"
_HANDLE = re.compile(r"(?:acct:)?(?P<sign>[@!]?)(?P<name>[^\s@/?#:!]{1,200})@(?P<host>[^\s@/?#]{1,260})")


class Handle(msgspec.Struct, frozen=True):
    """`name@host`. `kind` is "Group" when it was written `!name@host`, as Lemmy's people do."""

    name: str
    host: str
    kind: str | None = None

    def __str__(self) -> str:
        return f"{self.name}@{self.host}"

    def same(self, other: "Handle | None") -> bool:
        """Whether both mean the same: names differ by more than case."""
        return other is not None and (self.name.lower(), self.host) == (other.name.lower(), other.host)


class Jrd(msgspec.Struct, frozen=True):
    """What a server says about a handle: `ids` are its actors with their type, where that is told."""

    subject: Handle | None
    ids: tuple[tuple[str, str | None], ...]
    subscribe: str | None

    def names(self, actor_id: str) -> bool:
        """Whether one of the self links is `actor_id`."""
        return any(found == actor_id for found, _ in self.ids)


class Resolved(msgspec.Struct, frozen=True):
    """An actor document and the handle that both sides confirm."""

    actor: dict[str, Any]
    handle: Handle


def parse_handle(text: str, gate: Gate) -> Handle:
    """The handle in `@name@host`, `!name@host`, `name@host` or `acct:name@host`. Raises `Malformed`."""
    found = _HANDLE.fullmatch(text.strip())
    if found is None or not found["name"].isprintable():
        raise Malformed("This is not a handle; it should look like @name@server.example.")
    return Handle(found["name"], normal_host(found["host"], gate), "Group" if found["sign"] == "!" else None)


async def look_up(documents: Documents, handle: Handle, budget: FetchBudget) -> Jrd:
    """What the server of `handle` says about it; nothing of it is confirmed yet.

    Raises `Missing` for an unknown handle, `RemoteRefused` and `RemoteTrouble` as `Documents.fetch`.
    """
    resource = quote(f"acct:{handle}", safe="")
    path = f"{handle.host}/.well-known/webfinger?resource={resource}"
    if not documents.client.allows_http:
        return await _read_from(documents, f"https://{path}", budget)
    try:
        return await _read_from(documents, f"http://{path}", budget)
    except RemoteTrouble as error:
        # A handle does not say its scheme. A TLS port breaks off or answers 400 to plain http (Go, nginx).
        if isinstance(error, RemoteRefused) and error.http_status != 400:
            raise
        return await _read_from(documents, f"https://{path}", budget)


async def resolve_handle(documents: Documents, handle: Handle, budget: FetchBudget) -> Resolved:
    """The actor behind `handle`, confirmed from both sides: two GETs, three for a split domain.

    The handle that comes back is the confirmed one, which may be on another host than the one asked for
    when the asked one says so itself. Raises `Missing` and `RemoteRefused` when there is none.
    """
    jrd = await look_up(documents, handle, budget)
    actor = await documents.fetch(_chosen(jrd, handle.kind), budget)
    if not jrd.names(actor["id"]):
        raise RemoteRefused("The handle leads to an actor with another id.")
    confirmed = await confirm_handle(documents, actor, budget, known=(handle, jrd))
    if not confirmed.same(jrd.subject):
        raise RemoteRefused("The handle leads to an actor that goes by another name.")
    return Resolved(actor, confirmed)


async def confirm_handle(
    documents: Documents, actor: dict[str, Any], budget: FetchBudget, known: tuple[Handle, Jrd] | None = None
) -> Handle:
    """The handle under which `actor`, a document that was fetched, may be shown: one GET, or two.

    Asks for `preferredUsername` at the host of the id, which must lead back to the id. When that answer
    names another subject (a split domain), the subject is asked once and must confirm itself and the id;
    there is no third hop. `known` saves asking what was asked already. Raises `RemoteRefused`.
    """
    asked = _own_name(actor, documents.client.site.gate)
    jrd = known[1] if known and asked.same(known[0]) else await look_up(documents, asked, budget)
    subject = jrd.subject
    if subject is None or not jrd.names(actor["id"]):
        raise RemoteRefused("The server of this actor does not confirm its handle.")
    if asked.same(subject):
        return asked
    again = known[1] if known and subject.same(known[0]) else await look_up(documents, subject, budget)
    if not subject.same(again.subject) or not again.names(actor["id"]):
        raise RemoteRefused("The server that the handle names does not confirm it.")
    return subject


async def subscribe_template(documents: Documents, handle: Handle, budget: FetchBudget) -> str:
    """Where the server of `handle` lets its people confirm a follow: a URL that holds `{uri}` once.

    For "follow from your own server". Raises `Missing` when the server offers none.
    """
    jrd = await look_up(documents, handle, budget)
    if jrd.subscribe is None:
        raise Missing("This server does not say where its people can confirm a follow.")
    return jrd.subscribe


async def _read_from(documents: Documents, url: str, budget: FetchBudget) -> Jrd:
    found, _ = await documents.get_json(
        url,
        budget,
        accept=f"{JRD}, application/json",
        types=(JRD, "application/json"),
        limit=LONGEST_JRD,
        same_origin=False,
    )
    return read_jrd(found, documents.client.site.gate)


def read_jrd(document: dict[str, Any], gate: Gate) -> Jrd:
    """The parts of a JRD that we use; links that make no sense are passed over."""
    listed = document.get("links")
    links = [link for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []
    return Jrd(
        subject=_subject(document.get("subject"), gate),
        ids=tuple(found for link in links if (found := _self_link(link, gate))),
        subscribe=_subscribe(links, gate),
    )


def _subject(value: object, gate: Gate) -> Handle | None:
    if not isinstance(value, str) or not value.startswith("acct:"):
        return None
    try:
        return parse_handle(value, gate)
    except Malformed:
        return None


def _self_link(link: dict[str, Any], gate: Gate) -> tuple[str, str | None] | None:
    content_type, href, properties = link.get("type"), link.get("href"), link.get("properties")
    if link.get("rel") != "self" or not isinstance(content_type, str) or not is_activity_type(content_type):
        return None
    try:
        told = properties.get(_TYPE) if isinstance(properties, dict) else None
        return gate.check(href), told if isinstance(told, str) else None
    except Refused:
        return None


def _subscribe(links: list[dict[str, Any]], gate: Gate) -> str | None:
    for rel, place in ((FOLLOW_INTENT, "{object}"), (SUBSCRIBE, "{uri}")):
        for link in links:
            if link.get("rel") == rel and _is_template(link.get("template"), place, gate):
                return str(link["template"]).replace(place, "{uri}")
    return None


def _is_template(template: object, place: str, gate: Gate) -> bool:
    """Whether the place stands once, in the query, and what is left round it is a URL."""
    if not isinstance(template, str) or place not in template.partition("?")[2]:
        return False
    try:
        gate.check(template.replace(place, "", 1))
    except Refused:
        return False
    return True


def _chosen(jrd: Jrd, kind: str | None) -> str:
    """The id to fetch: Lemmy lists a person and a community of one name together, told apart by type."""
    if not jrd.ids:
        raise RemoteRefused("There is no ActivityPub actor behind this handle.")
    return next((found for found, told in jrd.ids if kind and told == kind), jrd.ids[0][0])


def _own_name(actor: dict[str, Any], gate: Gate) -> Handle:
    name = actor.get("preferredUsername")
    if not isinstance(name, str):
        raise RemoteRefused("This actor has no name.")
    try:
        return parse_handle(f"{name}@{gate.host(actor['id'])}", gate)
    except Malformed:
        raise RemoteRefused("This actor has a name that no handle can have.") from None
