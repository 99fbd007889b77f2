"""What a command loads before it does anything. A module that is added here takes time from everybody who runs the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.startup import write_campaign

#: Runs a command line and prints the modules that are loaded at its end.
PROGRAM = """
import sys
before = set(sys.modules)
from mscode.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code
finally:
    print("loaded:", *(set(sys.modules) - before))
"""
#: Libraries that `validate` needs; `_ruamel_yaml` and `cython_runtime` are of the YAML parser in C, `pycld2` of an extra.
LIBRARIES = {
    "_cython",
    "_ruamel_yaml",
    "annotated_types",
    "click",
    "cython_runtime",
    "phonenumbers",
    "pycld2",
    "pydantic",
    "pydantic_core",
    "ruamel",
    "typing_extensions",
    "typing_inspection",
}
#: The modules of mscode that `validate` of one campaign needs, by package.
MODULES = {
    "app": (
        "ci environment invocation logs policies project_folder rejects schemas service_settings validate "
        "validation_report"
    ),
    "cli": "app asking base cli_args completing options validate values",
    "kinds": (
        "accounts fields fields.calling fields.e164 fields.receivers fields.spec fields.types filters groups "
        "rsvp_calls voice_files"
    ),
    "manifest": (
        "contacts contacts.exclusions format format.grouping load load.common_fields load.context "
        "load.cross_checks load.discovery load.files load.for_each load.loader load.substitute problems "
        "project project.checks project.file project.guards project.service project.state_settings "
        "project.variable_sources project.variables yaml yaml.parser yaml.redaction yaml.source yaml.tree "
        "yaml.written"
    ),
    "model": (
        "address calling_window ci email_address globs kind late_pattern light_dataclass listener_url "
        "local_hours nearest numbers_in_text plurals privacy project_file regions retention secret_spellings "
        "service_facts service_forms service_json shares table_format values world"
    ),
    "plan": (
        "builder change checks checks.allowing checks.audience checks.capacity checks.context checks.cost "
        "checks.email checks.fictional checks.gsm0338 checks.judge checks.language_tables checks.manifest "
        "checks.number_types checks.placeholders checks.reached checks.rule checks.sms checks.speech "
        "checks.spoken_keys checks.spoken_numbers checks.text checks.time checks.written_language guards "
        "guards.do_not_call guards.hours guards.setting inputs launch_facts lifecycle lifecycle.operator_halt "
        "lifecycle.send_status lifecycle.unfit_hours lifecycle.unfit_times people people.exposure "
        "people.list_rows people.match_receivers people.number_lines people.number_zones people.projection "
        "people.reach"
    ),
    "views": (
        "console diagnostics plan plan.reading plan.segments text text.findings text.printable text.width text.wrap"
    ),
}


def _loaded(*arguments: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


def test_the_version_loads_nothing() -> None:
    assert _loaded("--version") == {"__future__", "mscode", "mscode.cli"}


def test_validate_loads_what_one_campaign_needs(tmp_path: Path) -> None:
    write_campaign(tmp_path)
    loaded = _loaded("validate", str(tmp_path))
    needed = {f"mscode.{package}.{name}" for package, names in MODULES.items() for name in names.split()}
    needed |= {f"mscode.{package}" for package in MODULES} | {"mscode", "mscode.cli", "mscode.errors"}
    assert {name for name in loaded if name.partition(".")[0] == "mscode"} <= needed
    libraries = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    # Cython and CPython name their own with versions and platforms.
    libraries = {name for name in libraries if not name.startswith(("_cython_", "_sysconfigdata_"))}
    assert libraries - {"mscode"} <= LIBRARIES


def test_every_module_that_is_named_exists() -> None:
    """A list with old names would allow new ones that nobody has looked at."""
    source = Path(__file__).parents[1] / "src" / "mscode"
    for package, names in MODULES.items():
        for name in names.split():
            path = source / package / name.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), f"{package}.{name}"
