"""How `make docs` makes a site of the documents: Sphinx, which reads them as MyST does, under the theme Furo.

The pages are Markdown for GitHub first. The source folder is therefore the whole repository, so that links from a document to
README.md or to an example stay what they are, and the tables of contents are added here and not in the pages.
"""

from __future__ import annotations

from typing import Any

project = "mscode"
author = "The mscode authors"
copyright = "the mscode authors"
root_doc = "docs/index"
extensions = ["myst_parser"]
include_patterns = ["README.md", "CHANGELOG.md", "docs/**.md", "examples/**.md"]
exclude_patterns = [".venv", ".git", ".site", "src", "tests"]
html_theme = "furo"
html_title = "mscode"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "a11y-light"
pygments_dark_style = "a11y-high-contrast-dark"

myst_heading_anchors = 4

CONTENTS = {
    "Start": ["/README", "getting-started", "alternatives"],
    "How to": [
        "how-to/stop-now",
        "how-to/go-on",
        "how-to/first-campaign",
        "how-to/contacts-csv",
        "how-to/sms-reminder",
        "how-to/existing-account",
        "how-to/review-github",
        "how-to/review-gitlab",
        "how-to/many-projects",
        "how-to/drift-ci",
        "how-to/secrets",
    ],
    "Reference": [
        "manifest",
        "commands",
        "checks",
        "shell",
        "environments",
        "state",
        "account-lists",
        "reuse",
        "policy",
        "testing",
        "records",
        "fleet",
        "review",
        "ci",
        "export",
        "live",
        "rehearsal",
        "fmt",
        "sandbox",
    ],
    "Explanation": ["safety", "comparison", "drift", "protocol", "reliability", "performance", "limits"],
    "Development": ["development", "service-notes", "/CHANGELOG"],
    "Examples": [
        "/examples/campaigns/README",
        "/examples/campaigns/blood-drive/README",
        "/examples/campaigns/city-tour/README",
        "/examples/campaigns/contact-list/README",
        "/examples/campaigns/messy-list/README",
        "/examples/ci/README",
        "/examples/fleet/README",
    ],
}


def _add_contents(app: Any, page: str, source: list[str]) -> None:
    if page == root_doc:
        for caption, pages in CONTENTS.items():
            entries = "\n".join(pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n"


def setup(app: Any) -> None:
    app.connect("source-read", _add_contents)
