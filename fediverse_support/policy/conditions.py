"""The words of a rule: what `when` and `unless` may ask, and in which form.

One table for the engine, the file, the findings, the sentences and the form of the desk. What is not known
of an arrival counts as none: an account of unknown age is new, a moderator of whom nothing is known is not
here.
"""

from typing import Literal

import msgspec

Kind = Literal["flag", "choice", "names", "domains", "phrases", "patterns", "number", "span", "hours"]
"""flag: true or false · choice: one or several of `choices` · names, domains, phrases, patterns: one text or
a list of them, of which one must fit · number: a whole number from 0 · span: `90m`, `12h`, `7d`, `3w` ·
hours: `22:00-07:00`, in the group's time zone (else UTC), over midnight too."""

STANDINGS = ("stranger", "newcomer", "known", "approved", "member", "moderator", "warned")
"""How a sender stands here; several hold at once (`policy/standing.py`)."""


class Condition(msgspec.Struct, frozen=True):
    """One word of `when`: its form, and what it asks, for who writes a rule."""

    name: str
    kind: Kind
    asks: str
    choices: tuple[str, ...] = ()


_ALL = (
    Condition("sender", "choice", "how the sender stands here", STANDINGS),
    Condition("from", "choice", "whether it is from here or from another server", ("here", "elsewhere")),
    Condition("actor", "names", "who sends or wrote it: an id, or name@server"),
    Condition("domain", "domains", "a server that has a part in it, or one below that"),
    Condition("software", "names", "what the sender's server runs"),
    Condition("bot", "flag", "whether the account says that it is a bot"),
    Condition("account_younger_than", "span", "the age of the account, as its server tells it"),
    Condition("here_less_than", "span", "how long ago we first heard of the account"),
    Condition("followers_under", "number", "how many people here follow the account"),
    Condition("accepted_before", "flag", "whether a post of theirs was ever shown here"),
    Condition(
        "accepted_under", "number", "how many of their posts are shown here (of a group's rule: in it)"
    ),
    Condition("activity", "names", "the kind of activity: Create, Update, Follow, Like …"),
    Condition("object", "names", "the kind of thing: Note, Page, Question, Event …"),
    Condition("group", "names", "the group that it is for"),
    Condition("reply", "flag", "whether it is an answer; false: the start of a thread"),
    Condition("edit", "flag", "whether it changes what was there"),
    Condition("thread_of", "choice", "whose thread it answers in", ("own", "member", "moderator", "other")),
    Condition(
        "visibility", "choice", "how far it reaches", ("open", "quiet", "members", "followers", "direct")
    ),
    Condition("language", "names", "the language it says it is in; `unknown` for none"),
    Condition("words", "phrases", "words or phrases in title, warning or text"),
    Condition("list", "names", "word lists of which something is in title, warning or text"),
    Condition("matches", "patterns", "RE2 patterns that fit somewhere in title, warning or text"),
    Condition("longer_than", "number", "the number of characters"),
    Condition("links_over", "number", "the number of links"),
    Condition("link_to", "domains", "where a link leads"),
    Condition("mentions_over", "number", "the number of people mentioned"),
    Condition("hashtags_over", "number", "the number of hashtags"),
    Condition("hashtag", "names", "a hashtag, without its #"),
    Condition("has_media", "flag", "whether pictures, sounds or films come along"),
    Condition("attachments_over", "number", "how many of them"),
    Condition("media_type", "names", "their kind: image, video, audio, or as image/png"),
    Condition("alt_missing", "flag", "whether one of them comes without a description"),
    Condition("has_warning", "flag", "whether it has a content warning"),
    Condition("warning", "names", "the code of a warning"),
    Condition("sensitive", "flag", "whether it is marked as sensitive"),
    Condition("quote", "flag", "whether it quotes another post"),
    Condition("poll", "flag", "whether it is a poll"),
    Condition("hour_rate_over", "number", "what the sender sent in the hour before"),
    Condition("day_rate_over", "number", "what the sender sent in the day before"),
    Condition("hours", "hours", "the time of day"),
    Condition("moderator_here", "flag", "whether a moderator of the group was here in the last half hour"),
)

CONDITIONS: dict[str, Condition] = {condition.name: condition for condition in _ALL}
"""Every condition, by its name, in the order in which they are shown."""

OVER_THE_WORDS = frozenset({"words", "list", "matches"})
"""Those that ask for the text itself, which is kept for a shorter time than the other facts."""
