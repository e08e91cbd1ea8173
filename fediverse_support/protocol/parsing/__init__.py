"""Documents from other servers, read tolerantly into the values of `protocol.vocabulary`.

Tolerant of everything that may be one, many, missing, null or of the wrong kind on the wire; strict on ids
and on origins, where tolerance would let one server speak for another. Every function here takes what came
through the JSON gate and raises nothing but `Malformed`.
"""

from fediverse_support.protocol.parsing.activities import activity
from fediverse_support.protocol.parsing.actors import actor, key, keys
from fediverse_support.protocol.parsing.collections import collection, posts_listed, tombstone
from fediverse_support.protocol.parsing.discovery import nodeinfo, nodeinfo_link, webfinger
from fediverse_support.protocol.parsing.kinds import Kind, kind
from fediverse_support.protocol.parsing.posts import post

__all__ = [
    "Kind",
    "activity",
    "actor",
    "collection",
    "key",
    "keys",
    "kind",
    "nodeinfo",
    "nodeinfo_link",
    "post",
    "posts_listed",
    "tombstone",
    "webfinger",
]
