"""The templates hold the numbers they promise and are documents that S3 takes."""

from __future__ import annotations

import pytest

from s3tui.s3 import documents, templates
from s3tui.s3.client import Connection


@pytest.mark.parametrize("template", templates.TEMPLATES, ids=lambda template: template.name)
@pytest.mark.parametrize("prefix", ["", "a/"])
def test_every_template_is_taken_by_a_server(
    connection: Connection, bucket: str, template: templates.Template, prefix: str
) -> None:
    rules = template.make(prefix)
    assert documents.read(template.kind, documents.text_of(template.kind, rules), aws=True).ok
    assert documents.put(connection, bucket, template.kind, rules, None).rules == tuple(rules)


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("ISOs to the archive after 60 days", ["All objects move to GLACIER 60 days after they were created."]),
        ("Binaries deleted after 30 days", ["All objects are deleted 30 days after they were created."]),
        (
            "Temporary files deleted after 1 day",
            [
                "All objects are deleted 1 day after they were created; "
                "unfinished uploads there are aborted 1 day after they began."
            ],
        ),
        ("File preview of InvenioRDM", ["Pages from any site may use GET without headers of their own."]),
    ],
)
def test_the_numbers_are_those_of_the_systems_we_serve(name: str, sentences: list[str]) -> None:
    template = next(template for template in templates.TEMPLATES if template.name == name)
    assert [documents.sentence(template.kind, rule) for rule in template.make("")] == sentences


def test_a_prefix_narrows_the_lifecycle_templates() -> None:
    for template in templates.of("lifecycle"):
        assert template.takes_prefix
        assert all(rule["Filter"] == {"Prefix": "a/"} for rule in template.make("a/"))
    assert [template.name for template in templates.of("cors")] == ["File preview of InvenioRDM"]
