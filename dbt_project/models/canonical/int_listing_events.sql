-- Who is missing from a whole member list though the list before had them has left, and who is listed again has come
-- back. When exactly is not exported. The leaving is put at the newest instant of the export that no longer lists them,
-- so that no week is told otherwise that ended before it; the return, as every joining by a list, at the newest instant
-- of the export before. What a platform says itself of joining and leaving goes first.
with files as (

    select * from {{ ref('int_member_list_files') }}

),

lists as (

    select
        source,
        list_number,
        listed_at,
        previous_last_at,
        min(case when is_whole then list_number end) over (
            partition by source
            order by list_number
            rows between 1 following and unbounded following
        ) as next_whole_number
    from (select distinct source, list_number, listed_at, previous_last_at, is_whole from files) as listed

),

listings as (

    select
        listings.source,
        files.list_number,
        listings.member_id,
        bool_and(listings.has_left) as has_left
    from ({{ union_formats('member_listings') }}) as listings
    inner join files
        on listings.source = files.source
        and listings.export_name = files.export_name
        and listings.file_name = files.file_name
        and listings.loaded_at = files.loaded_at
    group by listings.source, files.list_number, listings.member_id

),

followed as (

    select
        source,
        member_id,
        list_number,
        has_left,
        lead(list_number) over (partition by source, member_id order by list_number) as next_listing_number,
        lead(has_left) over (partition by source, member_id order by list_number) as next_has_left
    from listings

),

gaps as (

    select
        followed.source,
        followed.member_id,
        missing.listed_at as missing_at,
        relisting.listed_at as relisted_at,
        case
            when not followed.next_has_left
                then greatest(missing.listed_at, coalesce(relisting.previous_last_at, missing.listed_at))
        end as returned_at
    from followed
    inner join lists
        on followed.source = lists.source
        and followed.list_number = lists.list_number
    inner join lists as missing
        on lists.source = missing.source
        and lists.next_whole_number = missing.list_number
    left join lists as relisting
        on followed.source = relisting.source
        and followed.next_listing_number = relisting.list_number
    where not followed.has_left
        and coalesce(followed.next_listing_number > lists.next_whole_number, true)

),

exported as (

    select
        source,
        member_id,
        event_type,
        occurred_at
    from ({{ union_formats('membership_events') }}) as events
    where event_type in ('join', 'leave')

),

told as (

    select
        gaps.source,
        gaps.member_id,
        gaps.missing_at,
        gaps.returned_at,
        max(case when exported.event_type = 'join' and exported.occurred_at <= gaps.missing_at then exported.occurred_at end) as joined_at,
        max(case when exported.event_type = 'leave' and exported.occurred_at <= gaps.missing_at then exported.occurred_at end) as left_at,
        count(case
            when exported.event_type = 'join' and exported.occurred_at > gaps.missing_at and exported.occurred_at <= gaps.relisted_at then 1
        end) as returns
    from gaps
    left join exported
        on gaps.source = exported.source
        and gaps.member_id = exported.member_id
    group by gaps.source, gaps.member_id, gaps.missing_at, gaps.relisted_at, gaps.returned_at

)

select
    source,
    member_id,
    missing_at as occurred_at,
    'leave' as event_type,
    true as is_inferred
from told
-- Not whom the platform has as gone already.
where left_at is null or coalesce(joined_at >= left_at, false)

union all

select
    source,
    member_id,
    returned_at as occurred_at,
    'join' as event_type,
    true as is_inferred
from told
where returned_at is not null and returns = 0
