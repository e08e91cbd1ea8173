"""Every colour that text or a border has on every ground it stands on, measured (WCAG 2.2)."""

import re

import pytest

from fediverse_support.web.rendering import folder

CSS = (folder("static") / "style.css").read_text()
TEXT = [
    ("ink", "paper"), ("ink", "sheet"), ("ink", "leaf-wash"), ("ink", "clay-wash"),
    ("faint", "paper"), ("faint", "sheet"),
    ("leaf-deep", "leaf-wash"), ("sky", "sky-wash"), ("dusk", "dusk-wash"),
]  # fmt: skip
MARKS = [
    ("leaf", "paper"), ("leaf", "sheet"), ("leaf", "leaf-wash"), ("leaf-deep", "leaf-wash"),
    ("leaf-deep", "sheet"), ("on-leaf", "leaf"), ("on-leaf", "leaf-deep"), ("clay", "clay-wash"),
    ("clay", "paper"), ("clay", "sheet"), ("sheet", "clay"), ("faint", "leaf-wash"), ("faint", "clay-wash"),
]  # fmt: skip
EDGES = [("field-edge", "sheet"), ("field-edge", "paper"), ("field-edge", "leaf-wash"), ("clay", "paper")]


def themes() -> dict[str, dict[str, str]]:
    """The colour tokens of each look, those that a look does not set being those of the first."""
    blocks = re.findall(r"(:root[^{,]*)\{([^}]*)\}", CSS.split("@media print")[0])
    found = {
        selector.strip() + ("@dark" if index == 1 else ""): dict(re.findall(r"--([\w-]+):\s*(#\w{6})", body))
        for index, (selector, body) in enumerate(blocks)
    }
    base = found[":root"]
    return {name: base | tokens for name, tokens in found.items()}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", themes())
@pytest.mark.parametrize(
    ("pairs", "least"), [(TEXT, 7.0), (MARKS, 4.5), (EDGES, 3.0)], ids=["text", "marks", "edges"]
)
def test_contrast(theme, pairs, least):
    tokens = themes()[theme]
    weak = {
        f"{fore} on {back}": round(contrast(tokens[fore], tokens[back]), 2)
        for fore, back in pairs
        if contrast(tokens[fore], tokens[back]) < least
    }
    assert weak == {}


def test_there_are_five_looks_and_dark_by_choice_is_dark_by_system():
    found = themes()
    assert len(found) == 5
    assert found[":root@dark"] == found[':root[data-look="dark"]']
    assert found[":root"] == found[':root[data-look="light"]']


def test_nothing_is_pure_black_on_pure_white():
    for tokens in themes().values():
        assert not {"#000000", "#ffffff"} & set(tokens.values())


def test_the_sheet_names_no_colour_but_its_tokens_and_no_direction():
    rules = re.sub(r"/\*.*?\*/|:root[^{]*\{[^}]*\}", "", CSS.split("@media print")[0], flags=re.S)
    assert re.findall(r"#[0-9a-f]{3,8}\b", rules) == []
    assert re.findall(r"\b(?:margin|padding|border|inset)-(?:left|right|top|bottom)\b|\bfloat:", rules) == []
    assert "url(" not in rules
    assert "@import" not in rules
