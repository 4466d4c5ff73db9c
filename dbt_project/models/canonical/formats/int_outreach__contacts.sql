-- The same contact in several exports, or twice in one, counts once.
select distinct
    source,
    member_id,
    contacted_at,
    play,
    channel
from {{ ref('stg_outreach__contacts') }}
