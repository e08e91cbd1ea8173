"""This community's own names and URLs, in one place."""

import msgspec

from fediverse_support.core.settings import Settings
from fediverse_support.protocol.urls import OPEN_NETWORK, TEST_NETWORK, Gate


class Site(msgspec.Struct, frozen=True):
    """Where we are: the handle domain, the origin that others reach us by, and the URL gate that fits."""

    domain: str
    origin: str
    gate: Gate

    @property
    def host(self) -> str:
        """The authority of the origin, which requests to us must name in `Host`."""
        return self.origin.split("://", 1)[1]

    @property
    def shared_inbox(self) -> str:
        """The inbox for everybody here."""
        return f"{self.origin}/inbox"

    @property
    def instance_actor(self) -> str:
        """The actor that signs our look-ups."""
        return f"{self.origin}/actor"

    def group(self, name: str) -> str:
        """The id of one of our groups."""
        return f"{self.origin}/groups/{name}"

    def person(self, name: str) -> str:
        """The id of one of our people."""
        return f"{self.origin}/people/{name}"

    def post(self, public_id: str) -> str:
        """The id of one of our posts."""
        return f"{self.origin}/posts/{public_id}"

    def activity(self, public_id: str) -> str:
        """The id of one of our activities."""
        return f"{self.origin}/activities/{public_id}"

    def is_ours(self, url: str) -> bool:
        """Whether `url` is on this server."""
        return url == self.origin or url.startswith((f"{self.origin}/", f"{self.origin}#"))


def site_of(settings: Settings) -> Site:
    """The site that `settings` describe."""
    gate = TEST_NETWORK if settings.is_test_network else OPEN_NETWORK
    return Site(settings.domain, settings.origin, gate)
