with source as (

    {{ lake_rows('orders_orders') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as ordered_at,
        order_id,
        member as native_id,
        amount,
        currency,
        status,
        is_purchase
    from source

)

select * from renamed
