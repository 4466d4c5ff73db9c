"""Assets `exports/<source>`: what is new in a source's exports, read into the lake."""

from collections.abc import Iterator

import dagster as dg

from orchestration import formats, progress, running
from orchestration.assets.words import in_words, nothing_readable, of_unreadable_sources
from orchestration.community import Community
from orchestration.config import Source
from orchestration.errors import UnreachableError
from orchestration.exports.lake import KNOWN, LOADED
from orchestration.exports.pull import pull
from orchestration.exports.storage import shown

POOL = "warehouse"
# A place that does not answer has been asked four times within seconds by then (see `remote`): give it a while.
RETRIES = dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def exports_asset(community: Community, source: Source) -> dg.AssetsDefinition:
    """The asset that pulls one source."""
    observed = formats.get(source.format).observes(formats.get(source.format).options(source.options))
    shows = [name for name, seen in vars(observed).items() if seen] or ["acts or purchases only"]
    cannot = [name for name, seen in vars(observed).items() if not seen] or ["-"]

    @dg.asset(
        key=["exports", source.name],
        group_name="exports",
        kinds={"python", "parquet"},
        pool=POOL,
        description=(
            f"The raw rows of `{source.name}` ({source.format}), as exported, one folder a week. Reads new and changed"
            " files only; what cannot be read goes to quarantine with its reason.\n\n"
            f"As far as the config tells, it shows: {', '.join(shows)}; not: {', '.join(cannot)}.\n\nA place"
            " elsewhere that does not answer is asked again after a while; a mistake in the config is told at once."
        ),
        metadata={"path": shown(source.path), "format": source.format},
        owners=list(community.config.community.owners),
        retry_policy=RETRIES,
    )
    def exports(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with in_words(community):
            running.begin(context, community)
            try:
                result = pull(community.config, source, community.home, progress.say)
            except UnreachableError as error:
                if context.retry_number < RETRIES.max_retries:
                    progress.say(f"{source.name}: no answer; trying again in a while")
                raise dg.Failure(description=error.message) from None
            said = of_unreadable_sources(context, community)
        context.log.info(result.sentence())
        progress.say(result.sentence())
        if warning := result.warning():
            context.log.warning(warning)
            progress.say(warning)
        metadata = {
            "summary": result.sentence(),
            "new_or_changed_files": result.count(LOADED),
            "known_files": result.count(KNOWN),
            "rows_read": result.total("rows_read"),
            "rows_loaded": result.total("rows_loaded"),
            "rows_quarantined": result.total("rows_quarantined"),
            "lake": dg.MetadataValue.path(str(community.home.lake / source.name)),
        }
        if result.unreadable:
            metadata["unreadable_files"] = dg.MetadataValue.md(
                "\n".join(f"- {line}" for line in result.unreadable[:50])
            )
        if result.total("rows_quarantined"):
            metadata["quarantine"] = dg.MetadataValue.path(str(community.home.quarantine / source.name))
        yield dg.MaterializeResult(metadata=metadata)
        if said:
            raise nothing_readable(said)

    return exports
