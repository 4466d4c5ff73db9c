"""SQL that spoils one week of a report, which `$w` stands for: how the tests of the suites seed their defects."""


def change(table: str, assignments: str, where: str = "source = 'forum'") -> str:
    """An UPDATE of one report in the week of the defect."""
    return f"UPDATE reports.{table} SET {assignments} WHERE week_start = $w AND {where};"


def copy(table: str, replacements: str, where: str = "source = 'forum'") -> str:
    """A second row, like one that is there but for some columns."""
    rows = f"SELECT * REPLACE ({replacements}) FROM reports.{table} WHERE week_start = $w AND {where}"
    return f"INSERT INTO reports.{table} {rows};"


def delete(table: str, where: str = "true") -> str:
    """Rows gone from the week of the defect."""
    return f"DELETE FROM reports.{table} WHERE week_start = $w AND {where};"
