"""What has to hold in `report_interaction_mix`: one row for each source, week and kind of interaction."""

from expectations.against_activity import adds_up_to_activity, breaks_bounds_of_activity
from expectations.checks import ROWS_EXIST, Between, Check, OneOf, Present, RowsCheck, key_checks

KIND = ("source", "week_start", "participation", "expression", "audience")
VALUES = {
    "participation": ("active", "passive"),
    "expression": ("verbal", "non-verbal"),
    "audience": ("group", "individual"),
}

CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks(*KIND),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="interactions and members never missing",
        columns=("interactions", "members"),
        key=KIND,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="interactions and members at least 0",
        columns=("interactions", "members"),
        key=KIND,
        at_least=0,
    ),
    *(
        OneOf(
            name=f"{column}_known",
            description=f"Only known kinds of {column} occur.",
            expected=f"{column} one of {', '.join(values)}",
            columns=(column,),
            key=KIND,
            values=values,
        )
        for column, values in VALUES.items()
    ),
    RowsCheck(
        name="members_within_interactions",
        description="Whoever counts in a kind has interacted in that way.",
        expected="members at most interactions, and 0 if and only if those are 0",
        key=KIND,
        # Counts below 0 are said by counts_not_negative.
        sql="""
            SELECT *, concat(members, ' members, ', interactions, ' interactions') AS observed
            FROM checked WHERE least(members, interactions) >= 0
                AND (members > interactions OR (members = 0) <> (interactions = 0))""",
    ),
    adds_up_to_activity(
        name="interactions_match_activity",
        description="The active kinds add up to the interactions of the week.",
        expected="interactions of the active kinds add up to report_activity.interactions",
        column="interactions",
        total="coalesce(sum(interactions) FILTER (participation = 'active'), 0)",
        figure="a.interactions",
    ),
    adds_up_to_activity(
        name="views_match_activity",
        severity="warning",
        description="The passive kinds are the views of the week, unless the community changed the table of types.",
        expected="interactions of the passive kinds add up to report_activity.views",
        column="interactions",
        total="sum(interactions) FILTER (participation = 'passive')",
        figure="a.views",
    ),
    breaks_bounds_of_activity(
        name="members_within_active",
        description="No active kind has more members than were active, and every active member is in one.",
        expected="members of each active kind at most active_members, of all of them at least as many",
        broken="""coalesce(max(c.members) FILTER (participation = 'active'), 0) > any_value(a.active_members)
            OR coalesce(sum(c.members) FILTER (participation = 'active'), 0) < any_value(a.active_members)""",
        observed="""concat('up to ', max(c.members) FILTER (participation = 'active'), ' of ',
            any_value(a.active_members), ' active')""",
    ),
)
