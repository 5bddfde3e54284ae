"""A foreign key to a model that was swapped for another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from handrail.checks._reasons import ReasonCheck
from handrail.checks._words import Migrations, flatten, listed
from handrail.domain.finding import Finding, Location
from handrail.domain.history import ForeignKey, SwappedModel
from handrail.domain.migration import Migration, Operation
from handrail.domain.value import Call, DictOf, ListOf, SetOf, Value

DEFAULTS = {"AUTH_USER_MODEL": ("auth.User", "auth_user")}
"""Swappable settings of Django itself: the model by default and its table (Django 6.1, Settings, AUTH_USER_MODEL)."""


class Swapped(ReasonCheck):
    """Foreign keys name the model that a setting has swapped out, not the setting.

    Why it matters
    --------------
    Where ``AUTH_USER_MODEL`` names a model of the project, the table ``auth_user`` is not made on a new database,
    and the foreign key has nothing to point at. On a database from before the swap it still points at the old
    users.

    What Django does
    ----------------
    SQLite accepts the migration. PostgreSQL fails with 'relation "auth_user" does not exist', MySQL and MariaDB
    with "Foreign key constraint is incorrectly formed". No check compares the setting with the foreign keys of
    migrations.

    What to do
    ----------
    Write ``settings.AUTH_USER_MODEL`` and ``migrations.swappable_dependency(settings.AUTH_USER_MODEL)`` in place
    of the model and its app. To swap the model of a project with data, follow Django's "Changing to a custom user
    model mid-project".

    Example
    -------
    ``AUTH_USER_MODEL = "acc.User"``, and a migration has ``ForeignKey("auth.User", ...)``::

        error[HR113]: swappable: AUTH_USER_MODEL changed from auth.User to acc.User; 1 FKs point at auth_user
    """

    code = "HR113"
    summary = "swappable: {setting} changed from {old} to {new}; {n} FKs point at {table}"

    @classmethod
    def find_in_files(cls, migrations: Migrations, settings: Mapping[str, str]) -> Iterable[Finding]:
        """Yield one finding for every setting that swaps a model out which migrations still name."""
        for setting, (old, table) in DEFAULTS.items():
            new = settings.get(setting, old)
            if new.lower() == old.lower():
                continue
            places = [place for key in sorted(migrations) for place in _places(migrations[key], old)]
            if places:
                yield cls.say(
                    {"setting": setting, "old": old, "new": new, "n": len(places), "table": table},
                    locations=places,
                    notes=[f"in {listed(sorted({place.path for place in places}))}"],
                    help=f"name settings.{setting} in these foreign keys, and depend on it by swappable_dependency",
                    command="handrail explain HR113",
                )

    @classmethod
    def find_in_database(
        cls, swapped: Iterable[SwappedModel], keys: Iterable[ForeignKey], database: str = "default"
    ) -> Iterable[Finding]:
        """Yield one finding for every model that was swapped out and whose table foreign keys still point at.

        keys: all that lead to tables of swapped models. The old model's own many-to-many tables are part of it and do not count,
        nor does a table that the new model has taken over.
        """
        found = list(keys)
        for model in swapped:
            left = [one for one in found if one.to_table == model.table and one.table not in (model.table, *model.own_tables)]
            if left and model.new_table != model.table:
                yield cls.say(
                    {"setting": model.setting, "old": model.old, "new": model.new, "n": len(left), "table": model.table},
                    notes=[f"database {database} has {one}" for one in sorted(map(str, left))],
                    help=f"give {model.setting} its old value again, or follow Django's way of changing it in mid-project",
                    command="handrail explain HR113",
                )


def _places(migration: Migration, model: str) -> Iterator[Location]:
    """Yield the operations with a foreign key to a model by its name; a file that has no such text is not evaluated."""
    if migration.key.app_label == model.partition(".")[0] or model.lower() not in migration.text.lower():
        return
    for operation in flatten(migration.operations):
        if any(_points_at(argument, model) for argument in operation.arguments.values() if not _nested(argument)):
            yield Location(path=migration.path, line=operation.line, remark=f"a foreign key to {model}")


def _nested(argument: Value) -> bool:
    items = argument.items if isinstance(argument, ListOf) else argument
    return isinstance(items, tuple) and any(isinstance(item, Operation) for item in items)


def _points_at(value: Value, model: str) -> bool:
    if isinstance(value, Call):
        target = value.keyword("to", value.args[0] if value.args else None)
        if isinstance(target, str) and target.lower() == model.lower():
            return True
        return any(_points_at(part, model) for part in (*value.args, *(part for _, part in value.keywords)))
    if isinstance(value, ListOf | SetOf):
        return any(_points_at(part, model) for part in value.items)
    if isinstance(value, DictOf):
        return any(_points_at(part, model) for _, part in value.pairs)
    return isinstance(value, tuple) and any(_points_at(part, model) for part in value)
