with source as (

    {{ lake_rows('shopify_orders_rows') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as ordered_at,
        order_name,
        is_order,
        member as native_id,
        status,
        is_cancelled,
        currency,
        total,
        coalesce(refunded, 0) as refunded,
        coalesce(outstanding, 0) as outstanding
    from source

)

select * from renamed
