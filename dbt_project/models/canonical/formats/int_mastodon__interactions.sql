-- Addresses of posts hold the address of their account (https://server/users/name/statuses/1); others do not tell.
{%- set account = "nullif(regexp_extract({}, '^(https?://[^/]+/users/[^/]+)/statuses/', 1), '')" %}
with acts as (

    select *
    from {{ ref('int_mastodon__activities') }}
    where is_public
        and (activity_type = 'Announce' or (activity_type = 'Create' and object_type in ('Note', 'Question')))

)

select
    source,
    source || ':' || actor || '/' || activity_key as interaction_id,
    source || ':' || actor as member_id,
    occurred_at,
    case
        when activity_type = 'Announce' then 'share'
        when in_reply_to is not null then 'reply'
        else 'post'
    end as interaction_type,
    cast(null as varchar) as container_id,
    object_id as content_id,
    case when activity_type = 'Announce' then object_id else in_reply_to end as parent_id,
    case when activity_type = 'Announce' then object_id else coalesce(conversation, in_reply_to, object_id) end as thread_id,
    source || ':' || case
        when activity_type = 'Announce' then {{ account.format('object_id') }}
        else {{ account.format('in_reply_to') }}
    end as target_member_id,
    case
        when activity_type = 'Announce' then cast(null as varchar)
        when object_type = 'Question' then 'poll'
        when len(media_types) > 0 then
            case split_part(media_types[1], '/', 1) when 'image' then 'image' when 'video' then 'video' else 'file' end
        else 'text'
    end as content_type,
    'exact' as time_precision
from acts
