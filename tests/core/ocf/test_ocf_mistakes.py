"""A mistake planted into a good package is named, alone and at its place, and nothing is read."""

import json
from collections.abc import Callable

import pytest

from freehold.core import ocf
from freehold.core.errors import Invalid
from tests.core.ocf.worlds import (
    Item,
    deed,
    grant,
    holder,
    issuance,
    northwind,
    package,
    split,
    stock_class,
)

Change = Callable[[dict[str, Item], list[Item]], None]


def put(key: str, /, **fields: object) -> Change:
    """Set fields of the transaction with this id."""
    return lambda by_id, items: by_id[key].update(fields)


def drop(key: str, field: str) -> Change:
    return lambda by_id, items: by_id[key].__delitem__(field)


def remove(key: str) -> Change:
    return lambda by_id, items: items.remove(by_id[key])


def add(item: Item) -> Change:
    return lambda by_id, items: items.append(item)


TRANSFER = deed(
    "STOCK_TRANSFER",
    "again",
    "2024-06-20",
    security_id="cs-1",
    quantity="1",
    resulting_security_ids=["z"],
)
PLANTED: list[tuple[str, Change, str, str]] = [
    ("unknown stakeholder", put("issue-ss-2", stakeholder_id="nobody"), "stakeholder_id", "nobody"),
    ("unknown class", put("issue-w-1", stakeholder_id="x"), "stakeholder_id", "'x'"),
    ("negative quantity", put("issue-sa-2", quantity="-1"), "quantity", "is negative"),
    ("fraction of a share", put("issue-sa-2", quantity="1.5"), "quantity", "1 decimal places"),
    ("no number", put("issue-sa-2", quantity="many"), "quantity", "not a decimal string"),
    ("number without quotes", put("issue-sa-2", quantity=5), "quantity", "not a decimal string"),
    ("zero", put("issue-sa-2", quantity="0"), "quantity", "is zero"),
    ("no such day", put("issue-sa-2", date="2023-02-30"), "date", "is not a date"),
    ("missing field", drop("issue-sa-2", "custom_id"), "custom_id", "is missing"),
    (
        "unknown currency",
        put("repurchase-cs-3", price={"amount": "1", "currency": "ZZZ"}),
        "price",
        "ZZZ",
    ),
    ("unknown word", put("issue-safe-1", convertible_type="GIFT"), "convertible_type", "none of"),
    ("transaction id twice", put("issue-sa-2", id="issue-sa-1"), "id", "another object has the id"),
    (
        "security issued twice",
        put("issue-w-1", security_id="rsu-1"),
        "security_id",
        "issued before",
    ),
    ("unknown security", put("retract-cs-4", security_id="cs-99"), "security_id", "'cs-99'"),
    (
        "option transferred as stock",
        put("retract-cs-4", security_id="eo-3"),
        "security_id",
        "not stock",
    ),
    ("too much authorised", put("issue-ss-2", quantity="1375001"), "quantity", "2000001 units"),
    (
        "limit below what exists",
        put("authorise-common", new_shares_authorized="3099999"),
        "new_shares_authorized",
        "3099999 are authorised",
    ),
    ("sum of a transfer", put("transfer-cs-1", quantity="59999"), "quantity", "do not add up"),
    ("balance of a transfer", put("issue-cs-6", quantity="240001"), "quantity", "do not add up"),
    (
        "result of a transfer",
        put("issue-cs-5", quantity="60001"),
        "resulting_security_ids",
        "they sum to 60001",
    ),
    (
        "balance of a cancellation",
        put("cancel-cs-7", quantity="99999"),
        "quantity",
        "do not add up",
    ),
    (
        "balance of a repurchase",
        put("repurchase-cs-3", quantity="40001"),
        "quantity",
        "do not add up",
    ),
    (
        "balance of a conversion",
        put("convert-ss-1", quantity_converted="1"),
        "quantity_converted",
        "do not add up",
    ),
    ("balance of an option", put("cancel-eo-2", quantity="50001"), "quantity", "do not add up"),
    (
        "balance left out",
        drop("cancel-cs-7", "balance_security_id"),
        "quantity",
        "without a balance security",
    ),
    (
        "more than there is",
        put("cancel-cs-7", quantity="1600000"),
        "quantity",
        "more than 'cs-7' has",
    ),
    (
        "sum of a reissuance",
        put("issue-sa-7", quantity="300001"),
        "resulting_security_ids",
        "they sum to 800001",
    ),
    (
        "sum after a split",
        put("issue-cs-7", quantity="1500001"),
        "resulting_security_ids",
        "they sum to 1500001",
    ),
    (
        "reissued before the split",
        put("reissue-cs-2", split_transaction_id="none"),
        "split_transaction_id",
        "'none'",
    ),
    (
        "consolidated into more",
        put("issue-cs-15", quantity="75001"),
        "resulting_security_id",
        "they sum to 75001",
    ),
    (
        "exercised into more",
        put("issue-cs-10", quantity="50001"),
        "resulting_security_ids",
        "they sum to 50001",
    ),
    (
        "exercised beyond the grant",
        put("exercise-eo-1b", quantity="150001"),
        "quantity",
        "are more than 'eo-1' has",
    ),
    (
        "exercised into another class",
        put("issue-cs-13", stock_class_id="series-a"),
        "resulting_security_ids",
        "is of 'series-a'",
    ),
    ("result missing", remove("issue-cs-5"), "resulting_security_ids", "'cs-5'"),
    ("balance missing", remove("issue-sa-5"), "balance_security_id", "'sa-5'"),
    (
        "acted on before its issue",
        put("retract-cs-4", date="2021-09-09"),
        "date",
        "2021-09-09 is before",
    ),
    (
        "accepted before its issue",
        put("accept-cs-1", date="2021-03-14"),
        "date",
        "2021-03-14 is before",
    ),
    (
        "result on another day",
        put("issue-cs-5", date="2022-01-11"),
        "resulting_security_ids",
        "2022-01-11",
    ),
    (
        "result before the exercise",
        put("issue-cs-13", date="2023-11-14"),
        "resulting_security_ids",
        "before this",
    ),
    (
        "balance in another hand",
        put("issue-sa-5", stakeholder_id="helen-okafor"),
        "balance_security_id",
        "has not the holder",
    ),
    (
        "reissued to another",
        put("issue-sa-6", stakeholder_id="helen-okafor"),
        "resulting_security_ids",
        "is held by",
    ),
    (
        "converted into itself",
        put("issue-cs-11", stock_class_id="series-seed"),
        "resulting_security_ids",
        "into itself",
    ),
    (
        "used up already",
        add(TRANSFER | {"resulting_security_ids": ["safe-2"]}),
        "resulting_security_ids",
        "'safe-2'",
    ),
    (
        "split of nothing",
        put("split-common", split_ratio={"numerator": "0", "denominator": "1"}),
        "split_ratio",
        "not a positive",
    ),
]


def planted(change: Change) -> dict[str, str]:
    texts = northwind()
    document = json.loads(texts["Transactions.ocf.json"])
    change({item["id"]: item for item in document["items"]}, document["items"])
    return texts | {"Transactions.ocf.json": json.dumps(document)}


@pytest.mark.parametrize(
    ("change", "field", "words"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED]
)
def test_a_planted_mistake_is_the_only_one_named(change, field, words):
    _, mistakes = ocf.inspect(planted(change))
    assert len(mistakes) == 1, [str(mistake) for mistake in mistakes]
    assert mistakes[0].place.startswith("Transactions.ocf.json: item ")
    assert mistakes[0].place.endswith(f": {field}")
    assert words in mistakes[0].message


def mistakes_of(texts: dict[str, str]) -> list[str]:
    return [str(mistake) for mistake in ocf.inspect(texts)[1]]


def test_a_security_used_up_cannot_be_acted_on_again():
    second = deed("STOCK_RETRACTION", "late", "2021-02-01", security_id="s1")
    first = deed("STOCK_CANCELLATION", "c", "2021-01-05", security_id="s1", quantity="5")
    texts = package([issuance("s1", "2021-01-01", "ann", "5"), first, second])
    assert mistakes_of(texts) == [
        (
            "Transactions.ocf.json: item 3 (late): date: "
            "the security 's1' was used up by 'c' on 2021-01-05"
        )
    ]


def test_two_mistakes_on_separate_securities_are_both_named():
    texts = planted(
        lambda ids, items: (
            put("transfer-cs-1", quantity="1")(ids, items),
            put("issue-sa-7", quantity="1")(ids, items),
        )[0]
    )
    assert len(mistakes_of(texts)) == 2


def test_all_mistakes_reach_the_caller_and_nothing_is_read():
    with pytest.raises(Invalid) as refused:
        ocf.read(planted(put("issue-sa-2", quantity="-1", stakeholder_id="nobody")))
    assert [m.place.rsplit(": ", 1)[1] for m in refused.value.mistakes] == [
        "stakeholder_id",
        "quantity",
    ]
    assert refused.value.message == "the cap table has 2 mistakes; nothing was read"


def test_a_security_that_comes_only_from_itself_is_named():
    items = [
        deed(
            "STOCK_REISSUANCE", "a", "2021-01-01", security_id="s1", resulting_security_ids=["s2"]
        ),
        deed(
            "STOCK_REISSUANCE", "b", "2021-01-01", security_id="s2", resulting_security_ids=["s1"]
        ),
        issuance("s1", "2021-01-01", "ann", "5"),
        issuance("s2", "2021-01-01", "ann", "5"),
    ]
    assert all("come into being only by what it makes" in m for m in mistakes_of(package(items)))


def test_a_security_made_twice_is_named():
    items = [
        issuance("s1", "2021-01-01", "ann", "5"),
        issuance("s2", "2021-01-01", "ann", "5"),
        deed(
            "STOCK_REISSUANCE", "a", "2021-01-02", security_id="s1", resulting_security_ids=["s3"]
        ),
        deed(
            "STOCK_REISSUANCE", "b", "2021-01-02", security_id="s2", resulting_security_ids=["s3"]
        ),
        issuance("s3", "2021-01-02", "ann", "5"),
    ]
    assert "is made by 'a' already" in mistakes_of(package(items))[0]


def test_units_beyond_the_limit_after_a_split_of_it_are_refused():
    limit = [stock_class("common", "10")]
    good = [issuance("s1", "2021-01-01", "ann", "10"), split("x", "2021-02-01", "2")]
    assert mistakes_of(package(good, limit)) == []
    more = [*good, issuance("s2", "2021-02-02", "ben", "1")]
    assert (
        "21 units of 'common' would exist on 2021-02-02, 20 are authorised"
        in mistakes_of(package(more, limit))[0]
    )


def test_two_missing_results_of_one_exercise_cannot_be_implied():
    exercise = deed(
        "EQUITY_COMPENSATION_EXERCISE",
        "e",
        "2022-01-01",
        security_id="g1",
        quantity="5",
        resulting_security_ids=["s1", "s2"],
    )
    assert len(mistakes_of(package([grant("g1", "2021-01-01", "ann", "20"), exercise]))) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "no JSON object"),
        ("{", "not JSON"),
        ('{"file_type": "OCF_TRANSACTIONS_FILE"}', "not a list of objects"),
        ('{"file_type": "OCF_SONGS_FILE", "items": []}', "no OCF file type"),
        ('{"file_type": "OCF_TRANSACTIONS_FILE", "items": [7]}', "no object type"),
        ('{"file_type": "OCF_TRANSACTIONS_FILE", "items": [{"a": 1, "a": 2}]}', "stands twice"),
        ('{"file_type": "OCF_TRANSACTIONS_FILE", "items": [NaN]}', "is not a number"),
        ("[" * 200_000, "not JSON"),
        (
            json.dumps({"file_type": "OCF_TRANSACTIONS_FILE", "items": [holder("dan")]}),
            "does not belong",
        ),
    ],
)
def test_a_file_that_is_no_ocf_file_is_named(text, words):
    mistakes = mistakes_of(package([]) | {"Transactions.ocf.json": text})
    assert (
        len(mistakes) == 1
        and mistakes[0].startswith("Transactions.ocf.json")
        and words in mistakes[0]
    )


def test_a_package_without_a_manifest_is_refused_not_crashed_on():
    texts = package([])
    del texts["Manifest.ocf.json"]
    assert "one file of type OCF_MANIFEST_FILE is needed" in mistakes_of(texts)[0]
    assert mistakes_of({}) and mistakes_of({"a": "null"})


def test_a_listed_file_that_is_missing_is_named():
    texts = package([])
    del texts["Classes.ocf.json"]
    assert mistakes_of(texts) == [
        "Manifest.ocf.json: stock_classes_files[0]: the file Classes.ocf.json is missing"
    ]


def test_a_country_that_does_not_exist_is_named_with_its_holder():
    texts = package([])
    document = json.loads(texts["Holders.ocf.json"])
    document["items"][1]["addresses"] = [{"address_type": "LEGAL", "country": "XX"}]
    texts["Holders.ocf.json"] = json.dumps(document)
    assert mistakes_of(texts) == [
        (
            "Holders.ocf.json: item 2 (ben): addresses: country: "
            "country 'XX' is not an ISO 3166 country code such as DE"
        )
    ]


def test_units_that_were_redeemed_make_room_under_the_limit():
    items = [
        issuance("s1", "2021-01-01", "ann", "10"),
        deed("STOCK_REPURCHASE", "r", "2021-02-01", security_id="s1", quantity="10"),
        issuance("s2", "2021-02-02", "ben", "10"),
    ]
    assert mistakes_of(package(items, [stock_class("common", "10")])) == []


def test_units_that_were_converted_make_room_under_the_limit():
    items = [
        issuance("s1", "2021-01-01", "ann", "10"),
        deed(
            "STOCK_CONVERSION",
            "c",
            "2021-02-01",
            security_id="s1",
            quantity_converted="10",
            resulting_security_ids=["p1"],
        ),
        issuance("p1", "2021-02-01", "ann", "10", "other"),
        issuance("s2", "2021-02-02", "ben", "10"),
    ]
    classes = [stock_class("common", "10"), stock_class("other", "9")]
    assert len(mistakes_of(package(items, classes))) == 1
    assert mistakes_of(package(items, [classes[0], stock_class("other", "10")])) == []


def test_an_exercise_with_one_result_missing_implies_what_the_other_leaves():
    exercise = deed(
        "EQUITY_COMPENSATION_EXERCISE",
        "e",
        "2022-01-01",
        security_id="g1",
        quantity="5",
        resulting_security_ids=["s1", "s2"],
    )
    items = [grant("g1", "2021-01-01", "ann", "20"), exercise]
    file, mistakes = ocf.inspect(package([*items, issuance("s1", "2022-01-01", "ann", "2")]))
    assert mistakes == ()
    assert any("no issuance makes 's2'; 3 units" in str(notice) for notice in file.notices)
