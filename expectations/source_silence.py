"""Does every source still deliver? Part of the suite of `report_activity`.

A source that breaks looks just like a community that fell silent: its week has zeros that all add up. So a source that
delivered regularly and then stops withholds the week, while one that always came and went is only mentioned.
"""

from expectations.checks import Check, RowsCheck

# A source that has no ended_on column is one that has not ended; so has a sources table without the column.
SOURCES = """
    SELECT source, ended_on FROM (
        SELECT CAST(NULL AS VARCHAR) AS source, CAST(NULL AS DATE) AS ended_on WHERE false
        UNION ALL BY NAME SELECT * FROM control.sources
    )"""

# Each empty week of a source that had rows before: whether that source is regular, and whether the week is unusual.
# Looked at are the weeks before the run of empty ones, at most source_regular_weeks and not before the source began;
# once all of them, and, as long as nothing came afterwards, once without the last: what breaks often delivers a last
# bit of a week.
# A quiet source is empty every other week, and one that is given up for good: said each time, nobody would read it.
EMPTY_WEEKS = f"""
    WITH delivering AS (
        SELECT w.week_start, s.source, min(d.week_start) AS first_week, max(d.week_start) AS last_week
        FROM weeks w JOIN ({SOURCES}) s ON s.ended_on IS NULL OR w.week_start < s.ended_on
        JOIN canonical.int_source_weeks d ON d.source = s.source AND d.week_start <= w.week_start AND d.rows > 0
        GROUP BY w.week_start, s.source
    ), looked_at AS (
        SELECT e.*, bits.weeks AS last_bits, t.source_regular_weeks AS weeks_wanted, t.source_regular_rows,
               e.last_week - CAST(7 * bits.weeks AS INTEGER) AS until_week,
               least(t.source_regular_weeks, date_diff('day', e.first_week, e.last_week) // 7 + 1 - bits.weeks)
                   AS weeks_before
        FROM delivering e CROSS JOIN control.settings t CROSS JOIN (VALUES (0), (1)) AS bits (weeks)
        JOIN (
            SELECT source, max(week_start) AS newest_week FROM canonical.int_source_weeks d WHERE d.rows > 0
            GROUP BY source
        ) n ON n.source = e.source
        WHERE e.last_week < e.week_start AND (bits.weeks = 0 OR n.newest_week = e.last_week)
    ), judged AS (
        SELECT l.source, l.week_start, l.last_week, l.last_bits, l.weeks_before, l.weeks_wanted,
               count_if(d.rows >= l.source_regular_rows) AS weeks_enough, count_if(d.rows > 0) AS weeks_with_any
        FROM looked_at l JOIN canonical.int_source_weeks d ON d.source = l.source AND d.week_start <= l.until_week
            AND d.week_start > l.until_week - CAST(7 * l.weeks_before AS INTEGER)
        GROUP BY l.source, l.week_start, l.last_week, l.last_bits, l.weeks_before, l.weeks_wanted
    ), told AS (
        SELECT source, week_start, last_week,
               bool_or(weeks_enough = weeks_before AND (weeks_before = weeks_wanted OR weeks_before >= 4))
                   AS is_regular,
               bool_or(last_bits = 0 AND 4 * weeks_with_any >= 3 * weeks_before
                   AND date_diff('day', last_week, week_start) <= 7 * weeks_wanted) AS is_unusual
        FROM judged GROUP BY source, week_start, last_week
    )
    SELECT source, week_start, concat(source, ' has no rows since the week of ', last_week) AS observed FROM told
    WHERE {{}}"""

SOURCE_CHECKS: tuple[Check, ...] = (
    RowsCheck(
        name="source_known",
        description="Every row belongs to a source of this community, or to the whole of it.",
        expected="source one of the community's sources, or all",
        sql="""
            SELECT source, week_start, source AS observed FROM checked
            WHERE source <> 'all' AND source NOT IN (SELECT source FROM control.sources WHERE source IS NOT NULL)""",
    ),
    RowsCheck(
        name="source_present",
        description="No source that was reported in an earlier week drops out.",
        expected="a row for every source that has one in an earlier week",
        counts_rows=False,
        # A source that was taken out of the community's config, or has ended, may go; a week without any row is
        # said by rows_exist.
        sql=f"""
            SELECT DISTINCT e.source, w.week_start, concat('no row for ', e.source) AS observed
            FROM weeks w SEMI JOIN checked USING (week_start)
            JOIN reports.report_activity e ON e.week_start < w.week_start
            LEFT JOIN ({SOURCES}) s ON s.source = e.source
            ANTI JOIN checked c ON c.source = e.source AND c.week_start = w.week_start
            WHERE e.source = 'all' OR (s.source IS NOT NULL AND (s.ended_on IS NULL OR w.week_start < s.ended_on))""",
    ),
    RowsCheck(
        name="source_delivers",
        description="No source that delivered regularly has stopped.",
        expected="rows from every source that had enough of them in each of the weeks before, the last one aside",
        counts_rows=False,
        sql=EMPTY_WEEKS.format("is_regular"),
    ),
    RowsCheck(
        name="source_quiet",
        severity="warning",
        description="Every source that has something in most weeks has something in this week too.",
        expected="rows from every source that had any in three of four weeks before",
        counts_rows=False,
        sql=EMPTY_WEEKS.format("NOT is_regular AND is_unusual"),
    ),
    RowsCheck(
        name="source_readable",
        description="At least one file of the latest export of each source could be read.",
        expected="every source readable, or read before for this week",
        counts_rows=False,
        sql="""
            SELECT u.source, w.week_start, concat('none of the files of ', u.source, ' could be read') AS observed
            FROM weeks w JOIN control.unreadable_sources u ON u.last_week IS NULL OR w.week_start > u.last_week""",
    ),
)
