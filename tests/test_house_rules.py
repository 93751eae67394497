"""Rules of this house that no linter knows, held by a look at every syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "s3tui"
TREES = {
    file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text(encoding="utf-8"))
    for file in sorted(PACKAGE.rglob("*.py"))
}
SCREEN = {name: tree for name, tree in TREES.items() if name.startswith("ui/")}
LONGEST = 400  # lines
# Where a thread may be started, and why.
THREADS = {
    "background.py": "the named pools",
    "demo/moto_child.py": "a process of its own, in which nothing of ours runs",
    "profiles/secrets.py": "a keyring that waits forever must not take a thread of a pool",
}
# Where the SDK may be imported outside s3/ and demo/, and why.
SDK = {"profiles/aws_files.py": "the parser of AWS's own files, and nothing that sends"}
SHOWING = {"Static", "Label", "Option", "Button", "Checkbox", "Tab", "TabPane", "update"}


def calls(trees: dict[str, ast.Module]) -> Iterator[tuple[str, str, ast.Call]]:
    """Every call: where it is, the last part of what is called, and the call."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{name}:{node.lineno}", ast.unparse(node.func).rpartition(".")[2], node


def option(call: ast.Call, name: str) -> object:
    """The constant value of a keyword argument; None when it isn't there."""
    return next((getattr(word.value, "value", word.value) for word in call.keywords if word.arg == name), None)


def imported(tree: ast.Module) -> set[str]:
    """The top level of every module that is imported, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_files_are_short() -> None:
    lengths = {name: len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) for name in TREES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_only_background_starts_threads() -> None:
    starting = {"Thread", "Timer", "to_thread", "run_in_executor", "ThreadPoolExecutor"}
    found = [
        f"{place} {called}"
        for place, called, call in calls(TREES)
        if called in starting or (called in ("work", "run_worker") and option(call, "thread"))
    ]
    assert [line for line in found if line.partition(":")[0] not in THREADS] == []


def test_only_the_s3_room_imports_the_sdk() -> None:
    users = {name for name, tree in TREES.items() if imported(tree) & {"boto3", "botocore", "s3transfer"}}
    assert {name for name in users if name.partition("/")[0] not in ("s3", "demo")} == set(SDK)


def test_nothing_on_screen_is_read_as_markup() -> None:
    """`notify` is told so, and what is put together from parts goes through `plain()`."""
    loud = [
        place for place, called, call in calls(SCREEN) if called == "notify" and option(call, "markup") is not False
    ]
    made = [
        place for place, called, call in calls(SCREEN) if called in SHOWING and any(_put_together(a) for a in call.args)
    ]
    read = [place for place, called, _ in calls(SCREEN) if called in ("from_markup", "from_text")]
    assert (loud, made, read) == ([], [], [])


def test_titles_and_tooltips_are_plain() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in SCREEN.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _put_together(node.value)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr in ("border_title", "border_subtitle", "tooltip", "label")
    ]
    assert found == []


def _put_together(value: ast.expr) -> bool:
    """Whether it is a text that holds anything but numbers and constants of ours."""
    if not isinstance(value, ast.JoinedStr):
        return False
    return not all(_harmless(part) for part in value.values if isinstance(part, ast.FormattedValue))


def _harmless(part: ast.FormattedValue) -> bool:
    if part.format_spec:
        return True  # `{count:,}`
    if isinstance(part.value, ast.Call):
        return ast.unparse(part.value.func).rpartition(".")[2] in ("counted", "len")
    return ast.unparse(part.value).rpartition(".")[2].isupper()


def test_workers_never_end_the_program() -> None:
    """A failure in a worker is shown; the screen stays."""
    workers = [
        (f"{name}:{node.lineno}", decorator, node)
        for name, tree in SCREEN.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for decorator in node.decorator_list
        if ast.unparse(decorator).partition("(")[0] == "work"
    ]
    assert workers
    for place, decorator, node in workers:
        assert isinstance(decorator, ast.Call), place
        assert option(decorator, "exit_on_error") is False, place
        assert isinstance(node, ast.AsyncFunctionDef), place
    assert [
        place
        for place, called, call in calls(SCREEN)
        if called == "run_worker" and option(call, "exit_on_error") is not False
    ] == []


def test_no_failure_is_swallowed_whole() -> None:
    handlers = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(line, ast.Pass) for line in node.body)
    ]
    suppressed = [
        place
        for place, called, call in calls(TREES)
        if called == "suppress" and {"Exception", "BaseException"} & set(map(ast.unparse, call.args))
    ]
    assert (handlers, suppressed) == ([], [])
