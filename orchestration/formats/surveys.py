"""Surveys: who answered what, in CSV, JSON Lines or Parquet with a mapping of columns, one row an answer.

[[sources]]
name = "pulse"
format = "surveys"
path = "exports/survey-*.csv"
members_of = "slack"              # when the member column has the ids of that source
survey_id = "pulse-2026"          # or a column `survey_id`
question = "Would you recommend us?"    # or a column `question`
kind = "nps"                      # nps, rating, choice or text; or a column `kind`, or [sources.kinds]
[sources.columns]
value = "score"
answered_at = "submitted_at"
member = "user_id"                # optional: without it answers are anonymous
invited_at = "sent_at"            # optional
[sources.kinds]                   # optional: the kind of each question
"Would you recommend us?" = "nps"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.instants import instant_sql
from orchestration.formats.people import People
from orchestration.formats.tabular import lacks_zone, load_columns
from orchestration.formats.tabular_columns import Column, SourceName, TabularOptions
from orchestration.formats.tabular_files import kind_of

if TYPE_CHECKING:
    import duckdb

KINDS = ("nps", "rating", "choice", "text")
Kind = Literal["nps", "rating", "choice", "text"]
_TEXT_KEPT = 200


class Columns(Options):
    """[sources.columns]: which column holds what."""

    value: Column = "value"
    answered_at: Column = "answered_at"
    survey_id: Column | None = None
    question: Column | None = None
    kind: Column | None = None
    member: Column | None = None
    invited_at: Column | None = None


class SurveysOptions(TabularOptions):
    """Keys of the format `surveys`.

    Attributes:
        members_of: the source whose native ids the member column holds; None: respondents are known to this source
            alone, as '<source>:<id>', unless the identities file says whose they are.
    """

    columns: Columns = Columns()
    survey_id: str | None = Field(None, min_length=1, max_length=_TEXT_KEPT)
    question: str | None = Field(None, min_length=1, max_length=_TEXT_KEPT)
    kind: Kind | None = None
    kinds: dict[str, Kind] = {}
    members_of: SourceName | None = None

    @model_validator(mode="after")
    def _each_once(self) -> SurveysOptions:
        for key in ("survey_id", "question"):
            if (getattr(self, key) is None) == (getattr(self.columns, key) is None):
                raise ValueError(f"give either a constant `{key}` or a {key} column in `columns`, and not both")
        if sum((self.kind is not None, self.columns.kind is not None, bool(self.kinds))) != 1:
            raise ValueError(
                f"give one of a constant `kind` ({', '.join(KINDS)}), a kind column in `columns`, or the kind of each"
                " question in `kinds`"
            )
        return self


class Surveys(Format):
    """Format `surveys`."""

    name = "surveys"
    shows_acts = False
    Options = SurveysOptions
    tables = {
        "surveys_answers": {
            "answer_key": "VARCHAR",
            "survey_id": "VARCHAR",
            "respondent": "VARCHAR",
            "respondent_source": "VARCHAR",
            "question": "VARCHAR",
            "kind": "VARCHAR",
            "score": "DECIMAL(18,4)",
            "choice": "VARCHAR",
            "invited_at": "TIMESTAMP",
            "answered_at": "TIMESTAMP",
            "is_answer": "BOOLEAN",
        }
    }

    people = {"surveys_answers": People(member_id="(coalesce(respondent_source, _source) || ':' || respondent)")}

    @property
    def keeps_heads(self) -> bool:
        """What people bought, paid or wrote is not kept, in no place."""
        return False

    def observes(self, options: SurveysOptions) -> Observes:
        """No acts: an answer is no interaction, and makes nobody a member."""
        return Observes()

    def table_of(self, name: str, options: SurveysOptions) -> str | None:
        """Every CSV, JSON Lines or Parquet file holds answers."""
        return "surveys_answers" if kind_of(name) else None

    def is_text(self, name: str) -> bool:
        """Parquet is the one kind that is no text."""
        return kind_of(name) != "parquet"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: SurveysOptions
    ) -> Parsed:
        """One row an answer, an invitation without one, or a question that was passed over."""
        columns = options.columns.model_dump(exclude_none=True)
        # The quarantine shows no text that somebody wrote, either: in a broken row it may stand in any column.
        unreadable = load_columns(connection, files, options, columns, shows_lines=False)
        rows = f"""
        with typed as ({_typed(options, columns)}),
        read as (
            select *, cell is not null as has_answer, {_problem(options)} as problem,
                case when word in ('nps', 'rating') then try_cast(cell as decimal(18, 4)) end as number,
                case when word = 'choice' then left(cell, {_TEXT_KEPT}) end as label
            from typed
        ),
        -- An answer is known by who gave it, and when; several choices at once are answers of their own. Answers of
        -- nobody known are told apart by their place among equal ones of their file. Texts play no part: none is kept.
        told as (
            select *, md5(cast(to_json([survey, asked, who, answered::varchar, invited::varchar, word,
                case when who is null or word = 'choice' then coalesce(number::varchar, label) end]) as varchar)) as key
            from read
        )
        select
            file_no, row_no, coalesce(answered, invited) as row_at, problem as reason,
            raw,
            key || case when who is null
                then '-' || row_number() over (partition by file_no, problem is null, key order by row_no) else '' end
            as answer_key,
            survey as survey_id, who as respondent,
            {quoted(options.members_of) if options.members_of else "cast(null as varchar)"} as respondent_source,
            asked as question,
            case when has_answer then word end as kind, number as score, label as choice,
            invited as invited_at, answered as answered_at, has_answer as is_answer
        from told
        """
        return Parsed(table, rows, unreadable, lacks_zone=lacks_zone(connection, options, columns))


def _typed(options: SurveysOptions, columns: dict[str, Column]) -> str:
    """SQL for the rows of `mapped` with each cell trimmed, and instants read."""

    def text(key: str, constant: str | None = None) -> str:
        if constant is not None:
            return quoted(constant)
        return f"nullif(trim({key}), '')" if key in columns else "cast(null as varchar)"

    asked = f"left({text('question', options.question)}, {_TEXT_KEPT})"
    if options.kinds:
        pairs = " ".join(f"when {quoted(q.strip())} then {quoted(kind)}" for q, kind in options.kinds.items())
        word = f"case {text('question', options.question)} {pairs} end"
    else:
        word = f"lower({text('kind', options.kind)})"
    invited = instant_sql("invited_at", options) if "invited_at" in columns else "cast(null as timestamp)"
    return f"""
        select *, left({text("survey_id", options.survey_id)}, {_TEXT_KEPT}) as survey, {asked} as asked,
            {word} as word, {text("member")} as who, {text("value")} as cell, {text("invited_at")} as invited_text,
            {instant_sql("answered_at", options)} as answered, {invited} as invited
        from mapped"""


def _problem(options: SurveysOptions) -> str:
    """SQL for why a row of `typed` cannot be used, without what stands in it; null where it can."""
    kinds = ", ".join(map(quoted, KINDS))
    unknown_kind = (
        "'kinds: no kind is given for its question'"
        if options.kinds
        else f"if(word is null, 'kind: missing', 'kind: expected one of {', '.join(KINDS)}')"
    )
    return f"""case
        when reason is not null then reason
        when survey is null then 'survey_id: missing'
        when coalesce(trim(answered_at), '') <> '' and answered is null
            then 'answered_at: expected an instant'
        when invited_text is not null and invited is null
            then 'invited_at: expected an instant'
        when {instant_problem("answered")} is not null then 'answered_at: ' || {instant_problem("answered")}
        when {instant_problem("invited")} is not null then 'invited_at: ' || {instant_problem("invited")}
        when cell is null and coalesce(who, answered::varchar, invited::varchar) is null
            then 'value: missing, as are member and instants: neither an answer nor an invitation'
        when cell is null then null
        when answered is null then 'answered_at: missing'
        when asked is null then 'question: missing'
        when word is null or word not in ({kinds}) then {unknown_kind}
        when word = 'nps' and not regexp_full_match(cell, '([0-9]|10)([.]0+)?')
            then 'value: expected a whole number from 0 to 10'
        when word = 'rating' and (not regexp_full_match(cell, '[+-]?[0-9]+([.][0-9]+)?')
            or try_cast(cell as decimal(18, 4)) is null)
            then 'value: expected a number such as 4.5'
        end"""


FORMAT = Surveys()
