{# An identity that every row has to satisfy. #}
{% test holds(model, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
