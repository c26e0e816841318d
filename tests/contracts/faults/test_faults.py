"""A test of the tests: a contract with one planted fault must fail them.

Compiling takes its time, so a run plants a few faults drawn by a fixed seed; all of them with
`pytest tests/contracts/faults --all-faults`, as the night run does.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from freehold.chain.compile import CONTRACTS
from tests.contracts.engine import FAULTY
from tests.contracts.faults.fault import Fault
from tests.contracts.faults.planted import FAULTS

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "src/freehold/chain/artifacts"
SAMPLE, SEED = 4, 20261122
PLANTED_IN = {
    "modules/plain.vy": "SecurityToken",
    "modules/rules.vy": "TransferDesk BackOffice",
    "modules/clocks.vy": "TransferDesk BackOffice",
    "modules/moves.vy": "TransferDesk BackOffice",
    "modules/entries.vy": "TransferDesk BackOffice StandardsDesk ActionDesk",
    "modules/splits.vy": "ActionDesk",
    "modules/takeovers.vy": "TransferDesk",
    "modules/answers.vy": "StandardsDesk",
    "modules/persons.vy": "Holders",
    "modules/book.vy": "SecurityToken TransferDesk",
    "modules/powers.vy": "BackOffice",
    "modules/signed.vy": "SecurityToken TransferDesk Holders",
    "modules/acts.vy": "StandardsDesk",
    **{f"modules/{name}.vy": "Ballot" for name in "agenda casting counting proxies".split()},
    "modules/payouts.vy": "Distribution",
    "modules/claiming.vy": "Distribution",
    "modules/coins.vy": "Distribution",
    "modules/remains.vy": "Distribution",
    "modules/plans.vy": "Waterfall",
}
"""Which contracts get the faulty module; compiling all that import it would take too long."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fault" in metafunc.fixturenames:
        everything = metafunc.config.getoption("--all-faults", default=False)
        chosen = FAULTS if everything else Random(SEED).sample(FAULTS, SAMPLE)
        metafunc.parametrize("fault", chosen, ids=[one.breaks for one in chosen])


def test_every_fault_still_fits_its_source():
    assert len(FAULTS) >= 30
    for fault in FAULTS:
        assert (ROOT / "contracts" / fault.file).read_text().count(fault.old) == 1, fault.breaks


def test_a_planted_fault_is_caught(fault: Fault, tmp_path: Path):
    pytest.importorskip("vyper", reason="the compiler is not here: pip install vyper==0.4.3")
    plant(fault, tmp_path)
    build(fault, tmp_path / "contracts", tmp_path / "artifacts")
    run = run_tests(fault, tmp_path / "artifacts")
    assert run.returncode == 1, f"nobody noticed that {fault.breaks}\n{run.stdout[-2000:]}"
    assert " failed" in run.stdout


def plant(fault: Fault, folder: Path) -> None:
    """A copy of the sources with the fault in it."""
    shutil.copytree(ROOT / "contracts", folder / "contracts")
    source = folder / "contracts" / fault.file
    source.write_text(source.read_text().replace(fault.old, fault.new))


def build(fault: Fault, sources: Path, into: Path) -> None:
    """Artifacts of the faulty sources; all other contracts stay as they ship."""
    into.mkdir()
    names = PLANTED_IN.get(fault.file, fault.file.removesuffix(".vy")).split()
    assert all(reaches(sources, f"{name}.vy", fault.file) for name in names)
    script = (
        "import json, sys; from pathlib import Path; from freehold.chain.compile import "
        "compile_contract; [Path(sys.argv[2], n + '.json').write_text(json.dumps("
        "compile_contract(Path(sys.argv[1]), n))) for n in sys.argv[3:]]"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(sources), str(into), *names]
    subprocess.run(command, check=True, env=environment(), capture_output=True)
    for name in set(CONTRACTS) - set(names):
        shutil.copy(SHIPPED / f"{name}.json", into)


def reaches(sources: Path, file: str, changed: str) -> bool:
    """Whether `file` is the changed one or imports it, itself or through modules."""
    if file == changed:
        return True
    found = re.findall(r"^from modules import (\w+)", (sources / file).read_text(), re.M)
    return any(reaches(sources, f"modules/{name}.vy", changed) for name in found)


def run_tests(fault: Fault, built: Path) -> "subprocess.CompletedProcess[str]":
    files = [str(ROOT / "tests/contracts" / name) for name in fault.tests.split()]
    options = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    command = [sys.executable, "-m", "pytest", *options, *files]
    surroundings = environment() | {FAULTY: str(built)}
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)


def environment() -> dict[str, str]:
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    return {k: v for k, v in os.environ.items() if k != "CI"} | {"PYTHONPATH": path}
