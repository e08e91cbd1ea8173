"""What was said: posts and activities, by their ids."""

import re

from fediverse_support.community.posts import published
from fediverse_support.community.posts.published import Served
from fediverse_support.core.errors import Missing
from fediverse_support.web.federation.answers import Document, Question
from fediverse_support.web.federation.requesting import for_members_at_last

_PUBLIC_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


def public_id(text: str) -> str:
    """`text` if it has the form of one of our random ids; raises `Missing`."""
    if _PUBLIC_ID.fullmatch(text) is None:
        raise Missing
    return text


@for_members_at_last
async def post(question: Question) -> Document:
    """The Note of one of our posts; 410 with a tombstone for a deleted one."""
    found = await published.post(
        question.db, question.viewer, question.services.site, public_id(question.name)
    )
    return _document(found)


@for_members_at_last
async def activity(question: Question) -> Document:
    """What one of our actors did, as far as it was said aloud: NodeBB and Fedify fetch it to believe it."""
    found = await published.activity(
        question.db, question.viewer, question.services.site, public_id(question.name)
    )
    return _document(found)


def _document(found: Served) -> Document:
    return Document(body=found.document, status=410 if found.is_gone else 200)
