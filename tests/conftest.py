"""What every test has: the fixtures for database servers, none of which starts before a test asks for it."""

import signal

pytest_plugins = ["tests.servers.plugin", "tests.crash.table"]
"""Importing it starts nothing: a run of unit tests alone needs no server and no driver."""

# A shell without job control starts what runs in its background with SIGINT ignored, and every child inherits that; tests
# that interrupt a child as Ctrl-C does would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
