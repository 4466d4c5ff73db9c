with moves as (

    select
        source,
        week_start,
        from_stage,
        -- Leaving has no stage of its own; it is where the move goes to.
        coalesce(to_stage, 'left') as to_stage,
        members
    from {{ ref('int_status_moves') }}
    where from_stage is distinct from to_stage

)

select
    moves.source,
    moves.week_start,
    moves.from_stage,
    moves.to_stage,
    cast(sum(moves.members) as bigint) as members
from moves
inner join {{ ref('int_source_run_weeks') }} as spine
    on moves.source = spine.source
    and moves.week_start = spine.week_start
group by moves.source, moves.week_start, moves.from_stage, moves.to_stage
