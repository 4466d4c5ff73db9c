"""How an asset fails: with the sentence that the command line would say, and with no stack of ours."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import dagster as dg

from orchestration.community import Community
from orchestration.exports import unreadable
from orchestration.faults import as_told

# In the metadata of a failure that means: all else went well.
NOTHING_READABLE = "nothing_readable"
# The steps after the pulls, the last one first.
_LATER_STEPS = ("published__stillhere", "models")


@contextmanager
def in_words(community: Community) -> Iterator[None]:
    """What fails in the block fails the step, in words where there are any; what has words is not tried again."""
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        if (told := as_told(error, community.home)) is None:
            raise
        raise dg.Failure(description=told.message, allow_retries=False) from None


def of_unreadable_sources(
    context: dg.AssetExecutionContext, community: Community, weeks: Sequence[date] = ()
) -> list[str]:
    """What a run's last step says, and fails with, where nothing of a source that the run has pulled can be read.

    Were it the pull that failed, nothing of the other sources would be computed.

    Args:
        weeks: those that the run attempts; one that is withheld for such a source tells of it already.
    """
    step, steps = context.op_def.name, {node.name for node in context.op_execution_context.job_def.nodes}
    if step != next((name for name in _LATER_STEPS if name in steps), step):
        return []
    # Without a later step, each pull speaks for itself.
    pulls = steps if step in _LATER_STEPS else {step}
    among = [source.name for source in community.config.sources if f"exports__{source.name}" in pulls]
    return unreadable.sentences(community.config, community.home, weeks, among)


def nothing_readable(said: Sequence[str]) -> dg.Failure:
    """The failure for it, of a step that has done all else."""
    return dg.Failure("\n".join(said), {NOTHING_READABLE: len(said)}, allow_retries=False)
