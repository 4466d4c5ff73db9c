"""`stillhere forget`: erases a person from everything that stillhere keeps.

First what is to be done is written down (`plan`), then done: the list of the erased, lake and ledger, warehouse,
published file, pages and lists, logs. Every step can be done again, so that a killed erasure is completed by the next
`forget` or run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from orchestration.community import Community
from orchestration.erasure import lake_rows, members
from orchestration.erasure import plan as plans
from orchestration.erasure.erased_list import MEMBER, NAME, PERSON, ErasedList, can_be_part_of_a_name
from orchestration.erasure.members import Member
from orchestration.erasure.plan import Plan
from orchestration.errors import ErasureError, HomeError, UserError
from orchestration.faults import telling
from orchestration.home import HomeLock
from orchestration.terminal import on_one_line


def forget(config_file: Path, home: Path | None, member_id: str, unseen: bool) -> int:
    """Erases a person and says what was erased where.

    Args:
        member_id: as published: '<source>:<native id>', or a person of the identities file.
        unseen: whether to keep out an account of which no export has told yet.

    Returns:
        0: they are erased, now or since earlier.

    Raises:
        UserError: nobody has that id, or the config is wrong.
    """
    community = Community.of(config_file, home)
    if not member_id.strip():
        raise UserError("MEMBER_ID is empty. " + members.how_to_find(community.config))
    if not community.home.path.exists() and not unseen:
        raise UserError(f"{community.home.path}: nothing was loaded yet, so there is nobody to erase.")
    console = Console(stderr=True, highlight=False)

    def tell(text: str) -> None:
        console.print(on_one_line(text), markup=False, soft_wrap=True)

    community.export_environment()
    try:
        with telling(community.home), console.status("looking for them") as status:
            # Completes an erasure that was killed, if there is one.
            community.prepare("stillhere forget", tell)
            erased = ErasedList.of(community.home)
            member = members.find(community.config, community.home, member_id, erased)
            if member.was_erased and not member.found:
                tell(f"{member_id}: was erased before. There is nothing left of them; later exports are kept out.")
                return 0
            if not member.is_known and not (unseen and members.is_account(community.config, member_id)):
                raise members.unknown(community.config, member_id)
            _plan(member).write(community.home)
            finish(community, lambda text: status.update(escape(on_one_line(text))))
        _summarise(community, member, member_id, tell)
    finally:
        HomeLock(community.home).release()
    return 0


def finish(community: Community, say: Callable[[str], None]) -> None:
    """Does what an erasure that was begun still has to do; nothing where there is none.

    Raises:
        ErasureError: a step failed. What was planned stays planned, and the next run tries again.
    """
    plan = plans.pending(community.home)
    if plan is None:
        return
    import duckdb

    try:
        with telling(community.home):
            _finish(community, plan, say)
    except HomeError as error:
        raise ErasureError(
            f"{error.message}\nThe erasure stopped there. The next `forget` or run goes on where it stopped."
        ) from None
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise ErasureError(
            f"{community.home.path}: the erasure stopped: {str(error).splitlines()[0]}. Make room or mend what is said"
            " there, then run again: it goes on where it stopped."
        ) from error


def _finish(community: Community, plan: Plan, say: Callable[[str], None]) -> None:
    # Not before: a run that has nothing to erase needs none of it.
    from orchestration.erasure import published, rebuild, traces

    home = community.home
    if plan.weeks is None:
        say("looking which weeks are up to date")
        plan = plan.with_weeks(rebuild.weeks_up_to_date(community, say))
        plan.write(home)
    erased = _listed(ErasedList.of(home), plan)
    erased.write(home)
    say("erasing raw rows")
    lake_rows.erase(home, erased)
    if home.warehouse.exists() or home.published.exists():
        rebuild.warehouse_anew(community, say)
    if home.published.exists():
        say("erasing what was published")
        published.rewrite(home, erased, plan)
        rebuild.pages_anew(community)
    say("erasing logs")
    traces.erase(home, plan)
    plans.file_of(home).unlink()


def _plan(member: Member) -> Plan:
    return Plan(
        erased_at=f"{datetime.now(UTC).replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}",
        accounts=(*member.accounts, *member.aliases),
        persons=member.persons,
        names=member.names,
        found={source: (found.theirs, found.naming) for source, found in member.found.items()},
    )


def _listed(erased: ErasedList, plan: Plan) -> ErasedList:
    """The list with everybody of a plan on it."""
    natives = {account.partition(":")[2] for account in plan.accounts}
    names = {name for name in {*plan.names, *natives} if can_be_part_of_a_name(name)}
    found = [(MEMBER, account) for account in plan.accounts]
    found += [(PERSON, person) for person in plan.persons] + [(NAME, name) for name in sorted(names)]
    return erased.with_people(found, plan.erased_at)


def _summarise(community: Community, member: Member, member_id: str, tell: Callable[[str], None]) -> None:
    home = community.home
    others = [account for account in member.accounts if account != member_id]
    tell(f"{member_id} is erased" + (f", with all their accounts: {', '.join(others)}." if others else "."))
    for source, found in sorted(member.found.items()):
        tell(f"  {source}: {found.theirs:,} row(s) of theirs erased; {found.naming:,} row(s) of others named them.")
    if home.published.exists():
        tell("  Gone from lake, quarantine, warehouse, published file, lists, pages and logs.")
        tell("  Published weekly totals stay as they are; report_erasures has the fact, and not who.")
    tell("Still there, since these files are yours: they stand in your exports and are kept out at every load.")
    for source in community.config.sources:
        if source.name in member.found:
            tell(f"  {source.name}: {source.path}")
    if member.persons:
        tell(f"  identities: {community.config.community.identities} (take their lines out)")
    natives = {account.partition(":")[2] for account in member.accounts}
    for account in [f"{source}:{native}" for source in community.former_sources() for native in sorted(natives)]:
        if account not in member.accounts and lake_rows.find(home, [account]):
            tell(f"The home has rows of {account}, too, whose source is no longer in the config. If these are theirs,")
            tell(f"  forget {account} as well.")
    tell(f"Back up {home.path / 'erased.json'}: without it, loading into a new home would bring them back.")
