"""Polls: the Note of a post becomes a `Question`.

As Mastodon, Misskey, GoToSocial, Akkoma and PieFed have it: `oneOf` or `anyOf`, each answer a Note with
`name` and its votes in `replies.totalItems`. While the result is hidden every number is 0: that is all they
understand.
"""

from fediverse_support.core.clock import wire_time
from fediverse_support.core.polls import Answer, Poll
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.context import Json, without_nothing


def question(note: Json, poll: Poll) -> Json:
    """The rendered `note` of a post, with its poll."""
    told = poll.tells_totals
    return without_nothing(
        {
            **note,
            "@context": context.QUESTION,
            "type": "Question",
            "anyOf" if poll.is_multiple else "oneOf": [_answer(answer, told) for answer in poll.answers],
            "endTime": wire_time(poll.ends_at) if poll.ends_at else None,
            "closed": wire_time(poll.closed_at) if poll.closed_at else None,
            "votersCount": poll.voters if told else 0,
        }
    )


def vote(id: str, *, voter: str, author: str, poll_uri: str, answer: str) -> Json:
    """A vote in a poll elsewhere: a Note with a name and nothing else, for the author of the poll alone."""
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": "Note",
        "attributedTo": voter,
        "to": [author],
        "cc": [],
        "name": answer,
        "inReplyTo": poll_uri,
    }


def _answer(answer: Answer, told: bool) -> Json:
    votes = answer.votes if told else 0
    return {"type": "Note", "name": answer.name, "replies": {"type": "Collection", "totalItems": votes}}
