{# For content that is tied together only by what it replies to: the content at the root of each chain of replies.

   `contents` has source, content_id and parent_id. Rows: source, content_id, thread_id. Where the chain leaves the
   exports, the content that is replied to there is the root. Chains are followed for `steps` replies, then (as for
   replies that go in a circle, which no export should hold) the parent takes the root's place.

   To be written after the other parts of a `with recursive`. #}
{% macro thread_roots(contents, steps=1000) -%}
    roots as (

        select
            contents.source,
            contents.content_id,
            coalesce(contents.parent_id, contents.content_id) as thread_id,
            0 as replies_above
        from {{ contents }} as contents
        left join {{ contents }} as parents
            on contents.source = parents.source
            and contents.parent_id = parents.content_id
        where parents.content_id is null

        union all

        select
            contents.source,
            contents.content_id,
            roots.thread_id,
            roots.replies_above + 1 as replies_above
        from roots
        inner join {{ contents }} as contents
            on roots.source = contents.source
            and roots.content_id = contents.parent_id
        where roots.replies_above < {{ steps }}

    )

    select
        contents.source,
        contents.content_id,
        coalesce(roots.thread_id, contents.parent_id) as thread_id
    from {{ contents }} as contents
    left join roots
        on contents.source = roots.source
        and contents.content_id = roots.content_id
{%- endmacro %}
