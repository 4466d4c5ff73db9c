"""Every published report says who reads it."""

import re
from pathlib import Path

import expectations
from orchestration import page, warehouse

EXPOSURES = (warehouse.PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8")
# Read by a BI tool or a script only, so far.
FOR_BI_ALONE = {
    "report_churn_model", "report_churn_calibration", "report_churn_features", "report_segments",
}  # fmt: skip


def test_every_report_is_read_by_a_section_a_list_or_a_dashboard_or_for_bi_alone():
    exposed = set(re.findall(r"ref\('(\w+)'\)", EXPOSURES))
    assert set(expectations.REPORTS) - exposed == FOR_BI_ALONE


def test_what_the_page_reads_is_exposed():
    folder = Path(page.__file__).parent
    text = "".join(file.read_text(encoding="utf-8") for file in (folder / "sections").glob("*.py"))
    read = {name for name in expectations.REPORTS if f'"{name}"' in text or f".{name} " in text}
    assert read - set(re.findall(r"ref\('(\w+)'\)", EXPOSURES)) == set()
