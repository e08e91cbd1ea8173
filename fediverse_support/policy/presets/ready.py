"""Four ways to look after a group, and the single things they are made of. All become ordinary rules."""

from collections.abc import Callable, Mapping

import msgspec

from fediverse_support.policy.document import RuleText
from fediverse_support.policy.presets import blocks
from fediverse_support.policy.presets.blocks import BLOCKS, Block, Param
from fediverse_support.policy.wording import N_

__all__ = ["BUILDING_BLOCKS", "PRESETS", "Block", "Param", "Preset", "expand"]


class Preset(msgspec.Struct, frozen=True):
    """A way to look after a group: a name, a sentence, and the rules that do it."""

    key: str
    title: str
    sentence: str
    rules: Callable[[str], tuple[RuleText, ...]]


BUILDING_BLOCKS: Mapping[str, Block] = {block.key: block for block in BLOCKS}
"""Each setting of a group, by its key, in the order in which they are shown."""


def _open_door(group: str) -> tuple[RuleText, ...]:
    return (blocks.media(group, sender=("stranger",)), blocks.max_links(group, 5))


def _calm(group: str) -> tuple[RuleText, ...]:
    return (
        blocks.first_posts(group, 3),
        blocks.media(group, sender=("newcomer",)),
        blocks.max_links(group, 3),
        blocks.slow_mode(group, 10),
    )


def _sheltered(group: str) -> tuple[RuleText, ...]:
    return (
        blocks.first_posts(group, 5),
        blocks.newcomers_from_elsewhere(group),
        blocks.media(group, sender=()),
        blocks.max_links(group, 1),
        blocks.slow_mode(group, 5),
        blocks.at_night(group),
        blocks.reply_rights(group, ("member", "moderator")),
        blocks.newcomers_private_messages(group),
    )


def _sealed(group: str) -> tuple[RuleText, ...]:
    return (
        blocks.everyone(group),
        blocks.reply_rights(group, ("member", "moderator")),
        blocks.newcomers_private_messages(group),
    )


PRESETS: Mapping[str, Preset] = {
    preset.key: preset
    for preset in (
        Preset(
            "open-door",
            N_("Open door"),
            N_("Everybody is heard at once; only pictures of strangers and posts full of links wait."),
            _open_door,
        ),
        Preset(
            "calm",
            N_("Calm"),
            N_("The first three posts of everybody wait for a moderator, and nobody can flood the group."),
            _calm,
        ),
        Preset(
            "sheltered",
            N_("Sheltered"),
            N_("Newcomers, pictures and nights are looked after; members answer, others do not."),
            _sheltered,
        ),
        Preset(
            "sealed",
            N_("Sealed"),
            N_("A moderator looks at every post before anybody sees it."),
            _sealed,
        ),
    )
}
"""The presets by their key, from the most open to the most closed."""


def expand(key: str, group_name: str) -> tuple[RuleText, ...]:
    """The rules of a preset for a group. Raises `KeyError` for a preset that there is not.

    >>> [rule.name for rule in expand("open-door", "night_owls")]
    ['Pictures and other media', 'Many links']
    """
    return PRESETS[key].rules(group_name)
