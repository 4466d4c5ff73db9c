{{ config(materialized='view') }}
{#- A view: it is read once, by the spans of silence. -#}

-- What a member's active weeks up to a silence say of how long the member stays away. Within a silence nothing is learned
-- of it, so it holds for all of its weeks.
with silences as (

    {{ gaps_so_far(ref('int_unique_silences')) | indent(4) }}

),

percentiles as (

    select
        *,
        case when {{ length_of('gaps') }} > 0 then {{ percentiles_of('gaps', [0.5, 0.9]) }} end as gap_percentiles
    from silences

),

rhythms as (

    select
        percentiles.*,
        settings.rhythm_factor,
        {{ item_of('gap_percentiles', 1) }} as typical_gap_weeks,
        -- In tenths: the 90th percentile of whole weeks lies on one, and twice a gap has to be exactly that.
        case
            when {{ length_of('gaps') }} >= settings.rhythm_min_gaps then cast(round(10 * {{ item_of('gap_percentiles', 2) }}) as integer)
        end as p90_gap_tenths
    from percentiles
    cross join {{ source('control', 'settings') }} as settings

)

select
    source,
    member_id,
    is_same_in_all,
    anchor_week,
    has_sign_of_life,
    to_week,
    cast(active_weeks as bigint) as active_weeks,
    first_active_week,
    last_active_week,
    next_active_week,
    typical_gap_weeks,
    cast(p90_gap_tenths as double) / 10 as p90_gap_weeks,
    cast(floor(cast(rhythm_factor * p90_gap_tenths as double) / 10) as integer) + 1 as rhythm_after_weeks
from rhythms
