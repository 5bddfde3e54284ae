"""The hooks that install-git writes, as text (git help githooks)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

MARK = "# handrail-hook: "
"""Starts the line by which Handrail knows its own hooks."""

_TOUCHED = "':(icase)*migration*'"
"""Any file whose path has to do with migrations: MIGRATION_MODULES may name the folders as it likes."""

_BODIES = {
    "pre-commit": """\
git diff --cached --quiet -- {touched} && exit 0
{conflicts} --head : --quiet
status=$?
if [ $status -eq 1 ]; then
  echo 'handrail: not committed, for what is staged has the conflicts above (git commit --no-verify passes over this)' >&2
  exit 1
fi
[ $status -eq 0 ] || echo "handrail: the check could not run (exit code $status), and the commit goes on" >&2
exit 0
""",
    "post-merge": """\
git diff --quiet ORIG_HEAD HEAD -- {touched} 2>/dev/null && exit 0
{conflicts} --quiet >&2
exit 0
""",
    "post-checkout": """\
[ "$3" = 1 ] || exit 0
git diff --quiet "$1" "$2" -- {touched} 2>/dev/null && exit 0
{conflicts} --quiet >&2
case "$GIT_REFLOG_ACTION" in rebase*|pull*) exit 0 ;; esac
[ -z "$CI" ] && git cat-file -e "$1" 2>/dev/null || exit 0
if (: </dev/tty) 2>/dev/null; then
  {follow} "$1" "$2" </dev/tty >&2
else
  {follow} "$1" "$2" </dev/null >&2
fi
exit 0
""",
    "post-rewrite": """\
[ "$1" = rebase ] || exit 0
git diff --quiet ORIG_HEAD HEAD -- {touched} 2>/dev/null && exit 0
{conflicts} --quiet >&2
exit 0
""",
}

HOOKS = tuple(_BODIES)
"""The hooks: the first stops a commit, the others say what a merge, a checkout or a rebase brought.

That of a checkout asks whether the developer's database shall follow; where nobody can answer, it says how.
"""


def hook_text(name: str, program: Sequence[str], root: str) -> str:
    """Return the text of a hook. program: what starts handrail; root: the project root below the top, "" for the top itself."""
    conflicts, follow = (
        shlex.join([*program, command, *(["--path", root] if root else [])]) for command in ("conflicts", "post-checkout")
    )
    return f"""\
#!/bin/sh
{MARK}made by "handrail install-git", taken away by "handrail install-git --remove"
before="$(dirname "$0")/{name}.before-handrail"
if [ -x "$before" ]; then
  "$before" "$@" || exit $?
fi
{_BODIES[name].format(touched=_TOUCHED, conflicts=conflicts, follow=follow)}"""
