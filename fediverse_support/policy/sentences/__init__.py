"""Rules, levels and outcomes as plain sentences, made of the rules themselves so that they cannot drift."""

from fediverse_support.policy.sentences.saying import (
    listed,
    of_amendments,
    of_day,
    of_level,
    of_outcome,
    of_rule,
)

__all__ = ["listed", "of_amendments", "of_day", "of_level", "of_outcome", "of_rule"]
