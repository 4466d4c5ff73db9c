-- A post is known by its id; of several versions the one that was changed last holds, and of versions alike in that the
-- one in the later export.
with versions as (

    {{ versions_of(ref('stg_discourse__posts')) }}

)

select
    source,
    post_id,
    occurred_at,
    topic_id,
    post_number,
    reply_to_post_number,
    category_id,
    is_act,
    user_id,
    username,
    is_official,
    content_type,
    reactions
from versions
qualify row_number() over (
    partition by source, post_id
    order by updated_at desc, export_number desc, file_name desc, row_number_in_file desc
) = 1
