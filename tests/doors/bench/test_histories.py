"""Random histories end alike in the contracts and in the policy as written, on both local ledgers."""

import pytest

from freehold import config
from freehold.core.reasons import Reason
from freehold.doors.bench import histories_ledger
from freehold.doors.bench.gas_ledger import anvil, embedded
from freehold.doors.bench.histories import CHAIN_CODES, History, begin, next_step
from freehold.doors.bench.histories_ledger import Compared, run

HISTORIES, STEPS, SEED = 100, 50, 11
"""The size of the test command; `freehold bench policy` takes 2,000 histories."""


@pytest.fixture(scope="module")
def on_embedded() -> Compared:
    with embedded() as ledger:
        return run(ledger, HISTORIES, STEPS, SEED)


def test_every_outcome_code_and_lot_is_what_the_policy_says(on_embedded: Compared) -> None:
    assert not on_embedded.differences, "\n".join(on_embedded.differences[:10])
    assert on_embedded.steps == HISTORIES * STEPS
    missing = CHAIN_CODES - set(on_embedded.codes)
    assert not missing, f"codes that no history reached: {sorted(missing)}"


@pytest.mark.needs("anvil")
def test_the_same_histories_end_alike_on_anvil(on_embedded: Compared) -> None:
    with anvil(config.load().home) as ledger:
        found = run(ledger, HISTORIES, STEPS, SEED)
    assert not found.differences
    assert found.codes == on_embedded.codes


def test_a_wrong_expectation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plants a fault in the model: it takes every code that refuses for another one."""

    def wrong(history: History) -> object:
        step = next_step(history)
        code = Reason.PAUSED if step.code not in (0, 100) else step.code
        return type(step)(step.what, step.acts, int(code), step.happens)

    monkeypatch.setattr(histories_ledger, "next_step", wrong)
    with embedded() as ledger:
        found = run(ledger, 3, 12, SEED)
    assert any("100 expected" in one for one in found.differences)


def test_histories_are_the_same_for_the_same_seed() -> None:
    one, two = begin(3, SEED, 20_000), begin(3, SEED, 20_000)
    assert [next_step(one).what for _ in range(30)] == [next_step(two).what for _ in range(30)]
