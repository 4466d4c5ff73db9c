-- Who is held out stays so for a whole silence, and for the next one if it begins before `holdout_weeks` have passed since the
-- end of the last: so nobody changes sides between two lists that are that near, and nobody is left alone for ever either.
-- Only silences that differ from what their own week would draw are kept: they are few.
with settings as (

    select * from {{ source('control', 'settings') }}

),

-- Of those who are never silent for a week no list tells, but of a newcomer who has done nothing yet.
silences as (

    select
        source,
        member_id,
        is_same_in_all,
        anchor_week,
        lag(to_week) over (partition by source, member_id order by anchor_week) as last_to_week
    from {{ ref('int_unique_silences') }}
    where to_week > {{ add_weeks('anchor_week', 1) }}
        or not has_sign_of_life

),

drawn as (

    select
        silences.source,
        silences.member_id,
        silences.is_same_in_all,
        silences.anchor_week,
        max(
            case
                when silences.last_to_week is null
                    or {{ weeks_between('silences.last_to_week', 'silences.anchor_week') }} >= settings.holdout_weeks
                    then silences.anchor_week
            end
        ) over (
            partition by silences.source, silences.member_id
            order by silences.anchor_week
            rows between unbounded preceding and current row
        ) as draw_week
    from silences
    cross join settings

)

select
    drawn.source,
    drawn.member_id,
    drawn.is_same_in_all,
    drawn.anchor_week,
    drawn.draw_week
from drawn
cross join settings
where {{ holdout_block('drawn.draw_week') }} <> {{ holdout_block('drawn.anchor_week') }}
