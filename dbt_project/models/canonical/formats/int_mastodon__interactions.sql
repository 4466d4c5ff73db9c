-- Addresses of posts hold the address of their account (https://server/users/name/statuses/1); others do not tell.
{%- set account = "nullif(regexp_extract({}, '^(https?://[^/]+/users/[^/]+)/statuses/', 1), '')" %}
with acts as (

    select *
    from {{ ref('int_mastodon__activities') }}
    where is_public
        and (activity_type = 'Announce' or (activity_type = 'Create' and object_type in ('Note', 'Question')))

)

select
    acts.source,
    acts.source || ':' || acts.actor || '/' || acts.activity_key as interaction_id,
    acts.source || ':' || acts.actor as member_id,
    acts.occurred_at,
    case
        when acts.activity_type = 'Announce' then 'share'
        when acts.in_reply_to is not null then 'reply'
        else 'post'
    end as interaction_type,
    cast(null as varchar) as container_id,
    acts.object_id as content_id,
    case when acts.activity_type = 'Announce' then acts.object_id else acts.in_reply_to end as parent_id,
    case when acts.activity_type = 'Announce' then acts.object_id else threads.thread_id end as thread_id,
    acts.source || ':' || case
        when acts.activity_type = 'Announce' then {{ account.format('acts.object_id') }}
        else {{ account.format('acts.in_reply_to') }}
    end as target_member_id,
    case
        when acts.activity_type = 'Announce' then cast(null as varchar)
        when acts.object_type = 'Question' then 'poll'
        when len(acts.media_types) > 0 then {{ content_type_of_files('acts.media_types') }}
        else 'text'
    end as content_type,
    'exact' as time_precision
from acts
left join {{ ref('int_mastodon__threads') }} as threads
    on acts.source = threads.source
    and acts.object_id = threads.content_id
