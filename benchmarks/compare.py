"""What a plan without changes costs beside Terraform and octoDNS, in one run (`make bench-compare`; `--quick` takes a tenth).

mscode reads 1,000 objects from the sandbox, which answers each request after 50 ms. Terraform is measured twice: with 1,000
objects in a bucket of a local S3 that answers as late (moto, by the provider `aws` where the machine has it), and with 1,000 of its
built-in `terraform_data`, which sends no requests, so that it is the cost of Terraform itself. octoDNS compares 1,000 records in a
YAML file with the same in another one, without a network. What is not on the machine is skipped, and said.

What is compared: wall time, processor time with that of processes that a tool starts, the largest memory of one process, requests.
What is not: Terraform asks for each object by itself, with two requests, since S3 has no list that tells tags; mscode reads lists,
and each group's members. octoDNS has no requests here, checks no people and no times, and its records are smaller than campaigns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bench

OBJECTS = 1_000
#: A local S3, each of whose answers waits as long as the sandbox's do. `/__sent` tells how many requests came since the last look.
LATE_S3 = """
import sys, threading, time
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
backend, sent, lock = DomainDispatcherApplication(create_backend_app), [0], threading.Lock()
def late(environ, respond):
    if environ["PATH_INFO"] == "/__sent":
        respond("200 OK", [("Content-Type", "text/plain")])
        with lock:
            count, sent[0] = sent[0], 0
        return [str(count).encode()]
    with lock:
        sent[0] += 1
    time.sleep(float(sys.argv[1]))
    return backend(environ, respond)
server = make_server("127.0.0.1", 0, late, threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""
BUCKET = """
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}
provider "aws" {{
  region                      = "eu-north-1"
  access_key                  = "local"
  secret_key                  = "local"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {{ s3 = "{url}" }}
}}
resource "aws_s3_bucket" "all" {{ bucket = "all" }}
resource "aws_s3_object" "one" {{
  count   = {count}
  bucket  = aws_s3_bucket.all.id
  key     = "object-${{count.index}}"
  content = "Hello number ${{count.index}}"
}}
"""
BUILT_IN = """
resource "terraform_data" "one" {{
  count = {count}
  input = "Hello number ${{count.index}}"
}}
"""
ZONES = """
providers:
  wanted: {{class: octodns.provider.yaml.YamlProvider, directory: {work}/wanted, default_ttl: 300, enforce_order: false}}
  live: {{class: octodns.provider.yaml.YamlProvider, directory: {work}/live, default_ttl: 300, enforce_order: false}}
zones:
  example.com.: {{sources: [wanted], targets: [live]}}
"""


@dataclass(frozen=True)
class Row:
    """What one tool took; `requests` is None where it has no network."""

    name: str
    cost: bench.Cost
    requests: int | None


def main() -> None:
    parser = argparse.ArgumentParser(description="a plan without changes, beside Terraform and octoDNS")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--terraform", default=shutil.which("terraform") or "", help="the program; default: of PATH")
    parser.add_argument(
        "--plugins", default="", help="the folder of Terraform's providers; default: as Terraform is set up"
    )
    parser.add_argument("--octodns", default=shutil.which("octodns-sync") or "", help="octodns-sync; default: of PATH")
    arguments = parser.parse_args()
    scale = 10 if arguments.quick else 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [of_mscode(folder, scale)]
        if arguments.terraform:
            rows += [
                *of_bucket(folder, arguments.terraform, arguments.plugins, scale),
                of_built_in(folder, arguments.terraform, scale),
            ]
        else:
            print("Terraform: not on this machine, skipped")
        if arguments.octodns:
            rows.append(of_octodns(folder, arguments.octodns, scale))
        else:
            print("octoDNS: not on this machine, skipped")
    for row in rows:
        show(row, rows[0])


def show(row: Row, own: Row) -> None:
    """One line of the table, with mscode's share of each figure."""
    requests = "no" if row.requests is None else f"{row.requests:,}"
    line = f"{row.name}: {row.cost.wall:.2f} s, {row.cost.cpu:.2f} s of the processor, {row.cost.peak:.0f} MiB, {requests} requests"
    if row is not own:
        shares = own.cost.wall / row.cost.wall, own.cost.cpu / row.cost.cpu, own.cost.peak / row.cost.peak
        line += "; mscode takes {:.2f} of its time, {:.2f} of its processor time, {:.2f} of its memory".format(*shares)
    print(line)


def of_mscode(folder: Path, scale: int) -> Row:
    with bench.served(folder) as (url, token):
        project = folder / "project"
        bench.write_project(project, OBJECTS // scale)
        bench.seed_people(url, OBJECTS // scale)
        environment = {**os.environ, "MSCODE_URL": url, "MSCODE_TOKEN": token}
        apply = [*bench.MSCODE, "apply", str(project), "--auto-approve", "--allow-launch", "--parallelism", "50"]
        bench.cost_of("apply", apply, environment)
        plan = [*bench.MSCODE, "plan", str(project), "--detailed-exitcode"]
        bench.measure("plan", plan, url, environment)  # which compiles
        measured = bench.measure("plan", plan, url, environment)
        return Row("mscode plan", measured, measured.requests)


def of_bucket(folder: Path, terraform: str, plugins: str, scale: int) -> Iterator[Row]:
    """Terraform with a provider; nothing where the machine has none."""
    with late_s3() as url:
        work = terraform_project(folder / "bucket", BUCKET.format(url=url, count=OBJECTS // scale))
        init = [terraform, "init", "-input=false", *([f"-plugin-dir={plugins}"] if plugins else [])]
        if subprocess.run(init, cwd=work, capture_output=True, check=False).returncode:
            print("Terraform with objects of a service: the provider aws is not on this machine (--plugins), skipped")
            return
        cost, requests = plan_of(terraform, work, lambda: sent(url))
        yield Row("Terraform, objects in a bucket", cost, requests)


def of_built_in(folder: Path, terraform: str, scale: int) -> Row:
    work = terraform_project(folder / "built-in", BUILT_IN.format(count=OBJECTS // scale))
    subprocess.run([terraform, "init", "-input=false"], cwd=work, capture_output=True, check=True)
    return Row("Terraform, built-in data", plan_of(terraform, work, lambda: 0)[0], None)


def terraform_project(work: Path, text: str) -> Path:
    work.mkdir()
    (work / "main.tf").write_text(text, encoding="utf-8")
    return work


def plan_of(terraform: str, work: Path, requests: Callable[[], int]) -> tuple[bench.Cost, int]:
    """A plan of what has been applied, with the requests that it sent."""
    at, environment = f"-chdir={work}", {**os.environ, "CHECKPOINT_DISABLE": "1"}
    bench.cost_of("terraform apply", [terraform, at, "apply", "-auto-approve", "-input=false"], environment)
    requests()
    cost = bench.cost_of("terraform plan", [terraform, at, "plan", "-detailed-exitcode", "-input=false"], environment)
    return cost, requests()


@contextmanager
def late_s3() -> Iterator[str]:
    command = [sys.executable, "-c", LATE_S3, str(bench.LATENCY_MS / 1000)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def sent(url: str) -> int:
    with urllib.request.urlopen(f"{url}/__sent") as answer:
        return int(answer.read())


def of_octodns(folder: Path, program: str, scale: int) -> Row:
    """The same zone on both sides."""
    work = folder / "zones"
    records = "".join(f"r{i}: {{type: A, value: 192.0.2.{i % 250}}}\n" for i in range(OBJECTS // scale))
    for side in ("wanted", "live"):
        (work / side).mkdir(parents=True)
        (work / side / "example.com.yaml").write_text(f"---\n{records}", encoding="utf-8")
    (work / "config.yaml").write_text(ZONES.format(work=work), encoding="utf-8")
    command = [program, f"--config-file={work / 'config.yaml'}"]
    bench.cost_of("octodns-sync", command)  # which compiles
    return Row("octoDNS", bench.cost_of("octodns-sync", command), None)


if __name__ == "__main__":
    main()
