with source as (

    {{ lake_rows('page_statistics_figures') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        account,
        content,
        parent,
        content_type as platform_content_type,
        "day" as stat_date,
        as_of,
        posted_at,
        slice,
        is_total,
        is_visible,
        followers,
        followers_gained,
        followers_lost,
        reach,
        views,
        engagements,
        reactions,
        replies,
        shares,
        clicks
    from source

)

select * from renamed
