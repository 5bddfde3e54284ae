"""A page is followed as a reader would follow it."""

from pathlib import Path

from tools import follow

PAGE = """\
A file, `notes/one.txt`:

```text
first
```

```console
$ cat notes/one.txt
something else
$ pip install everything
$ false || echo "  again  "
```
"""


def test_files_are_written_and_outputs_replaced(tmp_path: Path) -> None:
    followed = follow.follow(PAGE, tmp_path)
    assert followed == PAGE.replace("something else", "first").replace('"  again  "\n', '"  again  "\n  again\n')
    assert (tmp_path / "notes" / "one.txt").read_text() == "first\n"


def test_a_page_that_is_right_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    followed = follow.follow(PAGE, tmp_path / "a")
    assert follow.follow(followed, tmp_path / "b") == followed


def test_the_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert follow.main([str(page)]) == 0
    assert "something else" not in page.read_text()
