"""HR515: extensions that stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey
from handrail.execution.extensions import is_there, staying
from handrail.execution.probes.base import Moment, Probe


class ExtensionsProbe(Probe):
    """Looks at the reverse of CreateExtension and of Django's own kinds of it (django.contrib.postgres, 5.2 to 6.1)."""

    backward = frozenset(
        {
            "BloomExtension",
            "BtreeGinExtension",
            "BtreeGistExtension",
            "CITextExtension",
            "CreateExtension",
            "CryptoExtension",
            "HStoreExtension",
            "TrigramExtension",
            "UnaccentExtension",
        }
    )

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for an extension that stays."""
        operation: Any = moment.change.operation
        migration = moment.change.migration
        key = MigrationKey(migration.app_label, migration.name)
        if moment.connection.vendor == "postgresql" and is_there(moment.connection, operation.name):  # as Django's operation asks
            found = staying(moment.connection, key, operation.name)
            if found is not None:
                yield found
