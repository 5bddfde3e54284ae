"""Project states that make the classes of changed models when they are asked for."""

from __future__ import annotations

import subprocess
import sys


def test_models_are_made_late_and_as_django_makes_them() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.databases.patient_states"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("all of it\n", "")
