"""Lints: each of the eighteen stops or warns about the policy it is for, and lets its neighbour pass."""

from datetime import date
from typing import Any

import pytest

from freehold.core.errors import Invalid
from freehold.core.policy.compile import compile_policy
from freehold.core.policy.identity import policy_id
from freehold.core.policy.lint import lint_published
from freehold.core.policy.model import Policy
from freehold.core.policy.parse import parse_policy
from freehold.core.reasons import Reason
from freehold.desks.rules.policies import shipped_profiles

TODAY = date(2026, 11, 26)
SWISS = """
[profile."ch.ledger_973d"]
registration_agreement = "sha256:aa"
terms = "sha256:bb"
"""
FUND = """
[questions]
holds_securities = "yes"
holds_commodity_interests = "no"
"""


def _text(use: str, rest: str = "", head: str = "") -> str:
    names = ", ".join(f'"{name}"' for name in use.split())
    return f'[policy]\nname = "x"\nas_of = 2026-11-22\nuse = [{names}]\n{head}\n{rest}'


def _policy(text: str, today: date = TODAY) -> Policy:
    return parse_policy(text, shipped_profiles(), today).policy


def _mistakes(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        _policy(text)
    return [str(one) for one in refused.value.mistakes]


OFFSHORE_506 = "us.reg_d.506c us.reg_s.cat3"
STOPS: list[tuple[str, str, str]] = [
    (
        "L1",
        _text("us.reg_d.506b", head="public_marketing = true"),
        _text("us.reg_d.506c", head="public_marketing = true"),
    ),
    (
        "L2",
        _text(
            "us.reg_d.506c",
            '[profile."us.reg_d.506c"]\nnon_accredited_purchasers = true',
        ),
        _text("us.reg_d.506c", '[profile."us.reg_d.506c"]\nnon_accredited_purchasers = false'),
    ),
    (
        "L2",
        _text(
            "us.reg_d.506c",
            '[[prohibitions]]\nid = "506c.issue"\nkinds = ["issue"]\nwhen = "receiver.qib"\n'
            'code = "NOT_ACCREDITED"',
        ),
        _text("us.reg_d.506c"),
    ),
    ("L3", _text("us.reg_cf us.ica.3c1", FUND), _text("us.reg_d.506c us.ica.3c1", FUND)),
    ("L3", _text("us.reg_a.tier2 us.ica.3c7", FUND), _text("us.reg_a.tier2")),
    (
        "L4",
        _text("us.reg_s.cat3", '[profile."us.reg_s.cat3"]\nperiod = "P6M"'),
        _text(
            "us.reg_s.cat3", '[profile."us.reg_s.cat3"]\nperiod = "P6M"\n[issuer]\nreporting = true'
        ),
    ),
    ("L5", _text("us.reg_s.cat1"), _text("us.reg_s.cat1", "[issuer]\ndomestic = false")),
    ("L5", _text("us.reg_s.cat2"), _text("us.reg_s.cat2", '[issuer]\nsecurity = "debt"')),
    (
        "L6",
        _text("us.reg_s.cat3", '[vintages.S]\nreg_s = "P1Y"'),
        _text("us.reg_s.cat3", '[vintages.S]\nreg_s = "P1Y"\nrule_144 = [6, 12]'),
    ),
    (
        "L7",
        _text("us.ica.3c7", FUND + '[profile."us.ica.3c7"]\nothers = ["accredited"]'),
        _text(
            "us.ica.3c7",
            FUND + '[profile."us.ica.3c7"]\nothers = ["knowledgeable_employee"]',
        ),
    ),
    (
        "L8",
        _text("ch.ledger_973d", SWISS + '[powers]\nforce_transfer = {holder = "issuer"}'),
        _text("ch.ledger_973d", SWISS + '[powers]\nburn = {holder = "independent_agent"}'),
    ),
    (
        "L9",
        _text("us.12g", '[caps]\nfew = {group = "all", limit = 0, code = "MAX_HOLDERS"}'),
        _text("us.12g", '[caps]\nfew = {group = "all", limit = 1, code = "MAX_HOLDERS"}'),
    ),
    ("L9", _text("us.12g", '[profile."us.12g"]\nmax_holders = 0'), _text("us.12g")),
    (
        "L10",
        _text(
            "us.12g",
            '[[prohibitions]]\nid = "x"\nwhen = "receiver.accredited"\nuntil = "some day"\n'
            'code = "CONTRACT_LOCKUP"',
        ),
        _text("us.12g"),
    ),
    (
        "L10",
        _text(
            "us.12g",
            '[[prohibitions]]\nid = "x"\nwhen = "receiver.accredited"\nuntil = "lock"',
        ),
        _text(
            "us.12g",
            '[[prohibitions]]\nid = "x"\nwhen = "receiver.accredited"\nuntil = "lock"\n'
            '[vintages.F]\nnumber = 50\nlock = "P6M"',
        ),
    ),
    (
        "L11",
        _text("us.12g", "[vintages.F]\nnumber = 50\nrule_144 = [6, 12]"),
        _text("us.12g us.resale", "[vintages.F]\nnumber = 50\nrule_144 = [6, 12]"),
    ),
    (
        "L12",
        _text("us.12g", '[[attributes]]\nname = "member"\nwhen = "natural"\ncode = "KYC_MISSING"'),
        _text(
            "us.12g",
            '[[attributes]]\nname = "member"\nwhen = "natural"\ncode = "KYC_MISSING"\n'
            'lapses = "P1Y"',
        ),
    ),
    (
        "L12",
        _text("us.12g", "[claims.accredited]"),
        _text("us.12g", '[claims.accredited]\nttl = "P90D"'),
    ),
    (
        "L13",
        _text("us.12g", '[publication]\nfields = ["country", "date_of_birth"]'),
        _text("us.12g", '[publication]\nfields = ["country"]'),
    ),
    (
        "L15",
        _text("de.ewpg"),
        _text("de.ewpg", '[powers]\ncorrect = {holder = "registrar"}'),
    ),
    (
        "L15",
        _text(
            "de.ewpg",
            '[powers]\ncorrect = {holder = "registrar"}\n[profile."de.ewpg"]\nextract_job = false',
        ),
        _text("de.ewpg", '[powers]\ncorrect = {holder = "registrar"}'),
    ),
    (
        "L16",
        _text("eu.csdr", '[venue]\nmode = "mtf"'),
        _text("eu.csdr", '[venue]\nmode = "mtf"\ncsd = "Clearstream"'),
    ),
    (
        "L16",
        _text("eu.csdr", '[venue]\nmode = "mtf"'),
        _text("eu.csdr eu.dlt_pilot", '[venue]\nmode = "mtf"'),
    ),
]


@pytest.mark.parametrize(("lint", "wrong", "right"), STOPS)
def test_a_lint_stops_its_policy_and_lets_the_neighbour_pass(
    lint: str, wrong: str, right: str
) -> None:
    found = _mistakes(wrong)
    assert any(f"{lint}: " in one for one in found), found
    _policy(right)


def test_offerings_close_together_with_different_marketing_warn() -> None:
    offerings = """
[[offerings]]
name = "seed"
began = 2026-01-05
ended = 2026-03-01
solicited = false
[[offerings]]
name = "series a"
began = {began}
solicited = true
"""
    near, far = (
        parse_policy(_text("us.12g", offerings.format(began=day)), shipped_profiles(), TODAY)
        for day in ("2026-03-31", "2026-04-01")
    )
    assert [one.id for one in near.warnings] == ["L17"]
    assert not far.warnings
    alike = offerings.replace("true", "false").format(began="2026-03-31")
    assert not parse_policy(_text("us.12g", alike), shipped_profiles(), TODAY).warnings


def test_an_old_profile_warns_on_the_day_after_180_days() -> None:
    text = _text("us.12g")
    fresh = parse_policy(text, shipped_profiles(), date(2027, 5, 21))
    old = parse_policy(text, shipped_profiles(), date(2027, 5, 22))
    assert not fresh.warnings
    assert {one.id for one in old.warnings} == {"L18"}


def test_a_class_of_few_persons_shown_with_its_country_warns() -> None:
    policy = _policy(_text("us.12g", '[publication]\nfields = ["country"]'))
    first, second = (one.id for one in policy.classes)
    assert [one.place for one in lint_published(policy, {first: 5, second: 4})] == [
        f"classes.{policy.classes[1].name}"
    ]
    assert not lint_published(_policy(_text("us.12g")), {second: 4})
    limited = _policy(_text("us.12g", '[countries]\nforbidden = ["KP"]'))
    assert lint_published(limited, {second: 4})  # the chain has to know where holders are


def test_a_swiss_policy_is_refused_with_its_code() -> None:
    from freehold.core.policy.parse import expand, read_toml

    text = _text("ch.ledger_973d", SWISS + '[powers]\nforce_transfer = {holder = "issuer"}')
    _, found = expand(read_toml(text, "x"), shipped_profiles(), TODAY)
    assert [(one.id, one.code) for one in found] == [("L8", Reason.POWER_NOT_PERMITTED)]


def test_every_mistake_is_listed_with_line_and_key() -> None:
    text = _text(
        "us.12g us.nothing",
        '[isuer]\ndomestic = true\n[caps]\nx = {limit = 0}\n[venue]\nmode = "souk"\n'
        '[[tests]]\nid = "t"\nat = "noon"\nneeds = "incom > 1"\ncode = "NOT_QIB"',
    )
    found = _mistakes(text)
    for part in ("isuer", "us.nothing", "L9: is 0", "souk", "noon", "incom"):
        assert any(part in one for one in found), (part, found)
    assert any(one.startswith("policy:9: caps.x.limit") for one in found), found


def test_a_question_without_an_answer_keeps_a_policy_off_the_chain() -> None:
    open_one = _policy(_text("us.reg_d.506c us.ica.3c1"))
    with pytest.raises(Invalid) as refused:
        compile_policy(open_one)
    assert {one.place for one in refused.value.mistakes} == {
        "questions.holds_securities",
        "questions.holds_commodity_interests",
    }
    compile_policy(_policy(_text("us.reg_d.506c us.ica.3c1", FUND)))


def test_keys_in_another_order_give_the_same_policy_id_and_a_changed_value_another() -> None:
    one = '[issuer]\nreporting = false\ndomestic = true\n[venue]\nmode = "none"\n'
    other = '[venue]\nmode = "none"\n[issuer]\ndomestic = true\nreporting = false\n'
    ids = {policy_id(_policy(_text("us.12g", rest))) for rest in (one, other, "")}
    assert len(ids) == 1
    changed = _policy(_text("us.12g", '[profile."us.12g"]\nmax_holders = 1_998'))
    assert policy_id(changed) not in ids


def test_consent_is_asked_on_chain_and_silence_approves_after_its_time() -> None:
    from freehold.core.policy.gate import judge
    from freehold.core.policy.model import Stage

    rest = '[consent]\nrequired = true\nsilence = "P3M"\non_silence = "approved"'
    policy = _policy(_text("us.12g", rest))
    compiled = compile_policy(policy)
    assert Reason.ISSUER_CONSENT_REQUIRED in set(compiled.rules.why.values())
    asked: dict[str, Any] = {
        "proof": "issuer_consent",
        "consented": False,
        "refused": False,
        "asked_day": date(2026, 1, 31),
    }
    early = judge(policy, Stage.ATTEST, asked | {"today": date(2026, 4, 30)})
    assert early.code == Reason.ISSUER_CONSENT_REQUIRED
    assert judge(policy, Stage.ATTEST, asked | {"today": date(2026, 5, 1)}).allowed
    assert not judge(
        policy, Stage.ATTEST, asked | {"today": date(2026, 5, 1), "refused": True}
    ).allowed


def test_the_family_of_what_affiliates_sell_needs_its_clock() -> None:
    wrong = _text("us.reg_d.506c", '[vintages.R]\nlock = "P1Y"\n[[prohibitions]]\nid = "x"\n'
                  'until = "lock"\nwhen = "True"')  # fmt: skip
    with pytest.raises(Invalid) as refused:
        compile_policy(_policy(wrong))
    assert [one.place for one in refused.value.mistakes] == ["vintages.R"]


def test_a_code_that_no_lot_would_give_is_refused_and_not_ignored() -> None:
    lock = '[[prohibitions]]\nid = "x"\nwhen = "True"\nuntil = "lock"\n'
    family = '[vintages.F]\nnumber = 50\nlock = "P6M"'
    with pytest.raises(Invalid) as told:
        _policy(_text("us.12g", f'{lock}code = "SFA_SIX_MONTHS"\n{family}'))
    assert "lock_code" in str(told.value.mistakes[0])
    _policy(_text("us.12g", lock + family))
