"""From what two sides of a conflict have in common to findings: one for every reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from handrail import checks, registry
from handrail.checks._words import Migrations, describe, flatten, listed, operation_at, source
from handrail.checks.base import Check
from handrail.domain.conflict import MISSING, Conflict, Kind, Reason, Side, Verdict
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.migration import MigrationKey, Operation, OperationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A reason, with all that is needed to tell it: its conflict, and the migrations of both sides."""

    conflict: Conflict
    reason: Reason
    migrations: Migrations

    @property
    def object(self) -> str:
        """What is contested: shop.Thing.x, shop.Thing, or a name."""
        return ".".join(filter(None, (self.reason.model, self.reason.field))) or self.reason.name or listed(self.conflict.apps)

    @property
    def ours(self) -> MigrationKey | None:
        """The migration of our side that is concerned."""
        return self._migration(self.conflict.sides[0], first=True)

    @property
    def theirs(self) -> MigrationKey | None:
        """The migration of their side that is concerned."""
        return self._migration(self.conflict.sides[1], first=False)

    def _migration(self, side: Side, *, first: bool) -> MigrationKey | None:
        keys = [operation.migration for operation in self.reason.operations]
        inside = [key for key in keys if key in side.migrations]
        if inside:
            return inside[0]
        return (keys[0] if first else keys[-1]) if keys else side.leaf

    def operations(self, side: Side) -> list[OperationKey]:
        """Return the keys of the operations concerned that belong to a side."""
        return [key for key in self.reason.operations if key.migration in side.migrations]

    def find_operation(self, prefixes: tuple[str, ...]) -> tuple[MigrationKey, Operation] | None:
        """Return the first operation concerned, nested ones included, whose class name begins with one of the prefixes."""
        for key in self.reason.operations:
            outer = operation_at(self.migrations, key)
            for operation in flatten([outer] if outer else []):
                if operation.name.startswith(prefixes):
                    return key.migration, operation
        return None

    def other_than(self, migration: MigrationKey) -> MigrationKey | None:
        """Return the migration of the other side."""
        return self.theirs if migration == self.ours else self.ours

    def locations(self) -> Iterator[Location]:
        """Yield the places of the operations concerned, each once."""
        for word, side in zip(("ours", "theirs"), self.conflict.sides, strict=True):
            for key in dict.fromkeys(self.operations(side)):
                migration, operation = self.migrations.get(key.migration), operation_at(self.migrations, key)
                if migration is not None:
                    remark = f"{word}: {describe(operation)}" if operation else word
                    yield Location(path=migration.path, line=operation.line if operation else None, remark=remark)

    def notes(self) -> Iterator[str]:
        """Yield the facts: the sentence of the comparison, and the three values."""
        if self.reason.explanation:
            yield self.reason.explanation
        values = (self.reason.base, self.reason.ours, self.reason.theirs)
        if any(value is not MISSING for value in values):
            yield f"base:   {source(self.reason.base)}"
            yield f"ours:   {source(self.reason.ours)}"
            yield f"theirs: {source(self.reason.theirs)}"
        if self.reason.merged is not MISSING:
            yield f"merged: {source(self.reason.merged)}"

    def help(self) -> str:
        """Say what to do, by the verdict."""
        if is_only_a_name(self.reason):
            return "let resolve give ours another name, and compare the two then"
        if self.reason.verdict is Verdict.OVERLAPPING:
            merges = self.reason.merged is not MISSING
            return "let resolve write the merged value" if merges else "choose one of the two, and change the other migration"
        if self.reason.verdict is Verdict.ORDER_DEPENDENT:
            order = [str(key) for key in self.reason.order]
            return f"put them in this order: {', then '.join(order)}" if order else "change one of the two: either order loses"
        return HELP[self.reason.verdict]

    def command(self) -> str:
        """Return the next command to type."""
        words = ["handrail"]
        if self.reason.verdict is Verdict.OPAQUE:
            words += ["conflicts", *self.conflict.apps, "--prove"]
        elif needs_a_person(self.reason):
            words += ["explain", self.reason.code]
        else:
            words += ["resolve", *self.conflict.apps]
        return " ".join([*words, *self._refs(words[1])])

    def _refs(self, command: str) -> list[str]:
        """Return the options that read the same two sides again."""
        options = {"conflicts": ("--head", "--base"), "resolve": ("", "--onto")}.get(command, ("", ""))
        refs = [side.ref for side in self.conflict.sides]
        if refs[0] == refs[1]:
            return []
        return [word for option, ref in zip(options, refs, strict=True) if option and ref for word in (option, ref)]


def needs_a_person(reason: Reason) -> bool:
    """Say whether only a person can settle a reason: no merged value, or no order that is right."""
    if is_only_a_name(reason):
        return False
    if reason.verdict is Verdict.OVERLAPPING:
        return reason.merged is MISSING
    return reason.verdict is Verdict.ORDER_DEPENDENT and not reason.order


def is_only_a_name(reason: Reason) -> bool:
    """Say whether two migrations have nothing in common but what they are called."""
    return reason.code == "HR109" and reason.kind is Kind.SAME_NAME


def not_resolved(finding: Finding, reason: Reason, why: str) -> Finding:
    """Return the finding of a reason that resolve met and left: it says why, and does not lead back to resolve."""
    by_hand = reason.verdict is Verdict.OVERLAPPING and reason.merged is not MISSING
    return replace(
        finding,
        notes=(*finding.notes, f"not resolved: {why}"),
        help="set the merged value in a migration that comes after both" if by_hand else finding.help,
        command=f"handrail explain {finding.code}" if finding.command.startswith("handrail resolve") else finding.command,
    )


HELP: Mapping[Verdict, str] = {
    Verdict.INDEPENDENT: "both orders give the same result; a merge is safe",
    Verdict.CONVERGENT: "both sides do the same: keep one of the two",
    Verdict.OPAQUE: "run both orders on a scratch database, or put the two in an order by a dependency",
}


class ReasonCheck(Check):
    """A check whose findings come from the comparison of two sides; a subclass says the facts of its message."""

    @classmethod
    def find(cls, conflict: Conflict, reason: Reason, migrations: Migrations) -> Iterable[Finding]:
        """Yield the finding of a reason."""
        found = Contradiction(conflict=conflict, reason=reason, migrations=migrations)
        yield cls.say(
            cls.facts(found),
            severity=Severity.INFO if reason.verdict is Verdict.INDEPENDENT else cls.severity,
            locations=list(found.locations()),
            notes=list(found.notes()),
            help=found.help(),
            command=found.command(),
        )

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Return what the summary is filled in with."""
        return {"a": found.ours, "b": found.theirs, "object": found.object, "explanation": found.reason.explanation}


def findings_of(conflict: Conflict, migrations: Migrations) -> Iterator[Finding]:
    """Yield one finding for every reason of a conflict, in order."""
    for reason in conflict.reasons:
        check = registry.load(checks, Check, reason.code.lower())
        if not issubclass(check, ReasonCheck):
            raise TypeError(f"{check.__name__} does not make findings of reasons")
        yield from check.find(conflict, reason, migrations)
