"""Four ways to look after a group, and the single things they are made of. All become ordinary rules."""

from fediverse_support.policy.presets.ready import BUILDING_BLOCKS, PRESETS, Block, Param, Preset, expand

__all__ = ["BUILDING_BLOCKS", "PRESETS", "Block", "Param", "Preset", "expand"]
