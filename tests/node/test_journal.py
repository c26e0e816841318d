"""The journal alone: what it keeps, what it refuses, and how damage is told."""

from contextlib import closing
from pathlib import Path

import pytest

from freehold.chain.anvil import journal as journals
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.journal import Block
from freehold.core.errors import Broken, Conflict, Invalid


def h(number: int) -> bytes:
    return bytes([number]) * 32


def block(number: int, *transactions: bytes) -> Block:
    return Block(number, h(100 + number), h(200), 1_800_000_000 + number, transactions)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path):  # type: ignore[no-untyped-def]
    opened, _ = journals.open_journal(path, None)
    with closing(opened):
        yield opened


def test_blocks_come_back_with_their_transactions_in_the_order_of_execution(journal) -> None:
    journals.accept(journal, [(h(1), b"one"), (h(2), b"two"), (h(3), b"three")])
    journals.record(journal, block(1, h(2), h(1)))
    journals.record(journal, block(2, h(3)))
    assert [(it, list(raws)) for it, raws in journals.blocks_after(journal, 0)] == [
        (block(1, h(2), h(1)), [b"two", b"one"]),
        (block(2, h(3)), [b"three"]),
    ]
    assert journals.head(journal) == block(2, h(3))


def test_what_is_not_in_a_block_waits_in_the_order_in_which_it_came(journal) -> None:
    journals.accept(journal, [(h(1), b"one"), (h(2), b"two")])
    journals.accept(journal, [(h(3), b"three")])
    journals.record(journal, block(1, h(2)))
    assert journals.waiting(journal) == [(h(1), b"one"), (h(3), b"three")]


def test_the_same_transaction_twice_is_one_row_and_told_when_it_is_mined(journal) -> None:
    assert journals.accept(journal, [(h(1), b"one")]) == set()
    assert journals.accept(journal, [(h(1), b"one")]) == set()
    journals.record(journal, block(1, h(1)))
    assert journals.accept(journal, [(h(1), b"one"), (h(2), b"two")]) == {h(1)}
    assert journals.mined_count(journal) == 1


def test_a_refused_transaction_is_forgotten_but_a_mined_one_never(journal) -> None:
    journals.accept(journal, [(h(1), b"one"), (h(2), b"two")])
    journals.record(journal, block(1, h(1)))
    journals.forget(journal, [h(1), h(2)])
    assert journals.waiting(journal) == []
    assert journals.mined_count(journal) == 1


def test_a_block_with_an_unknown_transaction_is_refused_whole(journal) -> None:
    journals.accept(journal, [(h(1), b"one")])
    with pytest.raises(Broken, match="block 1 holds 2 transactions, 1 of them journalled"):
        journals.record(journal, block(1, h(1), h(9)))
    assert journals.head(journal) is None
    assert journals.waiting(journal) == [(h(1), b"one")]


def test_a_block_that_does_not_follow_the_last_one_is_refused(journal) -> None:
    with pytest.raises(Broken, match="mined block 2, the journal's last is 0"):
        journals.record(journal, block(2))


def test_a_missing_transaction_of_a_block_is_named(journal) -> None:
    journals.accept(journal, [(h(1), b"one")])
    journals.record(journal, block(1, h(1)))
    journal.execute("DELETE FROM tx")
    with pytest.raises(Broken, match=f"lacks transaction 0x{h(1).hex()} of block 1"):
        list(journals.blocks_after(journal, 0))


def test_every_commit_reaches_the_disk(journal) -> None:
    (mode,) = journal.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = journal.execute("PRAGMA synchronous").fetchone()
    assert (mode, synchronous) == ("wal", 2), "2 is FULL"


def test_the_genesis_of_a_journal_stays(path: Path) -> None:
    begun = Genesis(chain_id=99, funded=(("0x" + "Ab" * 20, 5),))
    journals.open_journal(path, begun)[0].close()
    for asked in (None, begun):
        opened, stored = journals.open_journal(path, asked)
        opened.close()
        assert (stored.chain_id, stored.funded) == (99, (("0x" + "ab" * 20, 5),))


def test_another_chain_id_is_refused_with_both_numbers(path: Path) -> None:
    journals.open_journal(path, Genesis(chain_id=99))[0].close()
    with pytest.raises(Conflict, match=r"chain id 5: .* belongs to chain 99; start with chain id"):
        journals.open_journal(path, Genesis(chain_id=5))


def test_another_first_instant_is_refused(path: Path) -> None:
    journals.open_journal(path, Genesis())[0].close()
    with pytest.raises(Conflict, match="began with other funded addresses, block size or first"):
        journals.open_journal(path, Genesis(timestamp=1))


@pytest.mark.parametrize("kept", [0, 100, 5_000, 20_000])
def test_a_truncated_journal_is_broken_in_one_sentence(path: Path, kept: int) -> None:
    opened, _ = journals.open_journal(path, None)
    with closing(opened):
        journals.accept(
            opened, [(bytes([i, j]) * 16, b"x" * 200) for i in range(9) for j in range(99)]
        )
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(Broken, match=r"is damaged .* put back a copy of it"):
        journals.open_journal(path, None)


def test_a_block_taken_out_of_the_middle_is_noticed(journal, path: Path) -> None:
    for number in (1, 2, 3):
        journals.record(journal, block(number))
    journal.execute("DELETE FROM block WHERE number = 2")
    with pytest.raises(Broken, match="holds 2 blocks but numbers them up to 3"):
        journals.open_journal(path, None)


def test_a_journal_of_a_later_format_is_left_alone(journal, path: Path) -> None:
    journal.execute("UPDATE meta SET value = '7' WHERE key = 'format'")
    with pytest.raises(Broken, match="has format 7; this Freehold reads 1"):
        journals.open_journal(path, None)


def test_a_start_cut_off_while_the_journal_was_begun_begins_again(path: Path) -> None:
    path.with_suffix(".new").write_bytes(b"half a file")
    opened, stored = journals.open_journal(path, None)
    with closing(opened):
        assert stored == Genesis()


@pytest.mark.parametrize(
    "wrong",
    [{"chain_id": 0}, {"funded": (("0x12", 1),)}, {"funded": (("0x" + "ab" * 20, -1),)}],
)
def test_an_impossible_genesis_is_invalid(wrong: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(Invalid):
        Genesis(**wrong)
