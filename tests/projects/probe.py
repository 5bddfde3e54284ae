"""Run by a real project's own Python: prints as JSON what Django's loader says of its migrations, and the registry of its apps.

Usage: python probe.py ROOT, with DJANGO_SETTINGS_MODULE and an import path that has the settings and Handrail.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import django


def operations_of(migration):
    found = []
    for operation in migration.operations:
        kind = type(operation)
        own = kind.__module__ == type(migration).__module__
        found.append([kind.__name__, f".{kind.__qualname__}" if own else f"{kind.__module__}.{kind.__qualname__}"])
    return found


def main():
    from django.db.migrations.loader import MigrationLoader

    from handrail.sources.registry_apps import installed_apps

    loader = MigrationLoader(None)
    registry = installed_apps(Path(sys.argv[1]))
    return {
        "nodes": sorted(loader.graph.nodes),
        "edges": sorted([node.key, parent.key] for node in loader.graph.node_map.values() for parent in node.parents),
        "leaves": sorted(loader.graph.leaf_nodes()),
        "roots": sorted(loader.graph.root_nodes()),
        "replaced": sorted([target, key] for key, migration in loader.replacements.items() for target in migration.replaces),
        "operations": sorted([key, operations_of(migration)] for key, migration in loader.disk_migrations.items()),
        "atomic": sorted(key for key, migration in loader.disk_migrations.items() if migration.atomic),
        "initial": sorted([key, migration.initial] for key, migration in loader.disk_migrations.items()),
        "apps": [[app.label, app.path, app.module] for app in registry.apps],
        "migrated": sorted(loader.migrated_apps),
        "unmigrated": sorted(registry.unmigrated),
        "settings": registry.settings,
    }


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        django.setup()
        answer = main()
    json.dump(answer, sys.stdout)
