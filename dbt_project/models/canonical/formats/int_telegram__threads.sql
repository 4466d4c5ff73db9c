with contents as (

    select
        source,
        content_id,
        parent_id
    from {{ ref('int_telegram__messages') }}
    where is_act

),

{{ thread_roots('contents') }}
