{# What is always known: one test a table and not one a column, since every test costs time at each parse. #}
{% test never_null(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
