"""Run as a program: processes forked from this one begin with Django and Handrail imported, and with nothing connected.

It reads questions, a line of JSON each, and answers with one: {"arguments", "folder", "variables", "output", "errors"} starts Python
with those arguments and answers its pid; {"ended": pid} answers its exit code, less than 0 for a signal, or null while it runs;
{"enter": folder} sets Django up with the settings of the project there.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import sys
from importlib.util import find_spec
from typing import Any

NEEDED = {"sqlite3": "sqlite3", "postgresql": "psycopg", "mysql": "MySQLdb"}
"""The module of the driver that each of Django's backends needs."""
MODULES = (
    "django.contrib.auth.management",
    "django.core.management.commands.makemigrations",
    "django.core.management.commands.migrate",
    "django.core.management.commands.runserver",
    "django.db.migrations.executor",
    "django.views.csrf",
    "django.views.debug",
    "rich.console",
    "rich.table",
)


def imported() -> None:
    """Import all that needs no settings."""
    from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured

    backends = [f"django.db.backends.{name}.base" for name, driver in NEEDED.items() if find_spec(driver)]
    import handrail

    ours = [each.name for each in pkgutil.walk_packages(handrail.__path__, "handrail.") if not each.name.endswith("__main__")]
    for name in (*MODULES, *backends, *ours):
        try:
            importlib.import_module(name)
        except (AppRegistryNotReady, ImproperlyConfigured):
            continue


def begin(asked: dict[str, Any]) -> None:
    """Take over what a new process is given: folder, environment, standard streams, arguments."""
    os.chdir(asked["folder"])
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # where the tests run without a terminal it is ignored
    os.environ.clear()
    os.environ.update(asked["variables"])
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, asked["output"], os.O_APPEND),
        (2, asked["errors"], os.O_APPEND),
    ):
        opened = os.open(name, flags | (os.O_WRONLY if number else 0))
        os.dup2(opened, number)
        os.close(opened)
    sys.dont_write_bytecode = True


def run(first: str, *rest: str) -> None:
    """Run what the arguments of an interpreter say."""
    if first == "-m":
        sys.argv, sys.path[0] = list(rest), os.getcwd()
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], ""
        module = type(sys)("__main__")
        sys.modules["__main__"] = module
        exec(compile(rest[0], "<string>", "exec"), module.__dict__)
    else:
        sys.argv, sys.path[0] = [first, *rest], os.getcwd()
        runpy.run_path(first, run_name="__main__")


def enter(folder: str) -> None:
    """Set Django up, once for all that is forked from now on."""
    os.chdir(folder)
    sys.path[0] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "project_settings"
    import django

    django.setup()
    importlib.import_module("handrail.api.migrate")
    gc.freeze()


def serve() -> dict[str, Any] | None:
    """Answer until there are no more questions; return what is asked of it, in the new process."""
    ended: dict[int, int] = {}
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        if "arguments" in asked:
            pid = os.fork()
            if pid == 0:
                return asked
            ended.pop(pid, None)  # numbers of processes are used again
            print(pid, flush=True)
            continue
        if "enter" in asked:
            enter(asked["enter"])
            print("null", flush=True)
            continue
        pid = asked["ended"]
        if pid not in ended and (done := os.waitpid(pid, os.WNOHANG))[0]:
            ended[pid] = os.waitstatus_to_exitcode(done[1])
        print(json.dumps(ended.get(pid)), flush=True)
    return None


if __name__ == "__main__":
    imported()
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    asked = serve()
    if asked is not None:
        begin(asked)
        run(*asked["arguments"])
