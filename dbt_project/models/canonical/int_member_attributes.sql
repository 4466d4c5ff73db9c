with attributes as (

    {{ union_formats('member_attributes') }}

)

select
    source,
    member_id,
    attribute,
    value
from attributes
