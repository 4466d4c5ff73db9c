"""Asset `published/stillhere`: the file that BI tools open, with the weeks that passed their checks."""

import dagster as dg

import expectations
from orchestration import gate, progress, running
from orchestration.assets.exports import POOL
from orchestration.assets.models import failures, run_weeks, tag_weeks
from orchestration.assets.words import in_words, nothing_readable, of_unreadable_sources
from orchestration.community import Community
from orchestration.delivery import deliver
from orchestration.page import pages
from orchestration.publish import publish

KEY = dg.AssetKey(["published", "stillhere"])
_REPORTS = [dg.AssetKey(["reports", report]) for report in expectations.REPORTS]
OF_A_WEEK = (*_REPORTS, KEY)
"""What a run of weeks materializes once the exports are pulled: every report, and their publishing."""


def published_asset(community: Community, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The asset that publishes."""

    @dg.asset(
        key=KEY,
        group_name="published",
        kinds={"duckdb"},
        owners=list(community.config.community.owners),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[*_REPORTS, dg.AssetKey(["reports", "export_files"]), dg.AssetKey(["reports", "sources"])],
        pool=POOL,
        description=(
            "The file that BI tools open: `published/stillhere.duckdb`, swapped in whole. All reports of a week"
            " together, and only when every critical check of the week passed; a withheld week keeps its last good"
            " edition, and the run ends red with the reason. Checks again by itself whatever was not checked in"
            " this very state."
        ),
    )
    def stillhere(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with in_words(community):
            running.begin(context, community)
            weeks = run_weeks(context)
            tag_weeks(context, weeks)
            progress.say(f"publishing {len(weeks)} week(s)")
            result = publish(community.home, weeks, context.run_id)
            pages.write(community.home, community.config, result.published + result.unchanged)
            undelivered = deliver(community.config, community.home, result.withheld, context.log.info)
            said = of_unreadable_sources(context, community, weeks)
        for problem in undelivered:
            context.log.warning(problem)
        good = len(result.published) + len(result.unchanged)
        metadata = {
            "file": dg.MetadataValue.path(str(result.path)),
            "pages": dg.MetadataValue.path(str(community.home.pages / "index.html")),
            "weeks_published": len(result.published),
            "weeks_unchanged": len(result.unchanged),
            "weeks_sealed": len(result.sealed),
            "weeks_withheld": len(result.withheld),
        }
        if undelivered:
            metadata["not_delivered"] = "\n".join(undelivered)
        for week in weeks:
            if (page := community.home.page(week)).exists():
                context.add_asset_metadata({"page": dg.MetadataValue.url(page.as_uri())}, KEY, str(week))
        if not result.withheld and not said:
            return dg.MaterializeResult(metadata=metadata)
        # The step ends red, but what was published is published: say so for each such week.
        for week in result.published + result.unchanged:
            context.log_event(dg.AssetMaterialization(KEY, partition=str(week), metadata=metadata))
        if not result.withheld:
            raise nothing_readable(said)
        # On the asset too, beside the week, and not in the run alone.
        for verdict in result.withheld:
            why = {"withheld": failures(verdict.failed)}
            context.log_event(dg.AssetObservation(KEY, partition=str(verdict.week_start), metadata=why))
        failed = [check for verdict in result.withheld for check in verdict.failed]
        reasons = [f"{check.week_start}: {gate.explain(check)}" for check in failed]
        metadata["withheld"] = failures(failed)
        raise dg.Failure(
            description="\n".join(
                [f"{len(result.withheld)} week(s) withheld, {good} published.", *reasons[:20], *said]
            ),
            metadata=metadata,
            allow_retries=False,
        )

    return stillhere
