"""The reference pages that are made from the code itself: one for each code, their list, and the command line.

python -m tools.reference            writes them
python -m tools.reference --check    says which are out of step, and fails if any is
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from handrail import registry
from handrail.checks._pages import Page, all_codes, page
from handrail.cli import commands
from handrail.cli.base import Command, Parser, add_common, placeholder, positionals

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "docs/reference"
FAMILIES = {
    "HR0": "Configuration, git, and how a command is used",
    "HR1": "Graph and git",
    "HR2": "History",
    "HR3": "Lock",
    "HR4": "Interrupted runs, and code in migrations",
    "HR5": "Rollback",
    "HR6": "Kept data",
    "HR7": "Squash",
    "HR8": "Safety",
    "HR9": "Mistakes of Handrail itself",
}
MADE = "<!-- Made by `make reference` from the code. Change it there. -->"


def pages() -> dict[str, str]:
    """Return the text of every made page by its path from the root."""
    made = {f"{FOLDER}/codes/{code}.md": _code_page(page(code)) for code in all_codes()}
    made[f"{FOLDER}/codes.md"] = _joined(_code_list([page(code) for code in all_codes()]))
    made[f"{FOLDER}/command-line.md"] = _joined(_command_line())
    return made


def _code_page(found: Page) -> str:
    title, _, rest = found.markdown.partition("\n\n")
    return _joined([MADE, "", f"# {found.code}", "", title, "", f"Message: `{found.summary}` ({found.severity})", "", rest])


def _code_list(found: list[Page]) -> Iterator[str]:
    yield from (MADE, "", "# Codes", "")
    yield "Every finding and every refusal has a code. A code means one thing for ever. `handrail explain CODE` prints its page."
    for family, title in FAMILIES.items():
        inside = [one for one in found if one.code.startswith(family)]
        if inside:
            yield from ("", f"## {family}: {title}", "", "| code | message | meaning |", "|---|---|---|")
            yield from (f"| [{one.code}](codes/{one.code}.md) | `{_cell(one.summary)}` | {_cell(one.title)} |" for one in inside)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _command_line() -> Iterator[str]:
    yield from (MADE, "", "# The command line", "")
    yield "`handrail COMMAND` and `manage.py handrail COMMAND` take the same options."
    yield from ("", "Exit codes: 0 clean or done, 1 findings, 2 refused or misused, 3 stopped part-way.")
    yield from ("", "What `--format` writes, and the keys of the JSON: [output](output.md).")
    for key, command in registry.discover(commands, Command).items():
        yield from _command(command(), key)
    yield from ("", "## Options of all commands", "")
    common = Parser(add_help=False)
    add_common(common)
    yield from _table(common._actions)


def _command(command: Command, key: str) -> Iterator[str]:
    parser = Parser(prog=f"handrail {key}", add_help=False)
    command.add_arguments(parser)
    synopsis = " ".join([parser.prog, "[options]", *map(placeholder, positionals(parser))])
    yield from ("", f"## handrail {key}", "", inspect.cleandoc(command.__doc__ or ""), "", f"    {synopsis}", "")
    if parser._actions:
        yield from (*_table(parser._actions), "")
    yield from (f"- `handrail {line}`: {does}" for line, does in command.examples)


def _table(actions: list[argparse.Action]) -> Iterator[str]:
    yield from ("| argument | meaning |", "|---|---|")
    for action in actions:
        name = " ".join(filter(None, [", ".join(action.option_strings), placeholder(action)]))
        yield f"| `{_cell(name)}` | {_cell((action.help or '').replace('%%', '%'))} |"


def _joined(lines: list[str] | Iterator[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def out_of_step(made: dict[str, str], root: Path) -> list[str]:
    """Return the paths whose file differs from what is made, and of pages for codes that are gone."""
    there = {path.relative_to(root).as_posix() for path in root.glob(f"{FOLDER}/codes/*.md")}
    differing = [path for path, text in made.items() if not (root / path).exists() or (root / path).read_text("utf-8") != text]
    return sorted({*differing, *(there - set(made))})


def write(made: dict[str, str], root: Path) -> None:
    """Write every made page, and delete those of codes that are gone."""
    for path in out_of_step(made, root):
        if path in made:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(made[path], encoding="utf-8")
        else:
            (root / path).unlink()


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    made = pages()
    if "--check" not in arguments:
        write(made, ROOT)
        return 0
    wrong = out_of_step(made, ROOT)
    for path in wrong:
        print(f"{path} is out of step with the code: make reference", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
