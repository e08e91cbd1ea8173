"""Letters that look like others: a table of facts, for `folding.fold`.

All stand here as decomposition and case folding leave them: Cyrillic `А` is found under `а`, and Cherokee,
which folds to capitals, under its capitals. What Unicode itself calls another form of a letter (fullwidth,
mathematical, superscript) is not listed: it is undone by then.

Where the capital and the small letter resemble different Latin letters (Greek `Ν ν`), one of the two is
chosen: a text must not be told from itself by its case.
"""

_LATIN = {
    "a": "ɑɐᴀⱥ",
    "b": "ʙɓƀƃᴃᵬᶀƅ",
    "c": "ᴄƈȼɕ",
    "d": "ᴅɖɗđƌȡᵭᶁð",
    "e": "ᴇəɛɘɇⱸǝ",
    "f": "ꜰƒᵮᶂꬵ",
    "g": "ɢɡɠǥᶃꬶ",
    "h": "ʜɦħɧⱨɥ",
    "i": "ɪɩıɨᵻᶖ",
    "j": "ᴊʝɉɟȷ",
    "k": "ᴋƙⱪꝁʞᶄ",
    "l": "ʟɫɭƚłȴⱡꝉǀ",
    "m": "ᴍɱᵯᶆɯ",
    "n": "ɴɲɳƞȵŋᵰᶇ",
    "o": "ᴏøɵⱺꬽ",
    "p": "ᴘƥᵽᵱᶈþƿ",
    "q": "ʠɋꝗ",
    "r": "ʀɼɽɾɿɍᵲᶉꭇɹ",
    "s": "ꜱʂȿᵴᶊƨ",
    "t": "ᴛƭʈŧțⱦƫᵵʇ",
    "u": "ᴜʉʊᶙꭎ",
    "v": "ᴠʋⱱᶌʌ",
    "w": "ᴡⱳʍ",
    "x": "ᶍ",
    "y": "ʏɏƴỿʎ",
    "z": "ᴢʐʑƶȥɀⱬᵶᶎ",
}
"""Small capitals, letters with strokes and hooks, letters of the phonetic alphabet, letters upside down."""

_CYRILLIC = {
    "a": "а",
    "b": "вьъ",
    "c": "сҁ",
    "d": "ԁ",
    "e": "еєэҽҿ",
    "h": "нһԋћ",
    "i": "і",
    "j": "ј",
    "k": "кҝқԟҡӄ",
    "l": "ӏ",
    "m": "мӎ",
    "n": "п",
    "o": "оө",
    "p": "рҏ",
    "q": "ԛ",
    "r": "г",
    "s": "ѕ",
    "t": "тҭ",
    "v": "ѵ",
    "w": "ԝѡш",
    "x": "хҳӽ",
    "y": "уүұ",
}

_GREEK = {
    "a": "α",
    "b": "β",
    "e": "ε",
    "h": "η",
    "i": "ι",
    "j": "ϳ",
    "k": "κ",
    "m": "μ",
    "o": "οσ",
    "p": "ρ",
    "t": "τ",
    "u": "υ",
    "v": "ν",
    "w": "ω",
    "x": "χ",
    "y": "γ",
    "z": "ζ",
}

_OTHERS = {
    "a": "ᎪꓮⲀⲁ𐊠",
    "b": "ᏴꓐⲂⲃ",
    "c": "ᏟꓚⲤⲥↄ",
    "d": "Ꭰꓓժ",
    "e": "ᎬꓰⲈⲉ",
    "f": "ꓝ",
    "g": "ᏀᏳꓖց",
    "h": "ᎻꓧⲎⲏհ",
    "i": "ᎥꓲⲒⲓ",
    "j": "Ꭻꓙյ",
    "k": "ᏦꓗⲔⲕ",
    "l": "Ꮮꓡ",
    "m": "ᎷꓟⲘⲙ",
    "n": "ꓠⲚⲛոռ",
    "o": "ꓳⲞⲟօഠ",
    "p": "ᏢꓑⲢⲣ",
    "q": "գզ",
    "r": "ᎡᏒꓣ",
    "s": "Ꮪꓢտ",
    "t": "ᎢꓔⲦⲧ",
    "u": "ꓴս",
    "v": "Ꮩꓦ",
    "w": "Ꮃꓪա",
    "x": "ꓫⲬⲭ",
    "y": "ᎩꓬⲨⲩ",
    "z": "ᏃꓜⲌⲍ",
}
"""Cherokee, Lisu, Coptic, Armenian, and single letters of other scripts."""

_PAIRS = {"æ": "ae", "œ": "oe", "ꜳ": "aa", "ꜵ": "ao", "ꝏ": "oo", "ȣ": "ou", "ʦ": "ts", "ʣ": "dz"}

_SIGNS = {"-": "‐‑‒–—―−⁃﹘", "'": "‘’‚‛ʼʹʻʽ′", '"': "“”„‟«»", "·": "•‧∙⋅・"}
"""Dashes, quotes and dots, which programs put in unasked: `don’t` is to be `don't`."""


def _in_boxes() -> dict[int, str]:
    """Letters in boxes and bubbles that Unicode gives no plain form: 🅐, 🅰 and the letters of flags."""
    firsts = (0x1F150, 0x1F170, 0x1F1E6)
    return {first + place: chr(ord("a") + place) for first in firsts for place in range(26)}


def _looked_up(*tables: dict[str, str]) -> dict[int, str]:
    return {ord(other): plain for table in tables for plain, others in table.items() for other in others}


LOOKALIKES: dict[int, str] = {
    **_looked_up(_LATIN, _CYRILLIC, _GREEK, _OTHERS, _SIGNS),
    **_in_boxes(),
    **{ord(pair): plain for pair, plain in _PAIRS.items()},
}
"""The plain letters for each character that looks like them, as `str.translate` wants it."""
