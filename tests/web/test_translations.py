"""The catalogues keep up with the code."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from fediverse_support.web.rendering import LANGUAGES, Renderer, folder

ROOT = Path(__file__).parents[2]
MARKS = """
    N_ Malformed Forbidden Conflict TooMany Unauthenticated Unavailable Missing Gone Refused RemoteTrouble
    RemoteRefused
""".split()  # noqa: SIM905


def sentences() -> set[str]:
    with (ROOT / "locale/babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    keywords = DEFAULT_KEYWORDS | dict.fromkeys(MARKS)
    found = extract_from_dir(ROOT, methods, options, keywords)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def catalogue(path: Path):
    with path.open("rb") as file:
        return read_po(file)


def test_the_template_catalogue_has_every_sentence():
    """See locale/README.md for the command that writes it anew."""
    known = {
        m.id if isinstance(m.id, str) else m.id[0] for m in catalogue(ROOT / "locale/messages.pot") if m.id
    }
    assert sentences() - known == set()


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_sentence_of_the_pages_is_translated_with_its_placeholders_and_links(language):
    translated = catalogue(folder("locale") / language / "LC_MESSAGES" / "messages.po")
    for message in translated:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        source = message.id if isinstance(message.id, str) else message.id[1]
        for text in [message.string] if isinstance(message.string, str) else message.string:
            assert text, f"not translated: {source}"
            for pattern in (r"%\(\w+\)[sd]", r"<[^>]+>"):
                assert sorted(re.findall(pattern, text)) == sorted(re.findall(pattern, source)), source


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_compiles_in_every_language(language):
    environment = Renderer("garden.example").environment(language)
    for name in environment.list_templates():
        environment.get_template(name)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at;q=0.8", "de"),
        ("fr,de;q=0.5,en;q=0.9", "de"),
        ("xx" * 999, "en"),
        (",;=", "en"),
    ],
)
def test_the_language_is_the_first_one_that_we_have(accepted, language):
    assert Renderer("garden.example").language_for(accepted) == language
