"""What the form of a rule says to who fills it in: the label of each condition, its choices, its hint.

`policy/conditions.py` says which conditions there are and of which form they are; here are only the words.
"""

from fediverse_support.web.rendering import N_

TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        N_("Who it is from"),
        (
            "sender",
            "from",
            "actor",
            "domain",
            "software",
            "bot",
            "account_younger_than",
            "here_less_than",
            "followers_under",
            "accepted_before",
            "accepted_under",
        ),
    ),
    (
        N_("What it is"),
        (
            "activity",
            "object",
            "group",
            "reply",
            "thread_of",
            "edit",
            "visibility",
            "language",
            "quote",
            "poll",
        ),
    ),
    (
        N_("What it says"),
        (
            "words",
            "list",
            "matches",
            "longer_than",
            "mentions_over",
            "hashtag",
            "hashtags_over",
            "has_warning",
            "warning",
            "sensitive",
        ),
    ),
    (
        N_("What comes along"),
        ("has_media", "media_type", "attachments_over", "alt_missing", "links_over", "link_to"),
    ),
    (N_("When, and how much"), ("hour_rate_over", "day_rate_over", "hours", "moderator_here")),
)
"""Every condition, in the order in which the form offers them."""

LABELS: dict[str, str] = {
    "sender": N_("How the sender stands here"),
    "from": N_("From here or from elsewhere"),
    "actor": N_("A certain person"),
    "domain": N_("The server it is from"),
    "software": N_("The software of the server"),
    "bot": N_("Says that it is a bot"),
    "account_younger_than": N_("Account younger than"),
    "here_less_than": N_("First heard of less than … ago"),
    "followers_under": N_("Followed here by fewer than"),
    "accepted_before": N_("Something of theirs was shown here before"),
    "accepted_under": N_("Fewer posts of theirs shown here than"),
    "activity": N_("Kind of activity"),
    "object": N_("Kind of thing"),
    "group": N_("For this group"),
    "reply": N_("Is an answer"),
    "thread_of": N_("Answers in the thread of"),
    "edit": N_("Changes what was there"),
    "visibility": N_("How far it reaches"),
    "language": N_("Language"),
    "quote": N_("Quotes another post"),
    "poll": N_("Is a poll"),
    "words": N_("Words or phrases"),
    "list": N_("Something of a word list"),
    "matches": N_("A pattern"),
    "longer_than": N_("Longer than (characters)"),
    "mentions_over": N_("Mentions more people than"),
    "hashtag": N_("Hashtag"),
    "hashtags_over": N_("More hashtags than"),
    "has_warning": N_("Has a content warning"),
    "warning": N_("Has this warning"),
    "sensitive": N_("Is marked as sensitive"),
    "has_media": N_("Brings pictures, sounds or films"),
    "media_type": N_("Kind of picture, sound or film"),
    "attachments_over": N_("Brings more of them than"),
    "alt_missing": N_("One of them has no description"),
    "links_over": N_("More links than"),
    "link_to": N_("A link to this server"),
    "hour_rate_over": N_("More in the last hour than"),
    "day_rate_over": N_("More in the last day than"),
    "hours": N_("Time of day"),
    "moderator_here": N_("A moderator of the group is here"),
}

HINTS: dict[str, str] = {
    "actor": N_("name@server or the address of the account. One a line; one of them is enough."),
    "domain": N_("For example harbour.example. Everything below this name is meant too. One a line."),
    "software": N_("For example mastodon, lemmy. One a line."),
    "accepted_under": N_("In a rule of a group: of their posts in that group."),
    "activity": N_("Create (a new post), Update, Follow, Like, Announce … One a line."),
    "object": N_("Note, Page, Article, Question, Event … One a line."),
    "group": N_("The name in the address of the group. One a line."),
    "language": N_("A code such as en, de, pt; “unknown” for none. One a line."),
    "words": N_("One a line. Capitals, accents and look-alike letters make no difference."),
    "matches": N_(
        "A regular expression (RE2), one a line. For those who know them; words are nearly always enough."
    ),
    "hashtag": N_("Without #. One a line."),
    "media_type": N_("image, video, audio, or exactly: image/gif. One a line."),
    "link_to": N_("For example shop.example. Everything below this name is meant too. One a line."),
    "hours": N_("In the time zone of the group; elsewhere UTC. It may go over midnight."),
    "moderator_here": N_("Within the last half hour. What is unknown counts as no."),
    "account_younger_than": N_("An account whose age is unknown counts as new."),
}

CHOICES: dict[tuple[str, str], str] = {
    ("sender", "stranger"): N_("a stranger: from elsewhere, nothing of theirs was shown here yet"),
    ("sender", "newcomer"): N_("a newcomer: fewer than three posts shown here, or here for less than a week"),
    ("sender", "known"): N_("known: no newcomer any more"),
    ("sender", "approved"): N_("approved: a moderator has let something of theirs in"),
    ("sender", "member"): N_("a member of the group"),
    ("sender", "moderator"): N_("somebody who looks after the group"),
    ("sender", "warned"): N_("warned: a post of theirs was hidden within 90 days"),
    ("from", "here"): N_("from this server"),
    ("from", "elsewhere"): N_("from another server"),
    ("thread_of", "own"): N_("their own"),
    ("thread_of", "member"): N_("a member of this community"),
    ("thread_of", "moderator"): N_("somebody who looks after the group"),
    ("thread_of", "other"): N_("somebody else"),
    ("visibility", "open"): N_("open to everybody"),
    ("visibility", "quiet"): N_("open, but in no public list"),
    ("visibility", "members"): N_("for the members of a group"),
    ("visibility", "followers"): N_("for those who follow its author"),
    ("visibility", "direct"): N_("only for those who are named"),
}

AMENDMENTS: dict[str, str] = {
    "quiet": N_("Keep it out of public lists"),
    "sensitive": N_("Fold the pictures"),
    "no-media": N_("Leave out pictures, sounds and films"),
    "no-previews": N_("Leave out previews of links"),
}

OUTCOMES: dict[str, str] = {
    "accept": N_("let in"),
    "hold": N_("held"),
    "refuse": N_("refused"),
    "block": N_("blocked"),
}
"""What happened to an arrival, in one or two words."""

THENS: dict[str, tuple[str, str]] = {
    "accept": (N_("Let it in"), N_("Rules of lower priority are not asked any more.")),
    "hold": (N_("Hold it"), N_("A moderator looks at it before anybody else sees it.")),
    "refuse": (N_("Refuse it"), N_("It does not come in. That it came and why is kept for some weeks.")),
}
"""What a rule can do: the choice and what it means."""

UNITS: dict[str, str] = {"m": N_("minutes"), "h": N_("hours"), "d": N_("days"), "w": N_("weeks")}
