-- What a page's posts are is told in one file, how they fared in others: each column is the last one that is told.
with told as (

    select
        source,
        content,
        account,
        parent,
        posted_at,
        platform_content_type,
        is_visible,
        export_number,
        coalesce(as_of, posted_at, cast(stat_date as timestamp)) as told_at
    from {{ ref('int_page_statistics__rows') }}
    where content is not null

)

select
    source,
    content,
    {{ last_told('account') }} as account,
    {{ last_told('parent') }} as parent,
    {{ last_told('posted_at') }} as posted_at,
    case
        when {{ last_told('lower(platform_content_type)') }} in ('image', 'added_photos', 'carousel_album', 'multi_image')
            then 'image'
        when {{ last_told('lower(platform_content_type)') }} in ('video', 'added_video', 'reel', 'youtube#video')
            then 'video'
        when {{ last_told('lower(platform_content_type)') }} in ('article', 'shared_story', 'link') then 'link'
        when {{ last_told('lower(platform_content_type)') }} = 'poll' then 'poll'
        when {{ last_told('lower(platform_content_type)') }} in ('wall_post', 'mobile_status_update', 'text')
            then 'text'
    end as content_type,
    -- What was shown once was seen by then; drafts, posts for advertising alone and hidden ones never are.
    coalesce(bool_or(is_visible), true) as is_visible
from told
group by source, content
