"""`freehold bench actions`, the part about paying: a million holders, from register to root.

A register of a million holders is written into a projection as following a chain would have left it
(an event each would take minutes, and is measured by `freehold bench ledger`). Then, in a process of
its own and by the wall clock: holdings at the record, a pot divided, tax of each person by what is on
file, the sums proved; the claim file written, its root made, a proof checked by the script that ships
in `examples/`.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from operator import sub
from pathlib import Path
from random import Random

from freehold.core.actions import claim_file
from freehold.core.actions.claim_file import Claim
from freehold.core.actions.entitlement import Forms, Taxed, from_pot, from_rate, taxed
from freehold.core.actions.tax import Form, Payee
from freehold.core.errors import Broken
from freehold.core.facts import Facts, Flags, pack_facts
from freehold.doors.bench.report import Row
from freehold.indexer import read, tables

HOLDERS = 1_000_000
_POT = 123_456_789_012_345_678
_DAY = date(2026, 3, 31)
_TOKEN = "0x" + "B1" * 20
_PAGE = 50_000
_OWN_ACCOUNT = 1
_SCRIPT = Path(__file__).parents[4] / "examples" / "check_claim.py"
_SIGNED = date(2025, 3, 10)
PAYEES = (
    Payee(us_person=False),
    Payee(True, Form.W9, tin_certified=True),
    Payee(True),
    Payee(False, Form.W8BEN, True, _SIGNED, Fraction(15, 100)),
    Payee(False, Form.W8BENE, True, _SIGNED, fatca_exempt=False),
)


def rows() -> Iterator[Row]:
    """Entitlement with tax, claim file and root; every sum is exact or this raises Broken."""
    holders = HOLDERS
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        engine = tables.open_projection(f"sqlite:///{folder}/index.db")
        with engine.begin() as connection:
            write_register(connection, holders)
        engine.dispose()
        asked = [sys.executable, "-m", __name__, folder]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    many = f"{holders:,} holders"
    yield Row(f"{many}: entitlement with tax", found["entitlement"], "s", 10)
    yield Row(f"{many}: entitlement with tax, processor", found["entitlement_processor"], "s")
    yield Row(f"{many}: entitlement with tax, memory", found["entitlement_mib"], "MiB", 2048)
    yield Row(f"{many}: the same at a declared rate", found["rate"], "s", 10)
    yield Row(f"{many}: claim file and root", found["claims"], "s", 60)
    yield Row(f"{many}: claim file and root, processor", found["claims_processor"], "s")
    yield Row(f"{many}: claim file and root, memory", found["claims_mib"], "MiB")
    yield Row("proof checked by examples/check_claim.py", found["checked"], "proofs", 3, "higher")


def write_register(connection: tables.View, holders: int) -> None:
    """Rows of one issuer's register: account 1 is the treasury, every 1,000th person has two
    accounts, a tenth moved units again after they came."""
    random = Random(5)
    register = "0x" + "A1" * 20
    tables.insert(
        connection,
        tables.block,
        [(n, f"0x{n:064x}", f"0x{n - 1:064x}", 100 * n) for n in (1, 2, 3)],
    )
    tables.insert(connection, tables.contract, [(1, register, 1, 0), (2, _TOKEN, 1, 0)])
    last = holders + 1
    for first in range(1, last + 1, _PAGE):
        page = range(first, min(first + _PAGE, last + 1))
        accounts, moves, positions = [], [], []
        for account in page:
            flags = Flags.TREASURY if account == _OWN_ACCOUNT else Flags(0)
            facts = str(pack_facts(Facts(account, 1, flags=flags)))
            accounts.append((1, account, 1, account, f"0x{account:040X}", facts, _person(account)))
            positions.append((2, account, 1, account))
            moves.append((2, account, 1, account, str(random.randrange(1, 10**13)), 0, -1))
            if account % 10 == 0:
                moves.append((2, account, 2, account, str(random.randrange(1, 10**13)), 0, -1))
            if account % 100 == 0:  # after the record: must not count
                moves.append((2, account, 3, account, "5", 0, -1))
        tables.insert(connection, tables.account, accounts)
        tables.insert(connection, tables.position, positions)
        tables.insert(connection, tables.history, moves)


def _person(account: int) -> str:
    if account % 1000 in (500, 501):
        first = account - account % 1000 + 500
        return f"{first} {first + 1}"
    return ""


def _measure(folder: Path) -> dict[str, float]:
    engine = tables.open_projection(f"sqlite:///{folder}/index.db")
    with engine.connect() as connection:
        started, worked = time.perf_counter(), time.process_time()
        what = from_pot(read.holdings(connection, _TOKEN, 2), _POT)
        forms = Forms(PAYEES, {n: n % len(PAYEES) for n in what.holdings.accounts if n % 7})
        found = taxed(what, forms, _DAY)
        _prove(found, _POT)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
    engine.dispose()
    memory = _peak()
    started = time.perf_counter()
    at_rate = from_rate(what.holdings, Fraction(123_457, 1_000_003), _POT * 10**3)
    _prove(taxed(at_rate, forms, _DAY), _POT * 10**3)
    rate = time.perf_counter() - started
    started, worked_on = time.perf_counter(), time.process_time()
    claims = [Claim(one.account, one.gross, one.withheld) for one in found.shares()]
    made = claim_file.tree(claims)
    with (folder / "claims.csv").open("w") as file:
        file.writelines(claim_file.write(claims, made.root))
    seconds_of_claims = time.perf_counter() - started
    worked_on = time.process_time() - worked_on
    places = (0, len(claims) // 2, len(claims) - 1)
    checked = sum(_checks(folder, claims, made, place) for place in places)
    return {
        "entitlement": round(seconds, 1),
        "entitlement_processor": round(worked, 1),
        "entitlement_mib": memory,
        "rate": round(rate, 1),
        "claims": round(seconds_of_claims, 1),
        "claims_processor": round(worked_on, 1),
        "claims_mib": _peak(),
        "checked": checked,
    }


def _prove(found: Taxed, pot: int) -> None:
    what = found.entitlement
    net = sum(map(sub, what.amounts, found.withheld))
    if sum(what.amounts) + what.dust != pot or net + found.withheld_total + what.dust != pot:
        raise Broken("the parts are not the pot")


def _checks(folder: Path, claims: list[Claim], made: claim_file.Tree, place: int) -> bool:
    told = {
        **claims[place]._asdict(),
        "root": made.root,
        "proof": claim_file.proof(made, place),
    }
    file = folder / "proof.json"
    file.write_text(json.dumps(told))
    asked = [sys.executable, "-I", str(_SCRIPT), str(file), made.root]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
