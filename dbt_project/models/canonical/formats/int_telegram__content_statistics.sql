-- What the export counts beyond the users whom it names.
{{ reactions_without_users(ref('int_telegram__messages')) }}
