{# The content type of what comes with files, by the MIME type of the first: image, video or file. #}
{% macro content_type_of_files(mime_types) -%}
    case split_part({{ mime_types }}[1], '/', 1) when 'image' then 'image' when 'video' then 'video' else 'file' end
{%- endmacro %}
