"""The dbt models as assets: one dbt call a run, then the checks of the reports that it computed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

import expectations
from orchestration import dbt_runs, formats, gate, headlines, lineage, progress, running, warehouse
from orchestration.assets.exports import POOL
from orchestration.assets.words import in_words, nothing_readable, of_unreadable_sources
from orchestration.community import Community
from orchestration.errors import BuildError
from orchestration.weeks import run_tags

WEEKLY_FOLDER = "reports"


class _Translator(DagsterDbtTranslator):
    """How a dbt model shows in Dagster: key <schema>/<name>, group by schema, fed by the exports of its format."""

    def __init__(self, community: Community, partitions: dg.PartitionsDefinition):
        super().__init__()
        self.community, self.partitions = community, partitions

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props["schema"]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        # Without the SQL, which would drown it in every list; `sql` in the metadata leads there.
        return headlines.plain(dbt_resource_props.get("description") or "")

    def get_asset_spec(self, manifest, unique_id, project) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        # The control tables are the run's own parameters, not data that somebody would look for.
        deps = [dep for dep in spec.deps if dep.asset_key.path[0] != "control"]
        if reads_lake(props):
            deps += [
                dg.AssetDep(dg.AssetKey(["exports", source.name]))
                for source in self.community.config.sources
                if dbt_runs.format_of(props["name"]) in (None, formats.get(source.format).model_family)
            ]
        weekly = is_weekly(props)
        # dbt's name for the project in this place, which is a hash and tells nobody anything, makes room for the SQL.
        metadata = {name: value for name, value in spec.metadata.items() if name != "dagster_dbt/project_id"}
        metadata["sql"] = dg.MetadataValue.path(str(warehouse.PROJECT / props["original_file_path"]))
        if isinstance(schema := metadata.get("dagster/column_schema"), dg.TableSchema):
            metadata["dagster/column_schema"] = dg.TableSchema(
                [dg.TableColumn(c.name, c.type, headlines.plain(c.description or "")) for c in schema.columns]
            )
        return spec.replace_attributes(
            deps=deps,
            partitions_def=self.partitions if weekly else None,
            kinds={"dbt", "python" if props["original_file_path"].endswith(".py") else "duckdb"},
            owners=list(self.community.config.community.owners),
            metadata=metadata,
        )


def reads_lake(props: Mapping[str, Any]) -> bool:
    """Whether a model reads raw rows, or the ledger of all exports."""
    return props.get("schema") == "staging" or props["name"] in ("int_exports", "export_files")


def is_weekly(props: Mapping[str, Any]) -> bool:
    """Whether a model computes the run's weeks (rather than being rebuilt whole)."""
    return props.get("schema") == WEEKLY_FOLDER and props["config"].get("materialized") == "incremental"


def model_assets(community: Community, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """All dbt models and seeds as one step, with the suites as checks on the reports."""
    import json

    manifest = json.loads(dbt_runs.manifest_file().read_text(encoding="utf-8"))
    translator = _Translator(community, partitions)
    configured = community.model_families()
    specs: list[dg.AssetSpec] = []
    names: dict[dg.AssetKey, str] = {}
    hidden: list[str] = []
    of_all_weeks: set[str] = set()
    for spec in build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator):
        props = _props(manifest, spec)
        if (its_format := dbt_runs.format_of(props["name"])) and its_format not in configured:
            hidden.append(props["name"])
            continue
        specs.append(spec)
        names[spec.key] = props["name"]
        if not is_weekly(props) and dbt_runs.FOLLOWS_RUN not in props["tags"]:
            of_all_weeks.add(props["name"])
    specs = [lineage.with_lineage(_without_hidden_deps(spec, hidden), names) for spec in specs]
    keys_by_name = {name: key for key, name in names.items()}

    @dg.multi_asset(
        name="models",
        specs=specs,
        check_specs=[
            dg.AssetCheckSpec(
                name="expectations",
                asset=keys_by_name[report],
                description=(
                    f"Everything that `expectations/{report}.py` expects of `{report}`, in each week of the run. Where"
                    " a critical expectation fails, the check is red and the week is withheld: what was published of"
                    " it before stays as it was. Where only a warning fails, it is yellow and the week is published."
                    " Executed from here, without a week, it checks every week that was ever computed."
                ),
            )
            for report in expectations.REPORTS
        ],
        can_subset=True,
        pool=POOL,
        backfill_policy=dg.BackfillPolicy.single_run(),
        op_tags={"kind": "dbt"},
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with in_words(community):
            running.begin(context, community)
            selected = {names[key] for key in context.selected_asset_keys}
            weekly = {name for name in selected if name in expectations.REPORTS}
            # A run of checks alone bears no week where it was started from the check's page: it checks all there are.
            weeks = run_weeks(context) if weekly else [] if selected else checked_weeks(context, community)
            if weekly:
                tag_weeks(context, weeks)
            built = _run_dbt(community, selected, weeks, of_all_weeks, context.log.info) if selected else []
            described = headlines.describe(community, [name for name in built if name in selected], weeks)
            for name, description in described.items():
                add_metadata(context, keys_by_name[name], description.of_weeks)
                version = dg.DataVersion(description.data_version) if description.data_version else None
                yield dg.MaterializeResult(
                    asset_key=keys_by_name[name], metadata=description.metadata, data_version=version
                )
            if weeks:
                progress.say(f"checking {len(weeks)} week(s)")
                results = gate.check(community.home, weeks)
                for key in sorted(context.selected_asset_check_keys, key=str):
                    yield _check_result(
                        key, [r for r in results if r.report == key.asset_key.path[-1]], len(weeks), context
                    )
            if said := of_unreadable_sources(context, community, weeks):
                raise nothing_readable(said)

    return models


def add_metadata(
    context: dg.AssetExecutionContext, key: dg.AssetKey, of_weeks: Mapping[date, Mapping[str, Any]]
) -> None:
    """`context.add_asset_metadata` for all weeks of an asset at once.

    Dagster's own takes one week, and copies and checks whatever was added before it: four million entries in a backfill
    of 100 weeks. It has no public name for adding several.
    """
    from dagster._core.execution.context.metadata_logging import AssetMetadataHandle, OutputMetadataAccumulator

    step = context.op_execution_context.get_step_execution_context()
    added = {AssetMetadataHandle(asset_key=key, partition_key=str(week)): of_weeks[week] for week in of_weeks}
    before = step._metadata_accumulator.per_output_metadata
    step._metadata_accumulator = OutputMetadataAccumulator(per_output_metadata={**before, **added})


def run_weeks(context: dg.AssetExecutionContext) -> list[date]:
    """The weeks of a run's partitions."""
    return [date.fromisoformat(key) for key in context.partition_keys]


def tag_weeks(context: dg.AssetExecutionContext, weeks: Sequence[date]) -> None:
    """Marks a run with its weeks, wherever it was started, so that the list of runs can be searched by them."""
    if weeks and "stillhere/week" not in context.run.tags:
        tag = {"stillhere/week": run_tags(weeks[0], weeks[-1])["stillhere/week"]}
        context.instance.add_run_tags(context.run_id, tag)


def checked_weeks(context: dg.AssetExecutionContext, community: Community) -> list[date]:
    """The weeks that a run of checks alone looks at: its own, else every week that was ever computed."""
    if context.has_partition_key_range:
        return run_weeks(context)
    with warehouse.connect(community.home.warehouse, read_only=True) as connection:
        # Not of a report that computes the weeks before its run's too, for others to look back on.
        rows = connection.execute("select distinct week_start from reports.report_headlines order by 1").fetchall()
    return [row[0] for row in rows]


def _props(manifest: Mapping[str, Any], spec: dg.AssetSpec) -> Mapping[str, Any]:
    return manifest["nodes"][spec.metadata["dagster_dbt/unique_id"]]


def _without_hidden_deps(spec: dg.AssetSpec, hidden: Sequence[str]) -> dg.AssetSpec:
    return spec.replace_attributes(deps=[dep for dep in spec.deps if dep.asset_key.path[-1] not in hidden])


def _run_dbt(
    community: Community, selected: set[str], weeks: Sequence[date], of_all_weeks: set[str], log: Callable[[str], None]
) -> list[str]:
    """One dbt call for all selected models; says which model is being computed.

    Where all that all weeks stand on is asked for, and stands, it is left as it is.

    Returns:
        The models' names in the order in which they were built, those that stand in their places.

    Raises:
        BuildError: a model failed; its message is dbt's.
    """
    warehouse.write_control(community.config, community.home, weeks)
    order = dbt_runs.standing_models(community.home) if of_all_weeks <= selected else []
    # Of no weeks, what follows a run's weeks would be computed for nothing.
    standing = [name for name in order if name in selected and (not weeks or name in of_all_weeks)]
    if standing:
        log("Nothing has changed that all weeks stand on: it is not computed again.")
    wanted = dbt_runs.with_run_weeks(selected.difference(standing), expectations.REPORTS)
    done = dbt_runs.Build()
    if wanted:
        done = dbt_runs.build(
            community.home, wanted, lambda name, index, total: progress.say(f"dbt: {name} ({index}/{total})")
        )
    if done.problems:
        raise BuildError(f"dbt failed:\n{dbt_runs.words(done.problems)}")
    if of_all_weeks <= set(done.built):
        dbt_runs.note_standing(community.home, [name for name in done.built if name not in expectations.REPORTS])
    places = {name: place for place, name in enumerate(order)}
    return sorted([*standing, *done.built], key=lambda name: places.get(name, len(places)))


def _check_result(
    key: dg.AssetCheckKey, results: Sequence[expectations.CheckResult], weeks: int, context: dg.AssetExecutionContext
) -> dg.AssetCheckResult:
    """A suite's outcome over the weeks: red where a week is withheld, yellow where one has a warning."""
    failed = [result for result in results if not result.passed]
    critical = [result for result in failed if result.severity == "critical"]
    withheld = sorted({result.week_start for result in critical})
    shown = critical or failed
    checks = len({result.check_name for result in results})
    over = "1 week" if weeks == 1 else f"each of {weeks} weeks"
    if critical:
        more = f" and {len(withheld) - 10} more" if len(withheld) > 10 else ""
        summary = f"Withheld: {', '.join(map(str, withheld[:10]))}{more}. {gate.explain(critical[0])}"
    elif failed:
        summary = f"{checks} expectations checked in {over}; published with {len(failed)} warning(s)."
    else:
        summary = f"All {checks} expectations hold in {over}."
    metadata: dict[str, Any] = {}
    if shown:
        metadata["failed"] = failures(shown)
        for result in shown[:10]:
            context.log.error(gate.explain(result)) if critical else context.log.warning(gate.explain(result))
    metadata["weeks_withheld"] = len(withheld)
    metadata["warnings"] = len(failed) - len(critical)
    # The UI sorts by name: what failed comes first.
    metadata["what_was_checked"] = _table(
        ("expectation", "severity", "holds in", "what is expected"), _tally(results, weeks)
    )
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        description=summary,
        metadata=metadata,
    )


def failures(results: Sequence[expectations.CheckResult]) -> dg.TableMetadataValue:
    """Failed checks as a table: what was observed, what was expected, and where."""
    return _table(
        ("week", "expectation", "observed", "expected", "where"),
        [
            (r.week_start, f"{r.report}.{r.check_name}", r.error or r.observed, r.expected, "; ".join(r.sample_keys))
            for r in results[:50]
        ],
    )


def _tally(results: Sequence[expectations.CheckResult], weeks: int) -> list[tuple[str, str, str, str]]:
    """One row an expectation: in how many of the weeks it holds."""
    by_name: dict[str, list[expectations.CheckResult]] = {}
    for result in results:
        by_name.setdefault(result.check_name, []).append(result)
    return [
        (name, found[0].severity, f"{sum(r.passed for r in found)} of {weeks}", found[0].description)
        for name, found in by_name.items()
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dg.TableMetadataValue:
    records = [dg.TableRecord(dict(zip(columns, map(str, row), strict=True))) for row in rows]
    return dg.TableMetadataValue(records, dg.TableSchema([dg.TableColumn(column) for column in columns]))
