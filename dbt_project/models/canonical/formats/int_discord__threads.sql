-- A forwarded message is no reply to what it forwards.
with contents as (

    select
        source,
        content_id,
        case when not is_forwarded then parent_id end as parent_id
    from {{ ref('int_discord__messages') }}
    where is_act

),

{{ thread_roots('contents') }}
