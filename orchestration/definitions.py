"""What Dagster loads: gathers the assets, the jobs and the schedule of one community.

The community is the one that STILLHERE_CONFIG and STILLHERE_HOME name (see `orchestration.community`).
"""

import warnings

import dagster as dg

from orchestration.arrivals import arrivals_sensor
from orchestration.assets.exports import exports_asset
from orchestration.assets.models import model_assets
from orchestration.assets.published import published_asset
from orchestration.community import Community
from orchestration.due import first_week
from orchestration.faults import telling

WEEKLY_JOB = "weekly_report"
PULL_JOB = "pull_exports"


def weekly_partitions(community: Community) -> dg.WeeklyPartitionsDefinition:
    """The community's weeks, each once it is closed."""
    calendar = community.config.calendar
    return dg.WeeklyPartitionsDefinition(
        start_date=f"{first_week(community.config, community.home):%Y-%m-%d}",
        timezone=calendar.timezone,
        day_offset=calendar.day_offset,
    )


def build(community: Community) -> dg.Definitions:
    """All definitions for one community."""
    community.export_environment()
    # Dagster's own notes on which of its parameters are young; nothing that a user can act on.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    partitions = weekly_partitions(community)
    exports = [exports_asset(community, source) for source in community.config.sources]
    models = model_assets(community, partitions)
    published = published_asset(community, partitions)
    rebuilt_whole = dg.AssetSelection.groups("exports", "staging", "canonical") | dg.AssetSelection.keys(
        ["reports", "export_files"], ["reports", "sources"]
    )
    weekly_job = dg.define_asset_job(
        WEEKLY_JOB,
        selection=dg.AssetSelection.all(),
        description=(
            "Pulls the exports, computes the week's reports, checks and publishes them. Choose one week or a range of"
            " them; a range is one run."
        ),
        partitions_def=partitions,
        executor_def=dg.in_process_executor,
    )
    pull_job = dg.define_asset_job(
        PULL_JOB,
        selection=rebuilt_whole,
        description=(
            "Pulls the exports and rebuilds what all weeks stand on; no week is reported. `stillhere run` starts with"
            " it, to see which weeks are due."
        ),
        executor_def=dg.in_process_executor,
    )

    @dg.schedule(
        job=weekly_job,
        name="every_week",
        cron_schedule=community.config.schedule.cron,
        execution_timezone=community.config.community.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The weekly roll call: pulls the exports and reports the week that closed last.",
    )
    def every_week(tick: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        week = community.config.calendar.last_closed(tick.scheduled_execution_time)
        return dg.RunRequest(run_key=f"{week}", partition_key=f"{week}", tags={"stillhere/week": f"{week}"})

    return dg.Definitions(
        assets=[*exports, models, published],
        jobs=[weekly_job, pull_job],
        schedules=[every_week],
        sensors=[arrivals_sensor(community, pull_job, weekly_job)],
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the community that the environment names."""
    community = Community.of()
    with telling(community.home):
        return build(community)
