{# The canonical streams: what a format may feed, with the columns and types that every one of its models has to fit. #}
{% macro stream_columns(stream) -%}
    {%- set streams = {
        'members': {
            'source': 'varchar', 'member_id': 'varchar', 'member_name': 'varchar', 'is_bot': 'boolean',
            'is_official': 'boolean', 'joined_at': 'timestamp', 'seen_at': 'timestamp', 'listed_at': 'timestamp',
        },
        'member_attributes': {
            'source': 'varchar', 'member_id': 'varchar', 'attribute': 'varchar', 'value': 'varchar',
        },
        'member_listings': {
            'source': 'varchar', 'member_id': 'varchar', 'export_name': 'varchar', 'file_name': 'varchar',
            'loaded_at': 'timestamp', 'has_left': 'boolean',
        },
        'interactions': {
            'interaction_id': 'varchar', 'source': 'varchar', 'member_id': 'varchar', 'occurred_at': 'timestamp',
            'interaction_type': 'varchar', 'container_id': 'varchar', 'content_id': 'varchar', 'parent_id': 'varchar',
            'thread_id': 'varchar', 'target_member_id': 'varchar', 'content_type': 'varchar', 'time_precision': 'varchar',
        },
        'content_statistics': {
            'source': 'varchar', 'content_id': 'varchar', 'target_member_id': 'varchar', 'statistic': 'varchar',
            'quantity': 'bigint', 'occurred_at': 'timestamp', 'time_precision': 'varchar',
        },
        'account_statistics': {
            'source': 'varchar', 'account_id': 'varchar', 'day': 'date', 'followers': 'bigint',
            'followers_gained': 'bigint', 'followers_lost': 'bigint', 'reach': 'bigint', 'views': 'bigint',
            'engagements': 'bigint',
        },
        'membership_events': {
            'source': 'varchar', 'member_id': 'varchar', 'occurred_at': 'timestamp', 'event_type': 'varchar',
            'is_inferred': 'boolean',
        },
        'orders': {
            'order_id': 'varchar', 'source': 'varchar', 'member_id': 'varchar', 'ordered_at': 'timestamp',
            'amount': 'decimal(18, 4)', 'currency': 'varchar', 'status': 'varchar', 'is_purchase': 'boolean',
        },
        'contacts': {
            'source': 'varchar', 'member_id': 'varchar', 'contacted_at': 'timestamp', 'play': 'varchar',
            'channel': 'varchar',
        },
        'survey_answers': {
            'answer_id': 'varchar', 'source': 'varchar', 'survey_id': 'varchar', 'member_id': 'varchar',
            'question': 'varchar', 'kind': 'varchar', 'score': 'decimal(18, 4)', 'choice': 'varchar',
            'invited_at': 'timestamp', 'answered_at': 'timestamp', 'is_answer': 'boolean',
        },
    } -%}
    {{ return(streams[stream]) }}
{%- endmacro %}

{# All formats' rows of one canonical stream, one below the other; of the formats that have a source in the config.
   Without any there is still an empty relation of the stream's columns. A column that a format cannot fill is null. #}
{% macro union_formats(stream) -%}
    {%- set configured = env_var('STILLHERE_FORMATS', 'all').split(',') -%}
    {%- set relations = [] -%}
    {%- for format, streams in var('formats').items() if stream in streams -%}
        {#- Referred to in any case, so that the graph stays the same whatever the config says. -#}
        {%- set relation = ref('int_' ~ format ~ '__' ~ stream) -%}
        {%- if format in configured or 'all' in configured -%}
            {%- do relations.append(relation) -%}
        {%- endif -%}
    {%- endfor -%}
    select
    {%- for column, type in stream_columns(stream).items() %}
        cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    where false
    {%- for relation in relations %}
    union all by name
    select * from {{ relation }}
    {%- endfor %}
{%- endmacro %}

{# All rows of a staging model (or a CTE with its columns), of every export that holds them, with the export's place among its source's.
   `age`: an instant of a row. A file that stays the same is of the last export that holds it, and so are exports that
   lie side by side in one folder; `file_last_at` then tells which file is of the newer one: the newest such instant of
   its file, or of all files in as many folders up. #}
{% macro versions_of(staged, age=none, folders_up=0) -%}
    select
        staged.*,
        {%- if age %}
        {{ file_last_at('staged', age, 'exports.last_export_number', folders_up) }} as file_last_at,
        exports.last_export_number,
        {%- endif %}
        exports.export_number
    from {{ staged }} as staged
    inner join {{ ref('int_file_exports') if age else ref('int_exports') }} as exports
        on staged.source = exports.source
        and staged.export_name = exports.export_name
        and staged.loaded_at = exports.loaded_at
        {%- if age %}
        and staged.file_name = exports.file_name
        {%- endif %}
{%- endmacro %}

{# The export in which each account of a member list stands first, out of the list's `versions`. #}
{% macro first_listed_of(account) -%}
    select
        source,
        {{ account }},
        min(export_number) as first_export_number
    from versions
    group by source, {{ account }}
{%- endmacro %}

{# The newest instant of a row's file, or of all files of its export in as many folders up. #}
{% macro file_last_at(rows, age, export_number, folders_up=0) -%}
    max({{ rows }}.{{ age }}) over (
        partition by {{ rows }}.source, {{ export_number }}, {{ folder_of(rows ~ '.file_name', folders_up) }}
    )
{%- endmacro %}

{# The folder of a file, so many of them up; with none it is the file itself. #}
{% macro folder_of(file_name, folders_up) -%}
    {%- set place = namespace(sql=file_name) -%}
    {%- for _ in range(folders_up) -%}
        {%- set place.sql = "regexp_replace(" ~ place.sql ~ ", '/?[^/]*$', '')" -%}
    {%- endfor -%}
    {{ place.sql }}
{%- endmacro %}

{# One row out of several by an order; the tie-breaks of "the later export holds" are the same everywhere.
   `file_age`: a column that tells which of two files of one export is the newer, before the pulls that read them do, and
   their names. Among names the longer is the later: "orders (1).csv" came after "orders.csv", and "to Jan 10" after
   "to Jan 9". #}
{% macro latest_version(partition_by, file_age=none) -%}
    row_number() over (
        partition by {{ partition_by }}
        order by {{ version_order(file_age) }}
    ) = 1
{%- endmacro %}

{# The order of versions, the one that holds first. #}
{% macro version_order(file_age=none) -%}
    {{ 'last_export_number desc, ' ~ file_age ~ ' desc nulls last, ' if file_age -}}
    export_number desc, {{ 'length(file_name) desc, ' if file_age }}file_name desc, row_number_in_file desc
{%- endmacro %}
