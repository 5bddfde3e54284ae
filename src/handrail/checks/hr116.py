"""A dependency on a migration that no file holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from handrail.checks._words import Migrations, listed, reference_place
from handrail.checks.base import Check
from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey


class MissingDependency(Check):
    """A migration depends on one that is not among the files.

    Why it matters
    --------------
    The graph cannot be built, so ``migrate``, ``showmigrations`` and every test run fail. Mostly the other file
    is on a branch that was not merged, was renumbered by somebody else, or was forgotten in a commit.

    What Django does
    ----------------
    It stops with "NodeNotFoundError: Migration ... dependencies reference nonexistent parent node". Where the
    missing one may be, it does not say.

    What to do
    ----------
    Merge the branch that has the file, where a note names one. Where the file was renamed, name the new one in
    ``dependencies``. Where it was never committed, ask its author for it.

    Example
    -------
    ::

        error[HR116]: missing-dependency: shop.0003_c depends on shop.0002_gone, which no file here has
          --> shop/migrations/0003_c.py:6 depends on shop.0002_gone
          note: origin/prices has it
    """

    code = "HR116"
    summary = "missing-dependency: {child} depends on {parent}, which no file here has"

    @classmethod
    def find(
        cls,
        missing: Iterable[tuple[MigrationKey, MigrationKey]],
        migrations: Migrations,
        branches: Mapping[MigrationKey, Sequence[str]],
        moves: Mapping[MigrationKey, MigrationKey] | None = None,
    ) -> Iterable[Finding]:
        """Yield one finding for every edge to nowhere.

        branches: the refs that have the missing migration, if they are known. moves: what an earlier resolve has renamed.
        """
        for child, parent in missing:
            refs = branches.get(parent, ())
            near = _near(parent, migrations)
            notes = [f"{listed(refs)} {'has' if len(refs) == 1 else 'have'} it"] if refs else []
            moved = (moves or {}).get(parent)
            notes = [f"resolve has renamed it to {moved}"] if moved else notes
            notes += [f"the nearest name here is {near}"] if near and not refs and not moved else []
            here = (
                [reference_place(migrations[child], "dependencies", [parent], f"depends on {parent}")]
                if child in migrations
                else []
            )
            yield cls.say(
                {"child": child, "parent": parent},
                locations=here,
                notes=notes,
                help=_help(refs, moved),
                command=_command(child, refs, moved),
            )


def _help(refs: Sequence[str], moved: MigrationKey | None) -> str:
    if moved:
        return "let resolve put the new name there"
    return f"merge {refs[0]} first" if refs else "bring the missing file, or name the migration that took its place"


def _command(child: MigrationKey, refs: Sequence[str], moved: MigrationKey | None) -> str:
    if moved:
        return f"handrail resolve {child.app_label}"
    return f"git merge {refs[0]}" if refs else "handrail explain HR116"


def _near(parent: MigrationKey, migrations: Migrations) -> MigrationKey | None:
    from difflib import get_close_matches  # slow to import, and needed for mistakes alone

    names = [key.name for key in sorted(migrations) if key.app_label == parent.app_label]
    found = get_close_matches(parent.name, names, n=1)
    return MigrationKey(parent.app_label, found[0]) if found else None
