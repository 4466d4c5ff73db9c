"""The dbt project: built once on the sample community, all of its tests with it; and its documentation held to it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from orchestration import config as configuration
from orchestration import dbt_runs, formats, lineage, sample_community, warehouse
from orchestration.exports import lake
from orchestration.exports.pull import pull
from orchestration.formats.table import EVENT_TYPES
from orchestration.home import Home

FIRST_WEEK, LAST_WEEK = date(2026, 1, 12), date(2026, 10, 12)

# The sample's own sources see neither views nor leaves; this one does, so that every format and rule has rows.
FORUM = """
[[sources]]
name = "forum"
format = "table"
path = "exports/forum/*.csv"

[sources.columns]
member = "who"
at = "at"
type = "what"
id = "id"
parent = "on"

[sources.types]
comment = "reply"
like = "reaction"
view = "view"

[sources.members]
file = "members.csv"
member = "who"
joined_at = "joined"
is_bot = "bot"

[sources.members.attributes]
country = "land"
plan = "plan"

[[goals]]
name = "More people take part"
metric = "report_activity.active_members"
from = 2026-02-01
to = 2026-06-30
target = "+10%"
"""
FORUM_EVENTS = """\
id,who,at,what,on
1,ann,2026-01-13T10:00:00Z,post,
2,bea,2026-01-13T11:00:00Z,comment,1
3,ann,2026-01-13T12:00:00Z,comment,1
,cem,2026-01-14T12:00:00Z,like,1
,cem,2026-01-14T12:00:00Z,like,1
4,dan,2026-01-18T22:59:59Z,view,1
5,dan,2026-01-18T23:00:00Z,view,1
6,robot,2026-01-20T10:00:00Z,post,
7,bea,2026-01-21T10:00:00Z,leave,
8,bea,2026-02-11T10:00:00Z,join,
9,bea,2026-02-11T10:05:00Z,post,
10,eve,2026-02-12T10:00:00Z,like,9
"""
FORUM_MEMBERS = """\
who,joined,bot,land,plan
ann,2026-01-12T10:00:00Z,no,DE,free
bea,2026-01-12T10:00:00Z,no,FR,
cem,,no,,free
dan,2026-01-12T10:00:00Z,no,DE,
robot,2026-01-12T10:00:00Z,yes,XX,
fay,2026-01-12T10:00:00Z,no,FR,
"""

# Ways to get a rule wrong, one in a model or macro, each with a unit test that has to notice: file, right, wrong, test.
MUTATIONS = [
    (
        "macros/weeks.sql",
        "timezone({{ timezone }}, timezone('UTC', {{ instant }}))",
        "{{ instant }}",
        "weeks_are_local_when_the_clocks_go_back",
    ),
    (
        "models/member_weeks/int_community_members.sql",
        "row(joined_at, joined_at_is_inferred)",
        "joined_at",
        "a_person_joined_with_the_first_account",
    ),
    (
        "models/canonical/formats/int_zulip__membership_events.sql",
        "event_type = 'join')",
        "event_type <> 'join')",
        "deactivated_zulip_accounts_left_after_their_last_sign",
    ),
    (
        "macros/page_statistics.sql",
        "row(export_number, told_at, {{ column }})",
        "row(told_at, {{ column }})",
        "of_a_post_the_last_that_is_told_holds",
    ),
    (
        "macros/streams.sql",
        "'last_export_number desc, '",
        "'last_export_number, '",
        "a_slack_message_in_two_exports_is_one_with_its_later_reactions",
    ),
    (
        "models/staging/slack/stg_slack__messages.sql",
        "'file_comment')",
        "'file_comment', 'channel_join')",
        "system_messages_are_no_acts",
    ),
    (
        "models/canonical/formats/int_slack__messages.sql",
        "coalesce(latest.bot_id, latest.user_id)",
        "coalesce(latest.user_id, latest.bot_id)",
        "a_bot_acts_for_itself_also_under_a_persons_name",
    ),
    (
        "models/canonical/formats/int_discourse__posts.sql",
        "order by export_number desc, updated_at desc",
        "order by updated_at desc, export_number desc",
        "a_discourse_topic_is_private_as_the_latest_export_that_tells_has_it",
    ),
    (
        "models/canonical/formats/int_discourse__content_statistics.sql",
        "    and not is_private\n",
        "",
        "reactions_received_count_when_the_post_was_written",
    ),
    (
        "models/canonical/formats/int_slack__channels.sql",
        "coalesce(latest_names.channel_name, folders.folder)",
        "folders.folder",
        "a_slack_channel_that_was_renamed_is_one",
    ),
    (
        "models/canonical/formats/int_telegram__message_versions.sql",
        "        and versions.occurred_at = befores.occurred_at\n",
        "",
        "a_telegram_group_that_became_a_supergroup_is_one_chat",
    ),
    (
        "models/canonical/formats/int_telegram__reactors.sql",
        "where coalesce(emojis.named, 0) >= coalesce(emojis.quantity, 0)",
        "where false",
        "whom_an_earlier_telegram_export_names_reacted_all_the_same",
    ),
    (
        "models/canonical/int_held_files.sql",
        "starts_with(files.file_name, archives.file_name || '/')",
        "files.file_name = archives.file_name",
        "a_file_that_stays_the_same_is_of_every_export_that_holds_it",
    ),
    (
        "models/canonical/formats/int_slack__interactions.sql",
        "where user_id is not null",
        "where user_id <> actor_id",
        "reactions_take_the_instant_of_their_message",
    ),
    (
        "models/canonical/int_members.sql",
        "coalesce(least(first_event_at, first_act_at), seen_at, listed_at)",
        "coalesce(event_joined_at, first_event_at, first_act_at, seen_at, listed_at)",
        "joining_is_what_the_list_says_or_what_is_seen_first",
    ),
    (
        "models/canonical/int_members.sql",
        "least(listed_joined_at, event_joined_at)",
        "least(listed_joined_at, event_joined_at, first_act_at)",
        "joining_is_what_the_list_says_or_what_is_seen_first",
    ),
    (
        "models/canonical/int_participants.sql",
        "having count(*) = 1",
        "having count(*) >= 1",
        "accounts_count_in_their_source_and_persons_in_all",
    ),
    (
        "macros/scopes.sql",
        "where is_same_in_all",
        "where true",
        "what_is_computed_once_stands_in_both",
    ),
    (
        "macros/scopes.sql",
        "{{ members }}.source <> 'all' or not {{ members }}.is_same_in_all",
        "true",
        "a_person_is_active_on_a_day_once",
    ),
    (
        "models/member_weeks/int_status_moves.sql",
        "members from counted where is_same_in_all",
        "members from counted where true",
        "moves_are_counted_from_span_to_span",
    ),
    (
        "models/member_weeks/int_account_weeks.sql",
        "where is_purchase",
        "where true",
        "purchases_and_acts_are_signs_of_life_and_views_are_not",
    ),
    (
        "models/member_weeks/int_unique_membership_spans.sql",
        "order by occurred_at desc nulls last",
        "order by occurred_at nulls last",
        "leaving_and_coming_back_cut_the_weeks_of_membership",
    ),
    (
        "models/member_weeks/int_unique_silence_spans.sql",
        "'settings.churned_after_weeks'",
        "'settings.churned_after_weeks + 1'",
        "silence_of_4_weeks_is_a_risk_and_of_12_is_churn",
    ),
    (
        "macros/status.sql",
        "when {{ week }} >= {{ spans }}.at_risk_week then",
        "when {{ week }} > {{ spans }}.at_risk_week then",
        "each_turn_begins_a_span",
    ),
    (
        "models/reports/report_activity.sql",
        "active.week_start = spine.week_start and active.first_active_week = spine.week_start",
        "active.week_start = spine.week_start and active.previous_active_week is distinct from active.week_start - 7",
        "new_is_by_the_whole_history_not_by_the_weeks_of_the_run",
    ),
    (
        "models/reports/report_churn.sql",
        "from_status is not null and from_status <> 'left' as was_member",
        "true as was_member",
        "turning_at_risk_or_churned_takes_having_been_a_member",
    ),
    (
        "models/member_weeks/int_unique_member_rhythms.sql",
        "cast(floor(cast(rhythm_factor * p90_gap_tenths as double) / 10) as integer) + 1",
        "cast(ceil(cast(rhythm_factor * p90_gap_tenths as double) / 10) as integer)",
        "twice_a_gap_is_not_yet_more_than_it",
    ),
    (
        "macros/rhythm.sql",
        "lambda silence: silence.is_active",
        "lambda silence: silence.has_sign_of_life",
        "a_rhythm_is_what_the_gaps_so_far_say",
    ),
    (
        "models/member_weeks/int_unique_silence_spans.sql",
        "least(settings.at_risk_after_weeks, rhythms.rhythm_after_weeks)",
        "settings.at_risk_after_weeks",
        "out_of_rhythm_is_at_risk_before_silence_says_so",
    ),
    (
        "models/member_weeks/int_score_weeks.sql",
        "select {{ add_weeks('week_start', -4) }} as week_start from",
        "select {{ add_weeks('week_start', -3) }} as week_start from",
        "the_churn_model_needs_the_week_before_each_figure",
    ),
    (
        "models/member_weeks/int_history_spans.sql",
        "and spans.active_weeks > 0",
        "and spans.active_weeks >= 0",
        "members_of_one_history_are_counted_together",
    ),
    (
        "macros/churn.sql",
        "spans.active_weeks - 1 as x",
        "spans.active_weeks - 1 + 1 as x",
        "a_history_grows_by_a_week_a_week",
    ),
    (
        "models/member_weeks/int_scored_histories.sql",
        "spans.is_quiet or weeks.is_scored_whole",
        "true",
        "who_is_not_quiet_is_scored_in_few_weeks",
    ),
    (
        "models/member_weeks/int_probability_flags.sql",
        "'least(spans.to_week, spans.at_risk_week, bounds.to_week)'",
        "'least(spans.to_week, bounds.to_week)'",
        "a_small_chance_turns_quiet_members_only",
    ),
    (
        "models/reports/report_churn.sql",
        "flagged_since = week_start and member_since_week < week_start",
        "flagged_since = week_start",
        "who_is_at_risk_by_probability_moves_from_quiet",
    ),
    (
        "models/reports/member_week_status.sql",
        "and weeks.member_since_week <= flags_before.week_start",
        "and true",
        "flags_name_every_rule_and_their_first_week",
    ),
    (
        "models/member_weeks/int_backtest_weeks.sql",
        "starts.first_week <= {{ add_weeks('run_weeks.week_start', -4)",
        "starts.first_week <= {{ add_weeks('run_weeks.week_start', -3)",
        "a_backtest_needs_the_week_of_the_flags",
    ),
    (
        "models/member_weeks/int_source_starts.sql",
        "greatest(min(first_rows.first_week), min(exports.first_week))",
        "min(first_rows.first_week)",
        "a_source_starts_with_the_first_thing_seen_of_it",
    ),
    (
        "models/member_weeks/int_unique_active_weeks.sql",
        "    spans.first_active_week,",
        "    min(weeks.week_start) over (partition by weeks.source, weeks.member_id) as first_active_week,",
        "who_left_was_not_active_in_that_week",
    ),
    (
        "models/reports/report_churn_backtest.sql",
        "next_sign_week > {{ add_weeks('judged_week', 4) }} as is_gone",
        "next_sign_week >= {{ add_weeks('judged_week', 4) }} as is_gone",
        "flags_of_four_weeks_ago_are_held_against_what_came",
    ),
    (
        "models/reports/report_churn_backtest.sql",
        "{{ rate('tp', 'tp + fp') }}",
        "coalesce({{ rate('tp', 'tp + fp') }}, 0)",
        "a_rule_that_flags_nobody_has_no_precision",
    ),
    (
        "models/member_weeks/int_model_members.sql",
        "silent_weeks.next_sign_week > {{ add_weeks('silent_weeks.week_start', 4) }}",
        "silent_weeks.next_sign_week >= {{ add_weeks('silent_weeks.week_start', 4) }}",
        "learned_from_are_members_with_a_sign_of_life_in_twelve_weeks",
    ),
    (
        "models/member_weeks/int_churn_features.sql",
        "and reply_weeks.week_start <= members.week_start",
        "and true",
        "features_know_nothing_of_what_comes_after",
    ),
    (
        "models/member_weeks/int_rule_cuts.sql",
        "'earlier.score', 0.85, 'earlier.is_silent_4w'",
        "'earlier.score', 0.85, 'true'",
        "a_cut_is_learned_from_weeks_before",
    ),
    (
        "macros/churn.sql",
        ") - (members - silent_members)) as",
        ")) as",
        "evidence_is_of_all_judged_weeks_together",
    ),
    (
        "models/reports/report_churn_choice.sql",
        "model_precision > coalesce(simple_precision, 0)",
        "model_precision >= coalesce(simple_precision, 0)",
        "the_rule_to_trust_is_chosen_by_evidence",
    ),
    (
        "models/reports/report_churn_calibration.sql",
        "add_weeks('spans.next_active_week', -4)",
        "add_weeks('spans.next_active_week', -5)",
        "chances_are_held_against_what_came_by_tenths",
    ),
    (
        "models/reports/report_lifecycle.sql",
        "coalesce(currencies.currencies, 0) <= 1",
        "coalesce(currencies.currencies, 0) <= 2",
        "all_stages_have_a_row_and_revenue_ends_with_a_second_currency",
    ),
    (
        "models/reports/report_retention.sql",
        "left join active\n",
        "inner join active\n",
        "cohorts_have_a_cell_for_every_week_also_of_nobody",
    ),
    (
        "models/member_weeks/int_concentration.sql",
        "ceil(cast(active_members * {{ percent }} as double) / 100)",
        "floor(cast(active_members * {{ percent }} as double) / 100)",
        "one_percent_of_700_members_are_7",
    ),
    (
        "models/member_weeks/int_concentration.sql",
        "members * (active_members - members_above - members)",
        "members * members_above",
        "equal_members_have_a_gini_of_0",
    ),
    (
        "models/canonical/int_engagements.sql",
        "coalesce(authored.author_id <> authored.actor_id, true)",
        "true",
        "what_bots_give_and_what_one_gives_oneself_is_not_received",
    ),
    (
        "models/member_weeks/int_content_weeks.sql",
        "select 'all' as source, week_start, content_type, what, quantity_in_all as quantity",
        "select 'all' as source, week_start, content_type, what, quantity",
        "content_is_counted_by_its_type_and_by_when_it_received",
    ),
    (
        "models/member_weeks/int_engagement_rates.sql",
        "    - 1 as engagement_rate_change_12w",
        "    as engagement_rate_change_12w",
        "the_change_of_engagement_looks_back_sixteen_weeks",
    ),
    (
        "models/member_weeks/int_threads.sql",
        "dbt.dateadd('hour', 24, 'interactions.occurred_at')",
        "dbt.dateadd('hour', 23, 'interactions.occurred_at')",
        "a_thread_counts_in_the_week_in_which_its_day_has_passed",
    ),
    (
        "models/member_weeks/int_threads.sql",
        "replies.member_id <> posts.member_id as is_response",
        "true as is_response",
        "a_response_is_somebody_elses_within_24_hours",
    ),
    (
        "models/reports/report_conversation.sql",
        "        and not members.is_excluded",
        "",
        "answers_are_counted_over_the_threads_of_members",
    ),
    (
        "models/reports/report_content.sql",
        "coalesce(nullif(contents.replies, 0), case when spine.observes_threads then 0 end)",
        "contents.replies",
        "what_cannot_be_seen_is_left_out_of_the_sum",
    ),
    (
        "models/reports/report_heatmap.sql",
        "count(distinct participants.member_id)",
        "count(distinct participants.account_id)",
        "the_heatmap_counts_active_members_by_weekday_and_hour",
    ),
    (
        "models/reports/report_interaction_mix.sql",
        "count(distinct acts.member_id)",
        "count(acts.member_id)",
        "a_member_counts_once_in_a_kind",
    ),
    (
        "models/reports/report_pyramid.sql",
        "where not observes_views",
        "where true",
        "a_tier_is_the_most_that_a_member_does",
    ),
    (
        "models/reports/member_week_status.sql",
        "where run_weeks.week_start >= settings.kept_from_week",
        "where true",
        "only_the_last_weeks_keep_a_row_per_member",
    ),
    (
        "models/reports/report_segments.sql",
        "order by participants.joined_at, participants.account_id",
        "order by participants.joined_at desc, participants.account_id",
        "every_member_has_one_value_of_each_attribute_unknown_included",
    ),
    (
        "models/reports/report_onboarding_as_of.sql",
        "and replies.member_id <> others.member_id\n\n),\n\npurchases",
        "and replies.actor_id <> others.member_id\n\n),\n\npurchases",
        "a_reply_received_is_another_persons",
    ),
    (
        "models/reports/report_onboarding_as_of.sql",
        "coalesce(firsts.answered_week <= cohorts.week_start, false) as is_answered",
        "firsts.answered_week is not null as is_answered",
        "first_posts_are_answered_unanswered_or_not_to_be_seen",
    ),
    (
        "models/reports/report_onboarding_as_of.sql",
        "inner join {{ ref('int_threads') }} as threads",
        "left join {{ ref('int_threads') }} as threads",
        "first_posts_are_answered_unanswered_or_not_to_be_seen",
    ),
    (
        "models/reports/report_onboarding_as_of.sql",
        "when {{ step }}_at < day_7_at then",
        "when {{ step }}_at <= day_7_at then",
        "first_steps_are_counted_within_7_and_28_days_of_joining",
    ),
    (
        "models/reports/report_safety.sql",
        "and events.week_start <= spine.week_start",
        "and true",
        "a_kind_of_harm_is_a_row_once_it_can_be_seen",
    ),
    (
        "models/reports/report_goals.sql",
        "order by figures.week_start desc",
        "order by figures.week_start",
        "a_goal_starts_from_the_last_value_it_can_find",
    ),
    (
        "models/reports/report_headlines.sql",
        "4 * value = sum_4w or 100 * abs(4 * value - sum_4w) < settings",
        "4 * value = sum_4w or 100 * abs(4 * value - sum_4w) <= settings",
        "a_headline_turns_at_five_percent_of_the_mean_of_four_weeks",
    ),
    (
        "models/reports/report_headlines.sql",
        "{{ add_weeks('headlines.week_start', -52) }}",
        "{{ add_weeks('headlines.week_start', -53) }}",
        "how_unusual_a_value_is_takes_eight_weeks_of_the_last_52",
    ),
    (
        "macros/figures.sql",
        "case when count(*) = 1 then",
        "case when count(*) >= 1 then",
        "a_report_of_two_rows_a_week_has_no_one_figure",
    ),
    (
        "models/reports/member_week_status.sql",
        "order by last_ordered_at, member_id",
        "order by last_ordered_at desc, member_id",
        "buyers_are_cut_into_fifths",
    ),
    (
        "models/reports/report_purchases.sql",
        "first_purchases.first_week = purchases.week_start",
        "first_purchases.first_week <= purchases.week_start",
        "purchases_by_week_and_currency",
    ),
    (
        "models/reports/report_surveys.sql",
        "and weeks.week_start < latest.week_start",
        "and weeks.week_start <= latest.week_start",
        "a_survey_is_counted_by_question_and_week",
    ),
    (
        "macros/winback.sql",
        "coalesce(facts.weeks_since_seen < settings.still_reads_weeks, false)",
        "coalesce(facts.weeks_since_seen <= settings.still_reads_weeks, false)",
        "rules_of_ones_own_are_tried_in_their_order",
    ),
    (
        "macros/winback.sql",
        "'6 - 7 * settings.still_reads_weeks'",
        "'-22'",
        "for_how_long_somebody_still_reads_is_a_setting",
    ),
    (
        "models/reports/report_headlines.sql",
        ">= settings.headline_min_weeks",
        ">= 8",
        "how_many_weeks_it_takes_is_a_setting",
    ),
    (
        "macros/winback.sql",
        "/ settings.holdout_weeks",
        "/ 1",
        "a_person_is_held_out_as_one_and_for_a_whole_silence",
    ),
    (
        "models/reports/list_winback.sql",
        "where asked.member_id is null",
        "where true",
        "the_first_play_that_fits_and_nobody_who_is_fine",
    ),
    (
        "models/member_weeks/int_do_not_contact.sql",
        "inner join persons on everybody.member_id = persons.person_id",
        "inner join persons on everybody.account_id = persons.person_id",
        "who_asked_with_one_account_means_all",
    ),
    (
        "models/member_weeks/int_unique_winback_entries.sql",
        "min(week_start) as week_start",
        "max(week_start) as week_start",
        "one_comes_onto_the_list_once_a_silence",
    ),
    (
        "models/reports/report_winback_lift.sql",
        "greatest(week_start, coalesce(",
        "least(week_start, coalesce(",
        "contacted_in_the_week_after_against_held_out",
    ),
    (
        "models/reports/report_winback_lift.sql",
        "(is_contacted or not logs.has_log)",
        "is_contacted",
        "without_a_log_whoever_is_listed_was_meant_to_be_contacted",
    ),
    (
        "models/member_weeks/int_unique_holdout_draws.sql",
        ">= settings.holdout_weeks",
        "> settings.holdout_weeks",
        "a_silence_soon_after_another_keeps_its_draw",
    ),
    (
        "models/reports/list_removal.sql",
        "> settings.removal_purchase_days",
        ">= settings.removal_purchase_days",
        "the_removal_list_asks_all_of_its_questions",
    ),
    (
        "models/canonical/int_week_inputs.sql",
        "contacts.week_start <= known_weeks.last_week",
        "true",
        "a_week_with_rows_has_a_fingerprint",
    ),
    (
        "models/canonical/formats/int_shopify_orders__orders.sql",
        "'partially_paid', 'partially_refunded')",
        "'partially_paid', 'partially_refunded', 'pending')",
        "shopify_orders_are_purchases_once_they_are_paid",
    ),
    (
        "models/canonical/formats/int_stripe_payments__orders.sql",
        "charged - refunded - case",
        "charged - case",
        "stripe_payments_are_purchases_once_they_succeeded",
    ),
]


# Streams that none of those three formats feeds.
# Their exports have one member list each, so that nobody is missing from a later one.
NO_ROWS = {
    "int_content_statistics", "int_account_statistics", "int_contacts", "int_survey_answers", "int_listing_events",
    "report_audience", "report_surveys", "int_do_not_contact",
}  # fmt: skip


def dbt(home: Home, project: Path, target: Path, *arguments: str) -> SimpleNamespace:
    """One dbt call: its events, and the status of every node it ran by the node's id."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), *arguments, "--project-dir", str(project), "--profiles-dir",
            str(project), "--target-path", str(target), "--log-path", str(target), "--log-format", "json",
        ],
        env=warehouse.dbt_environment(home) | {"PYTHONWARNINGS": "ignore"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    results = target / "run_results.json"
    assert results.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return SimpleNamespace(
        returncode=done.returncode,
        events=[json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")],
        statuses={r["unique_id"]: r["status"] for r in json.loads(results.read_text(encoding="utf-8"))["results"]},
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the sample community's exports pulled, and a forum's besides."""
    folder = tmp_path_factory.mktemp("community")
    config_file = sample_community.write(folder)
    with config_file.open("a", encoding="utf-8") as handle:
        handle.write(FORUM)
    (folder / "exports" / "forum").mkdir()
    (folder / "exports" / "forum" / "events.csv").write_text(FORUM_EVENTS, encoding="utf-8")
    (folder / "exports" / "forum" / "members.csv").write_text(FORUM_MEMBERS, encoding="utf-8")
    config = configuration.load(config_file)
    its_home = Home(folder / ".stillhere").create()
    lake.write_schemas(its_home, formats.raw_tables())
    for source in config.sources:
        pull(config, source, its_home, lambda sentence: None)
    warehouse.write_control(config, its_home, config.calendar.weeks(FIRST_WEEK, LAST_WEEK))
    return its_home


@pytest.fixture(scope="module")
def built(home: Home) -> SimpleNamespace:
    """`dbt build`: seeds, unit tests, models and data tests."""
    target = home.dbt / "target"
    run = dbt(home, warehouse.PROJECT, target, "build")
    run.manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return run


def tables(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Models, seeds and sources."""
    nodes = manifest["nodes"].values()
    yield from (node for node in nodes if node["resource_type"] in ("model", "seed"))
    yield from manifest["sources"].values()


def comments(home: Home) -> dict[str, dict[str, str | None]]:
    """'<schema>.<table>' -> column -> comment; the table's own comment under ''."""
    found: dict[str, dict[str, str | None]] = {}
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        rows = connection.execute(
            """
            select schema_name || '.' || table_name, '', comment from duckdb_tables()
            union all
            select schema_name || '.' || view_name, '', comment from duckdb_views() where not internal
            union all
            select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where not internal
            """
        ).fetchall()
    for table, column, comment in rows:
        found.setdefault(table, {})[column] = comment
    return found


def test_every_model_builds_and_every_test_passes(built: SimpleNamespace):
    assert [e["info"]["msg"] for e in built.events if e["info"]["level"] == "error"] == []
    # Exposures only say who reads what: there is nothing of them to build.
    idle = {i: s for i, s in built.statuses.items() if s not in ("success", "pass")}
    assert idle == dict.fromkeys(built.manifest["exposures"], "no-op")
    assert built.returncode == 0
    wanted = {**built.manifest["nodes"], **built.manifest["unit_tests"], **built.manifest["exposures"]}
    assert set(built.statuses) == set(wanted)


def test_dbt_warns_of_nothing(built: SimpleNamespace):
    assert [e["info"]["msg"] for e in built.events if e["info"]["level"] == "warn"] == []


def test_the_sample_has_rows_for_every_model(built: SimpleNamespace, home: Home):
    configured = {"slack", "orders", "table"}  # the models of other formats have tests of their own
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        empty = [
            table["name"]
            for table in tables(built.manifest)
            if table["resource_type"] != "source"
            and (dbt_runs.format_of(table["name"]) or "table") in configured
            and table["name"] not in NO_ROWS
            and not connection.sql(f"select 1 from {table['schema']}.{table['name']} limit 1").fetchall()
        ]
    # Tests of an empty table pass whatever it should hold.
    assert empty == []


def test_every_table_says_what_a_row_is_and_every_column_what_it_holds(built: SimpleNamespace, home: Home):
    found = comments(home)
    for table in tables(built.manifest):
        name = f"{table['schema']}.{table['name']}"
        assert table["description"].startswith("One row "), name
        written = {column: about["description"] for column, about in table["columns"].items()}
        assert list(written) == [column for column in found[name] if column], f"{name}: columns of yml and table"
        assert [column for column, description in written.items() if len(description) < 10] == [], name


def test_descriptions_land_in_the_database(built: SimpleNamespace, home: Home):
    found = comments(home)
    for table in tables(built.manifest):
        if table["resource_type"] != "source":
            name = f"{table['schema']}.{table['name']}"
            written = {column: about["description"] for column, about in table["columns"].items()}
            assert found[name] == {"": table["description"], **written}, name


def test_what_bi_reads_has_an_enforced_contract(built: SimpleNamespace):
    reports = [t for t in tables(built.manifest) if t["schema"] == "reports"]
    assert reports
    for report in reports:
        assert report["config"]["contract"]["enforced"], report["name"]
        assert all(column["data_type"] for column in report["columns"].values()), report["name"]


def test_the_columns_lineage_is_current(built: SimpleNamespace):
    written = lineage.written(lineage.of_project(built.manifest))
    assert lineage.FILE.read_text(encoding="utf-8") == written, "run python docs/write_lineage.py"


def test_every_column_of_a_model_in_sql_is_in_the_lineage(built: SimpleNamespace):
    found = lineage.kept()
    models = [t for t in tables(built.manifest) if t["resource_type"] == "model" and t["language"] == "sql"]
    assert {f"{m['schema']}.{m['name']}": sorted(m["columns"]) for m in models} == {
        name: sorted(columns) for name, columns in found.items()
    }
    # What a column comes from is there itself.
    there = {f"{t['schema']}.{t['name']}": set(t["columns"]) for t in tables(built.manifest)}
    for name, columns in found.items():
        for column, sources in columns.items():
            for source, names in sources.items():
                assert set(names) <= there[source], f"{name}.{column} from {source}"


def test_the_models_know_every_membership_event_of_mapped_files():
    macro = (warehouse.PROJECT / "macros" / "table_events.sql").read_text(encoding="utf-8")
    [listed] = re.findall(r"macro membership_event_types\(\) -%}\s+{{ return\(\[(.*?)\]\)", macro)
    assert tuple(re.findall(r"'(\w+)'", listed)) == EVENT_TYPES


def test_formats_know_whether_they_show_acts():
    project = yaml.safe_load((warehouse.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    streams = project["vars"]["formats"]
    told = {name: formats.get(name).shows_acts for name in formats.names()}
    assert told == {name: "interactions" in streams[formats.get(name).model_family] for name in formats.names()}


def test_every_table_has_a_data_test(built: SimpleNamespace):
    tested = {
        node
        for test in built.manifest["nodes"].values()
        if test["resource_type"] == "test"
        for node in test["depends_on"]["nodes"]
    }
    assert [t["unique_id"] for t in tables(built.manifest) if t["unique_id"] not in tested] == []


def test_unit_tests_notice_a_rule_that_is_wrong(built: SimpleNamespace, home: Home, tmp_path: Path):
    project = tmp_path / "dbt_project"
    shutil.copytree(warehouse.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    for file, right, wrong, _ in MUTATIONS:
        text = (project / file).read_text(encoding="utf-8")
        assert text.count(right) == 1, f"{file}: {right!r} is not there, or more than once"
        (project / file).chmod(0o644)
        (project / file).write_text(text.replace(right, wrong), encoding="utf-8")
    noticing = [test for *_, test in MUTATIONS]
    # What dbt has parsed already spares it all files but the changed ones.
    (tmp_path / "target").mkdir()
    shutil.copy(home.dbt / "target" / "partial_parse.msgpack", tmp_path / "target")
    run = dbt(home, project, tmp_path / "target", "test", "--select", *noticing)
    statuses = {unique_id.rsplit(".", 1)[-1]: status for unique_id, status in run.statuses.items()}
    assert statuses == dict.fromkeys(noticing, "fail")
