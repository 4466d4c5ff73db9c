{# Who is on the win-back list, which play fits them, and who is held out: each said once, for the lists of the last weeks
   and for the effect of lists long gone alike. #}

{# Whether a member is on the list of a week. `facts` has the member's status, silence_weeks, tenure_days and last_seen_at
   at the week's end.

   Of those who never did anything the dictionary's plays know two kinds: who has just joined (welcome), and who only
   reads (education), for as long as they would be listed had they been active once. An account that nobody ever saw doing
   anything has nothing to be won back to. #}
{% macro on_winback_list(facts) -%}
    (
        {{ facts }}.status = 'at_risk'
        or (
            {{ facts }}.status = 'churned'
            and {{ facts }}.silence_weeks < settings.churned_after_weeks + settings.winback_churned_weeks
        )
        or (
            {{ facts }}.status = 'never_active'
            and (
                {{ facts }}.tenure_days < settings.newbie_days
                or (
                    {{ facts }}.last_seen_at is not null
                    and {{ facts }}.silence_weeks < settings.churned_after_weeks + settings.winback_churned_weeks
                )
            )
        )
    )
{%- endmacro %}

{# Whether a rule of the seed `winback_plays` holds of members of a kind, as `ctes_of_plays` makes them. #}
{% macro play_fits(rule, kinds) -%}
    case {{ rule }}
        when 'never_active_newbie' then {{ kinds }}.is_idle_newbie
        when 'bought_before' then {{ kinds }}.has_bought
        when 'was_creator_or_contributor' then {{ kinds }}.has_acted
        when 'only_lurked' then {{ kinds }}.was_seen and not {{ kinds }}.has_acted
        when 'still_reads' then {{ kinds }}.still_reads
        when 'otherwise' then true
        else false
    end
{%- endmacro %}

{# The CTE `played`: those of the CTE `facts` who are on the list, each with the first of `plays` that fits; beside the CTE
   `settings`. `facts` has besides what `on_winback_list` reads: active_weeks, orders_total and weeks_since_seen (null: never, or
   long ago). #}
{% macro ctes_of_plays() -%}
{%- set asked = ['is_idle_newbie', 'has_bought', 'has_acted', 'was_seen', 'still_reads'] -%}
on_list as (

    select
        facts.*,
        facts.status = 'never_active' and facts.tenure_days < settings.newbie_days as is_idle_newbie,
        coalesce(facts.orders_total > 0, false) as has_bought,
        coalesce(facts.active_weeks > 0, false) as has_acted,
        facts.last_seen_at is not null as was_seen,
        coalesce(facts.weeks_since_seen < settings.still_reads_weeks, false) as still_reads
    from facts
    cross join settings
    where {{ on_winback_list('facts') }}

),

-- The rules are tried on kinds of members: there are a few of them, and of members many.
kinds as (

    select distinct {{ asked | join(', ') }} from on_list

),

first_plays as (

    select
        kinds.*,
        plays.play,
        plays.rule,
        plays.text_key
    from kinds
    inner join {{ ref('winback_plays') }} as plays on {{ play_fits('plays.rule', 'kinds') }}
    qualify row_number() over (
        partition by {{ asked | join(', ') }}
        order by plays.place
    ) = 1

),

played as (

    select
        on_list.*,
        first_plays.play,
        first_plays.rule,
        first_plays.text_key
    from on_list
    inner join first_plays
        {%- for name in asked %}
        {{ 'on' if loop.first else 'and' }} on_list.{{ name }} = first_plays.{{ name }}
        {%- endfor %}

)
{%- endmacro %}

{# Whole weeks from the week in which somebody was last seen to another week; null if never. #}
{% macro weeks_since(instant, week_start) -%}
    {{ weeks_between(
        week_of('cast(' ~ local_time(instant, 'settings.timezone') ~ ' as date)', 'settings.week_anchor'), week_start
    ) }}
{%- endmacro %}

{# The same where it is fewer than `still_reads_weeks`, else maybe null: local time is dear, and of those not seen for long nobody asks it.
   Nowhere is the local date more than a day from that in UTC. #}
{% macro weeks_since_if_few(instant, week_start) -%}
    case when {{ instant }} >= {{ add_days(week_start, '6 - 7 * settings.still_reads_weeks') }} then {{ weeks_since(instant, week_start) }} end
{%- endmacro %}

{# How many on its list have less of a column than a kind of members (rows of source, week_start and `members`, how many they are);
   nulls are the least. #}
{% macro place_in_list(column) -%}
    (
        sum(members) over (
            partition by source, week_start
            order by {{ column }} nulls first
            range between unbounded preceding and current row
        )
        - sum(members) over (partition by source, week_start, {{ column }})
    )
{%- endmacro %}

{# Which block of weeks, counted from the anchor, a silence begins in. #}
{% macro holdout_block(anchor_week) -%}
    cast(floor({{ weeks_between('settings.week_anchor', anchor_week) }} / settings.holdout_weeks) as integer)
{%- endmacro %}

{# Whether a person is held out in a silence whose draw is that of the silence that began in `draw_week`
   (int_holdout_draws). Nothing but the salt, the person and the block of that week decides: no order of rows, no other
   member, and not which list or rule is looked at. #}
{% macro is_held_out(person_id, draw_week) -%}
    {{ share_of_text(
        "settings.holdout_salt || '|' || " ~ person_id ~ " || '|' || cast(" ~ holdout_block(draw_week) ~ " as varchar)", 8
    ) }} < settings.holdout_share
{%- endmacro %}

{# Wilson's score interval of a share at 95 %: its lower (sign -1) or upper (+1) end. In doubles throughout: the square
   of 1.96 to its last digit leaves a decimal no room for counts. #}
{% macro wilson(successes, trials, sign) -%}
    {%- set z2 = 'cast(3.8414588206941236 as double)' -%}
    {%- set n = 'nullif(cast(' ~ trials ~ ' as double), 0)' -%}
    (
        (2 * cast({{ successes }} as double) + {{ z2 }} {{ '+' if sign > 0 else '-' }} sqrt(
            {{ z2 }} * ({{ z2 }} + 4 * cast({{ successes }} as double) * ({{ trials }} - {{ successes }}) / {{ n }})
        )) / (2 * ({{ n }} + {{ z2 }}))
    )
{%- endmacro %}

{# Newcombe's hybrid score interval (1998, method 10) of the difference of two independent shares at 95 %: its lower
   (sign -1) or upper (+1) end; null where either group is empty. #}
{% macro newcombe(successes, trials, other_successes, other_trials, sign) -%}
    (
        {{ rate(successes, trials) }} - {{ rate(other_successes, other_trials) }}
        {{ '+' if sign > 0 else '-' }} sqrt(
            power({{ rate(successes, trials) }} - {{ wilson(successes, trials, sign) }}, 2)
            + power({{ rate(other_successes, other_trials) }} - {{ wilson(other_successes, other_trials, -sign) }}, 2)
        )
    )
{%- endmacro %}
