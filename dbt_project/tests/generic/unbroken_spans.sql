{#
    A member's spans follow one another without a gap or an overlap, from the first one on to the end of time; with
    `since_joining` the first one begins in the week of joining.
#}
{% test unbroken_spans(model, from_week, since_joining) %}
with spans as (

    select
        source,
        member_id,
        {{ from_week }} as from_week,
        to_week,
        lead({{ from_week }}, 1, {{ end_of_time() }}) over member as next_from_week,
        row_number() over member = 1 as is_first
    from {{ model }}
    window member as (partition by source, member_id order by {{ from_week }})

)

select spans.*
from spans
left join {{ ref('int_community_members') }} as members
    on spans.source = members.source
    and spans.member_id = members.member_id
where spans.to_week <> spans.next_from_week
    {%- if since_joining %}
    or (spans.is_first and spans.from_week is distinct from members.joined_week)
    {%- endif %}
{% endtest %}
