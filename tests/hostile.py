"""Names, values and messages that would harm who shows them carelessly, and how to tell that none did."""

from __future__ import annotations

import re
import unicodedata

# What a terminal obeys. Each shows `PWN` when it is made visible, and none is ever sent by Textual itself.
SEQUENCES = {
    "title": "\x1b]0;PWN\x07",
    "title, closed otherwise": "\x1b]2;PWN\x1b\\",
    "clipboard": "\x1b]52;c;UFdO\x07",
    "link": "\x1b]8;;http://pwn.example\x1b\\PWN\x1b]8;;\x1b\\",
    "blinking red": "\x1b[5;41mPWN",
    "concealed": "\x1b[8mPWN",
    "clear": "\x1b[2J\x1b[1;1HPWN",
    "other screen": "\x1b[?1049lPWN",
    "reset": "\x1bcPWN",
    "test pattern": "\x1b#8PWN",
    "report": "\x1b[6nPWN\x05",
    "device control": "\x1bP$q\x22pPWN\x1b\\",
    "application": "\x1b_PWN\x1b\\",
    "8-bit CSI": "\x9b5;41mPWN",
    "8-bit OSC": "\x9d0;PWN\x9c",
    "8-bit DCS": "\x90PWN\x9c",
    "next line": "PWN\x85PWN",
    "charset": "\x0ePWN\x0f",
    "overwrite": "PWN\rPWN\x08\x08\x08",
    "lines": "PWN\nPWN\r\nPWN\x0b\x0c",
    "tab": "PWN\tPWN",
    "null and delete": "PWN\x00PWN\x7f",
    "bidi": "PWN\u202egpj.exe\u2066\u2069",
    "zero width": "PW\u200bN\u200d\u2060\ufeff",
    "separators": "PWN\u2028PWN\u2029PWN\u00a0\u3000",
    "tags": "PWN\U000e0041\U000e007f",
}
# These only hide or confuse; a terminal does nothing at them.
SHOWN_ONLY = {SEQUENCES[name] for name in ("zero width", "separators", "tags")}
# What Rich or Textual would obey, or fall over.
MARKUP = (
    "a[/b]", "[red]PWN[/red]", "[@click=app.quit]PWN[/]", "[link=http://pwn.example]PWN[/link]", "[", "]", "[/]",
    "\\[b]", "[$error on $primary]PWN", "[[PWN]]", ":smile:", "{PWN}", "%s%n", "$(touch PWN)", "`PWN`", "'\"PWN",
)  # fmt: skip
# What gets lost on the way through URLs, XML, files and terminals.
TEXTS = (
    "..", ".", "../../etc/passwd", "/etc/passwd", "a//b", "C:\\PWN", "CON", "nul.txt", "COM1", "name.", "name ",
    " name", "  ", "-rf", "--help", "~root", "a&b<c>d", "<Key>PWN</Key>", "&lt;PWN&#10;", "]]>", "%2B", "+", "a+b c",
    "%", "%zz", "?x=1#y", "é", "e\u0301", "日本語の名前", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "Z̶̧͉a̸l̵g̷o̴", "ﷺ" * 20, "K" * 255, "ÿ" * 100,
)  # fmt: skip
NAMES = (*SEQUENCES.values(), *MARKUP, *TEXTS)
LONGEST = "L" * 1000 + "\x1b]0;PWN\x07" + "é" * 7  # 1,024 bytes of UTF-8
NOT_UTF8 = b"PWN-\xff\xfe\xed\xa0\x80.bin"  # lone surrogates, once they are decoded
ALL = "".join(SEQUENCES.values()) + "".join(MARKUP)
# XML can't hold the C0 controls, but every other thing above.
IN_XML = "".join(character for character in ALL if character >= " " and character not in "\x7f\ufffe\uffff")
# A header can hold any byte but line ends and NUL.
IN_HEADER = "".join(
    value for value in SEQUENCES.values() if value.isascii() and not re.search("[\r\n\0\x0b\x0c]", value)
)
IN_HEADER_8BIT = IN_HEADER + "\x9b5;41mPWN\x9d0;PWN\x9c"

_TOKEN = re.compile(
    "\x1b\\[(?P<csi>[0-?]*[ -/]*[@-~])"
    "|\x1b\\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\\\)"
    "|\x1b[PX^_](?P<string>.*?)\x1b\\\\"
    "|\x1b(?P<other>[ -/]*[0-~])"
    "|(?P<control>[\x00-\x1f\x7f-\x9f])",
    re.DOTALL,
)
_CURSOR = re.compile(r"[0-9;]*H")
_COLOURS = re.compile(r"(?:[0-9]+;)*[0-9]*m")
_FORBIDDEN_COLOURS = ("5;41m", "8m")


def controls(raw: bytes) -> set[str]:
    """Every control sequence in what a program wrote to its terminal, without repeats; places on the screen and
    colours count as one each. Fails where it isn't UTF-8 or leaves bidi marks as they are."""
    text = raw.decode("utf-8")
    bad = {character for character in text if unicodedata.bidirectional(character) in _BIDI}
    assert not bad, f"bidi marks reached the terminal: {bad}"
    found = set()
    for match in _TOKEN.finditer(text):
        csi, osc = match["csi"], match["osc"]
        assert csi not in _FORBIDDEN_COLOURS, f"{match[0]!r} reached the terminal"
        if csi is not None and _CURSOR.fullmatch(csi):
            found.add("place")
        elif csi is not None and _COLOURS.fullmatch(csi):
            found.add("colour")
        elif osc is not None:
            found.add(f"OSC {osc}")
        else:
            found.add(match[0])
    return found


_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def printed(text: str) -> None:
    """What a command printed must hold nothing that a terminal obeys, but its line ends."""
    bad = {character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {
        "\n"
    }
    assert not bad, f"{bad} in what was printed"
