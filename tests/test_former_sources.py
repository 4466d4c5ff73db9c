"""A source that was renamed, or taken out of the config: nobody overlooks what is left of it."""

from pathlib import Path

from orchestration.home import Home
from tests.communities import Place
from tests.forgetting import forget

CONFIG = """
[community]
name = "A community"
timezone = "UTC"
[[sources]]
name = "group"
format = "table"
path = "exports/*.csv"
[sources.columns]
member = "who"
at = "at"
type = "what"
"""
ROWS = """\
who,at,what
ann,2026-10-05T10:00:00Z,post
bob,2026-10-05T11:00:00Z,reply
ann,2026-10-12T10:00:00Z,post
"""


def test_what_is_left_of_a_renamed_source_is_told(tmp_path: Path):
    place = Place(tmp_path / "stillhere.toml", Home(tmp_path / ".stillhere"))
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a.csv").write_text(ROWS)
    place.config.write_text(CONFIG)
    assert place.run().returncode == 0
    place.config.write_text(CONFIG.replace('"group"', '"forum"'))
    (tmp_path / "exports" / "a.csv").write_text(ROWS.replace("ann,2026-10-05", "bob,2026-10-06"))
    done = place.run()
    said = done.stderr.replace("\n", " ")
    assert done.returncode == 0, said
    assert (
        "group: no source of the config any more. Its rows count in no figure; they stay in the home until you" in said
    )
    assert str(place.home.lake / "group") in said and str(place.home.ledger / "group") in said
    assert place.published("select distinct source from reports.report_activity order by 1") == [("all",), ("forum",)]
    done = forget(place, "forum:ann")
    assert done.returncode == 0, done.stderr
    assert "The home has rows of group:ann, too, whose source is no longer in the config." in done.stderr
    done = forget(place, "group:ann")
    assert done.returncode == 0 and "The home has rows" not in done.stderr, done.stderr
