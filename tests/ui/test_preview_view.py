"""The preview: text with colours, hexadecimal, folding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from s3tui.s3.preview import Preview
from s3tui.ui.widgets.hex_view import HexLines
from s3tui.ui.widgets.highlighting import spans
from s3tui.ui.widgets.preview_view import PreviewView, TextLines
from tests.ui.waiting import idle


class Host(App[None]):
    """Only the view."""

    def compose(self) -> ComposeResult:
        yield PreviewView()

    @property
    def view(self) -> PreviewView:
        return self.query_one(PreviewView)


def shown(view: PreviewView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def text_of(content: str, language: str | None = None, truncated: bool = False) -> Preview:
    return Preview("text", language, content, b"", truncated)  # type: ignore[arg-type]


async def test_text_is_safe_and_folded() -> None:
    app = Host()
    async with app.run_test(size=(24, 10)) as pilot:
        app.view.show(text_of("a\x1b[31m[red]b[/x]\n\u202ec\nlong words are folded at a space\r\n" + "x" * 30))
        await idle(pilot)
        lines = shown(app.view)
    assert lines[0].startswith("All of it: ")
    body = lines[lines.index("a␛[31m[red]b[/x]") :]
    assert body[1] == "\\u{202e}c"
    assert body[2] == "long words are"
    assert all(cell_len(line) <= 24 for line in lines)


async def test_colours_come_after_the_text() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.view.show(text_of('{"a": 1}', "json"))
        await idle(pilot)
        line = next(app.view.render_line(y) for y in range(5) if '{"a": 1}' in app.view.render_line(y).text)
        colours = {segment.text: segment.style.color for segment in line if segment.style}
    assert colours['"a"'] != colours["1"]


async def test_notes_say_what_is_missing() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.view.show(Preview("text", None, "abc", b"abc", True, "decompressed from gzip"))
        await idle(pilot)
        assert shown(app.view)[:3] == ["The first 3 characters; there is more.", "Decompressed from gzip.", "abc"]
        app.view.show(text_of(""))
        await idle(pilot)
        assert shown(app.view)[0] == "The object is empty."


async def test_hex_and_scrolling() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        app.view.show(Preview("hex", None, "", bytes(range(256)) * 4, True))
        await idle(pilot)
        assert shown(app.view)[1].startswith("00000 00 01 02 03 04 05 06 07  08 09")
        app.view.focus()
        await pilot.press("end")
        await idle(pilot)
        assert shown(app.view)[-1].startswith("003f0 f0 f1")
        app.view.show(text_of("short"))
        await idle(pilot)
        assert "short" in shown(app.view)


@pytest.mark.parametrize(("width", "per_row"), [(200, 16), (71, 16), (70, 8), (38, 8), (37, 4), (10, 4)])
def test_hex_fits(width: int, per_row: int) -> None:
    lines = HexLines(bytes(range(200)), width)
    assert lines.per_row == per_row
    rows = ["".join(text for text, _ in lines.line(index)) for index in range(lines.count)]
    assert all(len(row) <= max(width, 22) for row in rows)
    assert rows[-1][-1] == "·"


@given(st.text(st.characters(exclude_characters="\n"), max_size=120), st.integers(2, 40))
def test_folding_loses_nothing(line: str, width: int) -> None:
    lines = TextLines(line, width)
    rows = ["".join(text for text, _ in lines.line(index)) for index in range(lines.count)]
    assert "".join(rows) == line
    assert all(sum(cell_len(character) for character in row) <= width for row in rows)


SAMPLES = {
    "json": '{"key": ["text", 1, true, null]}\n{"cut',
    "xml": '<?xml version="1.0"?>\n<!-- c -->\n<a b="c">text</a><cut',
    "yaml": "# c\nkey: {a: b, c: [1]}\ntext: |\n  one\n  two\n",
    "csv": 'one,"t,wo",three\n1,2,3\n"a,b",c\n',
}


@pytest.mark.parametrize("language", SAMPLES)
def test_coloured_parts_are_inside_their_lines(language: str) -> None:
    text = SAMPLES[language]
    lines = text.split("\n")
    found = spans(text, language)
    assert len(found) == len(lines)
    assert any(kind == "key" for line in found for _, _, kind in line)
    for line, parts in zip(lines, found, strict=True):
        assert parts == sorted(parts)
        assert all(0 <= first < last <= len(line) for first, last, _ in parts)


@given(st.text(max_size=300), st.sampled_from(sorted(SAMPLES)))
def test_any_text_can_be_coloured(text: str, language: str) -> None:
    lines = TextLines(text, 20)
    lines.coloured = spans(text, language)
    rows = ["".join(piece for piece, _ in lines.line(index)) for index in range(lines.count)]
    assert "".join(rows) == text.replace("\n", "")


def test_csv_columns() -> None:
    parts = spans('a;b\n1;"x;y";3\n', "csv")
    assert parts == [[(0, 1, "key"), (2, 3, "key")], [(2, 7, "even")], []]
