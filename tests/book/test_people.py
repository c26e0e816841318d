"""Persons in the book: nothing readable without the keys, and nothing at all once one is deleted."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url

from freehold.book import people, reviews, schema, vault
from freehold.book import schema_people as tables
from freehold.book.people import Commitment, Wallet
from freehold.book.schema_people import About, Fate
from freehold.core.claims import Claim, commitment
from freehold.core.errors import Broken, Conflict, Invalid, NotFound
from freehold.core.holder import HolderKind, Particulars
from freehold.core.ids import Address
from tests.book.conftest import NOON

ANNA = Particulars(
    "Anna Schmidt-Okonkwo",
    HolderKind.PERSON,
    date(1980, 2, 29),
    "DE",
    ("US", "NG"),
    ("A. Okonkwo",),
    "Lindenallee 7, Potsdam",
    "anna@example.org",
    "12 345 678 903",
)
WORDS = ("Schmidt", "Okonkwo", "Lindenallee", "anna@example", "345 678", "1980-02-29", "accredited")
KEY, OTHER = "11" * 32, "22" * 32
SAFE = vault.open_vault([KEY])
CLAIM = Claim(
    "c-1",
    "accredited",
    "p-1",
    "kane-cpa",
    "sha256:" + "ab" * 32,
    date(2026, 6, 1),
    date(2026, 9, 1),
)
WALLET = Wallet("acme", Address("0x" + "11" * 20), "p-1", Address("0x" + "22" * 20))


@pytest.fixture
def filled(book):
    """A person with everything that the book can know of one."""
    issuer = {"id": "acme", "chain": 1, "name": "Acme", "country": "US", "created_at": NOON}
    with book.transaction() as tx:
        faces = {"register": "0x" + "33" * 20, "registry_face": "0x" + "44" * 20}
        tx.execute(insert(schema.issuer).values(**issuer, **faces))
        people.add(tx, SAFE, "p-1", ANNA, NOON)
        people.add_claim(tx, SAFE, CLAIM, NOON)
        people.add_wallet(tx, WALLET, NOON)
        salt = bytes(range(32))
        shown = Commitment("acme", commitment(salt, [CLAIM]), salt, (CLAIM,))
        people.keep_commitment(tx, SAFE, "p-1", shown, NOON)
        reviews.keep_evidence(tx, SAFE, "p-1", "e-1", {"facts": {"income": "Lindenallee"}}, NOON)
    return book


def stored(book) -> bytes:
    """All that the database keeps, as bytes: its files, or every row as text."""
    if book.engine.dialect.name == "sqlite":
        file = Path(str(make_url(book.engine.url).database))
        parts = [file, file.with_name(file.name + "-wal")]
        return b"".join(part.read_bytes() for part in parts if part.exists())
    with book.reading() as tx:
        rows = [
            tx.execute(text(f"SELECT t::text FROM {name} t")).scalars().all()
            for name in schema.metadata.tables
        ]
    return "\n".join(str(row) for table in rows for row in table).encode()


def test_what_is_written_can_be_read_again(filled):
    with filled.reading() as tx:
        assert people.particulars(tx, SAFE, "p-1") == ANNA
        assert people.claims_of(tx, SAFE, "p-1") == [CLAIM]
        assert people.wallets(tx, "p-1") == [WALLET]
        assert people.person_of(tx, "acme", WALLET.wallet) == WALLET
        assert people.all_particulars(tx, SAFE) == {"p-1": ANNA}


def test_the_database_holds_no_word_of_a_person(filled):
    kept = stored(filled)
    assert b"p-1" in kept
    for word in WORDS:
        assert word.encode() not in kept, word


def test_a_new_version_replaces_what_is_shown(filled):
    moved = replace(ANNA, residence="FR")
    with filled.transaction() as tx:
        people.revise(tx, SAFE, "p-1", moved, NOON)
        assert people.particulars(tx, SAFE, "p-1") == moved
        assert people.all_particulars(tx, SAFE) == {"p-1": moved}


def test_after_erasure_nothing_can_be_read_and_register_facts_stay(filled):
    with filled.reading() as tx:
        wrapped = tx.execute(select(tables.person_key.c.wrapped)).scalar()
        sealed = tx.execute(select(tables.particulars.c.sealed)).scalar()
    with filled.transaction() as tx:
        people.erase(tx, "p-1", NOON)
        people.erase(tx, "p-1", NOON)
    people.forget(filled)
    assert wrapped not in stored(filled)
    assert wrapped.hex().encode() not in stored(filled)
    with filled.reading() as tx:
        for read in (people.particulars, people.claims_of, people.commitments_of):
            with pytest.raises(NotFound, match="the data of p-1 was erased on 2026-11-22"):
                read(tx, SAFE, "p-1")
        with pytest.raises(NotFound, match="erased"):
            reviews.evidence(tx, SAFE, "e-1")
        assert people.all_particulars(tx, SAFE) == {}
        assert people.find(tx, "p-1").erased_at == NOON
        assert people.wallets(tx, "p-1") == [WALLET]
    with pytest.raises(Broken):
        vault.unseal(bytes.fromhex(KEY), "p-1: particulars", sealed)


def test_the_same_person_again_gets_another_key(filled):
    with filled.transaction() as tx:
        people.add(tx, SAFE, "p-2", ANNA, NOON)
        keys = [people.data_key(tx, SAFE, id) for id in ("p-1", "p-2")]
        sealed = tx.execute(select(tables.particulars.c.sealed)).scalars().all()
    assert keys[0] != keys[1]
    assert sealed[0] != sealed[1]


def test_a_commitment_can_be_checked_while_its_salt_lives(filled):
    with filled.transaction() as tx:
        (shown,) = people.commitments_of(tx, SAFE, "p-1")
        assert commitment(shown.salt, shown.claims) == shown.commitment
        people.erase(tx, "p-1", NOON)
        with pytest.raises(NotFound):
            people.commitments_of(tx, SAFE, "p-1")


def test_the_wrong_key_of_the_office_reads_nothing_and_says_which_is_needed(filled):
    wrong = vault.open_vault([OTHER])
    with filled.reading() as tx, pytest.raises(NotFound, match=f"key {SAFE.current}"):
        people.particulars(tx, wrong, "p-1")


def test_a_key_is_changed_without_touching_the_data(filled):
    both, new = vault.open_vault([OTHER, KEY]), vault.open_vault([OTHER])
    with filled.transaction() as tx:
        before = tx.execute(select(tables.particulars.c.sealed)).scalar()
        assert people.rewrap(tx, both) == 1
        assert people.rewrap(tx, both) == 0
        assert tx.execute(select(tables.particulars.c.sealed)).scalar() == before
        assert people.particulars(tx, new, "p-1") == ANNA
        with pytest.raises(NotFound, match="which people_key does not give"):
            people.particulars(tx, SAFE, "p-1")


def test_a_sealed_value_that_is_moved_or_changed_is_noticed(filled):
    of = tables.particulars
    with filled.transaction() as tx:
        people.add(tx, SAFE, "p-2", ANNA, NOON)
        sealed = tx.execute(select(of.c.sealed).where(of.c.person == "p-1")).scalar()
        tx.execute(update(of).where(of.c.person == "p-2").values(sealed=sealed))
        with pytest.raises(Broken, match="was changed, or belongs elsewhere"):
            people.particulars(tx, SAFE, "p-2")
        flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
        tx.execute(update(of).where(of.c.person == "p-1").values(sealed=flipped))
        with pytest.raises(Broken):
            people.particulars(tx, SAFE, "p-1")


def test_a_claim_is_written_once_and_its_end_once(filled):
    day = date(2026, 7, 1)
    with filled.transaction() as tx:
        people.add_claim(tx, SAFE, CLAIM, NOON)
        with pytest.raises(Conflict, match="another claim c-1"):
            people.add_claim(tx, SAFE, replace(CLAIM, issuer="somebody"), NOON)
        for _ in range(2):
            people.end_claim(tx, SAFE, "c-1", Fate.REVOKED, day, "a mistake", NOON)
        with pytest.raises(Conflict, match="revoked as of 2026-07-01"):
            people.end_claim(tx, SAFE, "c-1", Fate.REVOKED, date(2026, 7, 2), "no", NOON)
        assert people.claims_of(tx, SAFE, "p-1") == [replace(CLAIM, revoked=day)]
    assert b"a mistake" not in stored(filled)


def test_a_wallet_belongs_to_one_person(filled):
    with filled.transaction() as tx:
        people.add(tx, SAFE, "p-2", ANNA, NOON)
        people.add_wallet(tx, WALLET, NOON)
        with pytest.raises(Conflict, match="belongs to another person"):
            people.add_wallet(tx, replace(WALLET, person="p-2"), NOON)


def test_an_id_is_given_once(filled):
    with filled.transaction() as tx, pytest.raises(Conflict, match="choose another id"):
        people.add(tx, SAFE, "p-1", ANNA, NOON)


@pytest.mark.parametrize("find", [people.find, people.claim_subject])
def test_who_is_not_here_is_told_so(filled, find):
    with filled.reading() as tx, pytest.raises(NotFound, match="there is no"):
        find(tx, "p-9")


@pytest.mark.parametrize("texts", [[], ["11" * 31], ["xx" * 32], [KEY, "22"]])
def test_a_key_that_is_none_is_refused_without_being_shown(texts):
    with pytest.raises(Invalid) as refused:
        vault.open_vault(texts)
    assert not any(one in str(refused.value) for one in texts)
    assert KEY not in repr(SAFE)


# ---- reviews and tasks ----


def test_a_review_is_opened_once_and_ended_once(filled):
    with filled.transaction() as tx:
        (waiting,) = reviews.reviews(tx, open_alone=True)
        assert (waiting.about, waiting.subject, waiting.approved) == (About.EVIDENCE, "e-1", None)
        ended = reviews.end(tx, SAFE, waiting, False, "vera", "the letter is not signed", NOON)
        assert (ended.approved, ended.reviewer) == (False, "vera")
        assert reviews.why(tx, SAFE, ended) == "the letter is not signed"
        assert reviews.reviews(tx, open_alone=True) == []
        assert reviews.reviews(tx, "p-1", open_alone=False) == [ended]
        with pytest.raises(Conflict, match="was rejected by vera"):
            reviews.end(tx, SAFE, ended, True, "otto", "it is", NOON)
        with pytest.raises(NotFound, match="no review 99"):
            reviews.find(tx, 99)
    assert b"not signed" not in stored(filled)


def test_a_hit_comes_once_for_the_same_entry_and_its_id_says_nothing(filled):
    with filled.transaction() as tx:
        id = people.blind(tx, SAFE, "p-1", "entry A-1")
        assert id == people.blind(tx, SAFE, "p-1", "entry A-1")
        people.add(tx, SAFE, "p-2", ANNA, NOON)
        assert id != people.blind(tx, SAFE, "p-2", "entry A-1")
        assert reviews.keep_hit(tx, SAFE, "p-1", id, {"score": 96}, NOON)
        assert reviews.keep_hit(tx, SAFE, "p-1", id, {"score": 96}, NOON) is None
        assert reviews.hit(tx, SAFE, id) == {"score": 96}
        with pytest.raises(NotFound, match="no screening hit"):
            reviews.hit(tx, SAFE, "none")


def test_tasks_are_noted_once_and_the_most_urgent_comes_first(book):
    with book.transaction() as tx:
        late = reviews.add_task(tx, "report", "h-2", "US-OFAC", date(2026, 12, 9), NOON)
        soon = reviews.add_task(tx, "report", "h-1", "US-OFAC", date(2026, 12, 1), NOON)
        assert reviews.add_task(tx, "report", "h-1", "US-OFAC", date(2027, 1, 1), NOON) == soon
        assert reviews.tasks(tx, open_alone=True) == [soon, late]
        reviews.finish_task(tx, soon.id, NOON)
        assert reviews.tasks(tx, open_alone=True) == [late]
        assert reviews.tasks(tx, open_alone=False)[0].done_at == NOON
        with pytest.raises(NotFound):
            reviews.finish_task(tx, "none", NOON)
