{# For content that is tied together only by what it replies to: the content at the root of each chain of replies.

   `contents` has source, content_id and parent_id. Rows: source, content_id, thread_id. Where the chain leaves the
   exports, the content that is replied to there is the root.

   Each step looks twice as far up as the one before it, so that ten steps follow 1,024 replies; a recursive query looks one
   reply up at a time, and reads all contents each time. A longer chain ends at the content 1,024 replies up. Content that
   replies to itself over corners, which no export should hold, ends somewhere in its circle.

   To be written after the other parts of a `with`. #}
{% macro thread_roots(contents, steps=10) -%}
    roots_0 as (

        select
            source,
            content_id,
            coalesce(parent_id, content_id) as root_id
        from {{ contents }}

    ),
{% for step in range(steps) %}
    roots_{{ step + 1 }} as (

        select
            near.source,
            near.content_id,
            coalesce(far.root_id, near.root_id) as root_id
        from roots_{{ step }} as near
        left join roots_{{ step }} as far
            on near.source = far.source
            and near.root_id = far.content_id

    ){{ ',' if not loop.last }}
{% endfor %}
    select
        source,
        content_id,
        root_id as thread_id
    from roots_{{ steps }}
{%- endmacro %}
