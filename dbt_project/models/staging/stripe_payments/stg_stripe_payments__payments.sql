with source as (

    {{ lake_rows('stripe_payments_payments') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as ordered_at,
        payment_id,
        member as native_id,
        amount as charged,
        coalesce(refunded, 0) as refunded,
        currency,
        status,
        is_test,
        disputed,
        dispute_status
    from source

)

select * from renamed
