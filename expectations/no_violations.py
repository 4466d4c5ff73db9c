"""The expectation behind every check that is written as SQL."""

from typing import Any, ClassVar

from great_expectations.expectations import UnexpectedRowsExpectation


class ExpectNoViolations(UnexpectedRowsExpectation):
    """`UnexpectedRowsExpectation` that counts the rows only.

    The stock class runs its query twice, once to count the rows and once to fetch the first 200 of them. What is shown
    of failures comes from a query of our own (see `expectations.checks`), so the second run would be for nothing.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}
