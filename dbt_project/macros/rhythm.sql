{# Each silence of `silences` with what the member's active weeks up to then say: how many there are, the first, the last,
   the gaps between them, as a list in order of time, and the next active week. Lists, because the gaps so far are asked for at each silence
   anew: measured, windows over the same rows take two and a half times as long. #}
{% macro gaps_so_far(silences) -%}
    {{ return(adapter.dispatch('gaps_so_far', 'stillhere')(silences)) }}
{%- endmacro %}

{% macro default__gaps_so_far(silences) -%}
    with members as (

        select
            source,
            member_id,
            is_same_in_all,
            list_sort(list(struct_pack(
                anchor_week := anchor_week, has_sign_of_life := has_sign_of_life, is_active := is_active, to_week := to_week
            ))) as silences
        from {{ silences }}
        group by source, member_id, is_same_in_all

    ),

    actives as (

        select
            *,
            list_transform(
                list_filter(silences, lambda silence: silence.is_active), lambda silence: silence.anchor_week
            ) as weeks
        from members

    ),

    gaps as (

        select
            *,
            list_transform(range(1, len(weeks)), lambda i: {{ weeks_between('weeks[i]', 'weeks[i + 1]') }}) as gaps
        from actives

    ),

    so_far as (

        select
            source,
            member_id,
            is_same_in_all,
            unnest(silences) as silence,
            unnest(list_transform(
                silences, lambda silence: len(list_filter(weeks, lambda week: week <= silence.anchor_week))
            )) as active_weeks,
            weeks,
            gaps
        from gaps

    )

    select
        source,
        member_id,
        is_same_in_all,
        silence.anchor_week,
        silence.has_sign_of_life,
        silence.to_week,
        active_weeks,
        weeks[1 : active_weeks][1] as first_active_week,
        weeks[1 : active_weeks][-1] as last_active_week,
        -- Not up to -1, which would be the last.
        gaps[1 : greatest(active_weeks - 1, 0)] as gaps,
        weeks[active_weeks + 1] as next_active_week
    from so_far
{%- endmacro %}

{# Percentiles of a list of whole numbers by linear interpolation, as a list in the order of the fractions; null of an empty list. #}
{% macro percentiles_of(numbers, fractions) -%}
    {{ return(adapter.dispatch('percentiles_of', 'stillhere')(numbers, fractions)) }}
{%- endmacro %}

{% macro default__percentiles_of(numbers, fractions) -%}
    list_aggregate({{ numbers }}, 'quantile_cont', {{ fractions }})
{%- endmacro %}

{% macro length_of(list) -%}
    {{ return(adapter.dispatch('length_of', 'stillhere')(list)) }}
{%- endmacro %}

{% macro default__length_of(list) -%}
    len({{ list }})
{%- endmacro %}

{# One item of a list, counted from 1. #}
{% macro item_of(list, place) -%}
    {{ return(adapter.dispatch('item_of', 'stillhere')(list, place)) }}
{%- endmacro %}

{% macro default__item_of(list, place) -%}
    {{ list }}[{{ place }}]
{%- endmacro %}
