"""Links that lead nowhere and pages that nobody comes to are found."""

from pathlib import Path

from tools import check_documents


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "README.md": "[a](docs/a.md) [b](docs/b.md#part) [c](https://example.com) [d](#here)",
            "docs/a.md": "[up](../README.md)",
        },
    )
    pages = check_documents.documents(tmp_path)
    assert list(check_documents.broken(pages, tmp_path)) == ["README.md: links to docs/b.md, which does not exist"]


def test_links_in_code_are_no_links(tmp_path: Path) -> None:
    write(tmp_path, {"README.md": "```\n[a](nowhere.md)\n```\n"})
    assert list(check_documents.broken(check_documents.documents(tmp_path), tmp_path)) == []


def test_a_page_without_a_way_to_it_is_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"README.md": "[a](docs/a.md)", "docs/a.md": "[b](sub/b.md)", "docs/sub/b.md": "", "docs/lost.md": "[b](sub/b.md)"},
    )
    assert list(check_documents.unreachable(check_documents.documents(tmp_path))) == ["docs/lost.md: no page links to it"]
