"""One module of a package, by its key."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from handrail import registry
from handrail.cli import commands
from handrail.cli.base import Command


def test_a_module_is_found_by_its_key_alone() -> None:
    assert registry.load(commands, Command, "merge-driver").__module__ == "handrail.cli.commands.merge_driver"
    assert "merge-driver" in registry.names(commands)
    assert {"base", "__init__", "__pycache__"} & set(registry.names(commands)) == set()


@pytest.mark.parametrize("key", ["merge_driver", "base", "_words", "--help", "no-such", "a.b", "", "Check"])
def test_other_words_are_no_keys(key: str) -> None:
    with pytest.raises(LookupError) as caught:
        registry.load(commands, Command, key)
    assert caught.value.args == (key,)


def test_a_module_that_cannot_be_imported_is_no_unknown_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_commands").mkdir()
    (tmp_path / "some_commands" / "__init__.py").touch()
    (tmp_path / "some_commands" / "broken.py").write_text("import no_such_module_anywhere\n")
    (tmp_path / "some_commands" / "empty.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    import some_commands  # type: ignore[import-not-found]

    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        registry.load(some_commands, Command, "broken")
    with pytest.raises(registry.DuplicateKeyError, match=r"some_commands\.empty holds 0 subclasses of Command, not one"):
        registry.load(some_commands, Command, "empty")
    del sys.modules["some_commands"]
