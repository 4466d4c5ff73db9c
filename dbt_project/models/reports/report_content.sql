-- A type of content has a row in the weeks in which anything of it was made or received anything.
with contents as (

    select
        contents.source,
        contents.week_start,
        contents.content_type,
        contents.posts,
        -- What cannot be seen is not 0.
        coalesce(
            nullif(contents.reactions, 0),
            case when spine.observes_reactions or spine.observes_reaction_counts then 0 end
        ) as reactions,
        coalesce(nullif(contents.replies, 0), case when spine.observes_threads then 0 end) as replies,
        contents.shares,
        coalesce(nullif(contents.views, 0), case when spine.observes_views then 0 end) as views
    from {{ ref('int_content_weeks') }} as contents
    inner join {{ ref('int_source_run_weeks') }} as spine
        on contents.source = spine.source
        and contents.week_start = spine.week_start

)

select
    source,
    week_start,
    content_type,
    cast(posts as bigint) as posts,
    cast(reactions as bigint) as reactions,
    cast(replies as bigint) as replies,
    cast(shares as bigint) as shares,
    cast(views as bigint) as views,
    case
        when reactions is not null or replies is not null or shares > 0
            then {{ rate('coalesce(reactions, 0) + coalesce(replies, 0) + shares', 'posts') }}
    end as engagement_per_post
from contents
