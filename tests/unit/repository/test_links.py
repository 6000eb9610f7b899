"""A link that leads nowhere is worse than none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_targets_that_the_documents_name_are_there() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.M))
    targets |= set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "deploy/local/local.mk").read_text(), re.M))
    named = {
        target for page in PAGES for target in re.findall(r"(?:`|^)make ([a-z][a-z0-9-]*)", page.read_text(), re.M)
    }  # fmt: skip
    assert named - targets == set()
