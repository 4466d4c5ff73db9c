-- To order all rows by their keys would be dear, and few acts come twice: hashes tell which may have, and those alone are
-- compared.
select *
from ({{ table_event_versions() }}) as versions
where key_hash in (
    select key_hash
    from ({{ table_event_versions() }}) as all_versions
    group by key_hash
    having count(*) > 1
)
qualify {{ latest_version("source, event_key") }}
