"""What an issuer writes into his policy beside the profiles he uses: settings and rules of his own.

Settings (`[issuer]`, `[venue]`, `[consent]`, `[powers]`) are settled before profiles are expanded, so
that their rules can depend on them; rules of his own come after, and one with the id of a profile's
rule takes its place.
"""

from collections.abc import Iterator
from dataclasses import replace

from freehold.core.errors import Invalid
from freehold.core.policy.expression import TRUE, Bound, Fact, parse_expression
from freehold.core.policy.model import (
    Cap,
    Countries,
    HolderClass,
    Offering,
    Period,
)
from freehold.core.policy.profile import Bindings, Draft, Rules, gather, parse_period
from freehold.core.policy.reading import Table

POWERS = ("pause", "freeze", "force_transfer", "burn", "recover", "correct")
VENUES = (
    "none",
    "bulletin_board",
    "ats",
    "exchange",
    "mtf",
    "otf",
    "regulated_market",
    "dlt_mtf",
    "dss",
)
PUBLISHABLE = ("country",)
PERSONAL = frozenset(
    "name address date_of_birth birth nationality citizenship tax_id passport email phone income"
    " net_worth evidence documents sanctions family iban".split()
)
"""Fields that never go on chain (docs/concepts/policies.md): L13."""


def read_settings(draft: Draft, table: Table) -> None:
    """The settings that rules may depend on, as constants for their conditions."""
    draft.issuer = _issuer(table.table("issuer"))
    settled: dict[str, Bound] = {}
    for key, value in draft.issuer.items():
        assert isinstance(value, bool | str), "read below"
        settled[f"issuer.{key}"] = value
    venue = table.table("venue")
    mode = venue.text("mode", "none")
    if mode not in VENUES:
        venue.note("mode", f"{mode!r} is none of {', '.join(VENUES)}")
    settled |= {"venue.mode": mode, "venue.csd": venue.text("csd", "")}
    venue.finish()
    powers = {name: one.text("holder", "") for name, one in table.named("powers")}
    settled |= {f"powers.{name}": powers.get(name, "") for name in POWERS}
    for name in powers.keys() - set(POWERS):
        table.report.add(("powers", name), f"is no power: {', '.join(POWERS)}")
    settled["policy.public_marketing"] = draft.public_marketing
    draft.settled |= settled


def _issuer(table: Table) -> dict[str, Fact]:
    country = table.text("country", "US")
    facts: dict[str, Fact] = {
        "country": country,
        "domestic": table.yes("domestic", country == "US"),
        "reporting": table.yes("reporting", False),
        "shell": table.yes("shell", False),
        "security": table.text("security", "equity"),
        "listed": table.yes("listed", False),
    }
    if facts["security"] not in ("equity", "debt", "fund_units"):
        table.note("security", f"{facts['security']!r} is none of equity, debt, fund_units")
    table.finish()
    return facts


def own_rules(rules: Rules, table: Table) -> None:
    """The issuer's own rules: the same tables as in a profile, caps, powers and vintages by name."""
    draft = rules.draft
    gather(draft.families, _vintages(rules, table), "id")
    rules.read_lists(table)
    gather(draft.caps, (_cap(rules, name, one) for name, one in table.named("caps")), "id")
    for name, one in table.named("powers"):
        values = {"name": name, **one.values}
        gather(draft.powers, [rules.power(Table(values, one.place, one.report))], "name")
    _claims(draft, table)
    _consent(rules, table)
    _due(rules, table)


def _vintages(rules: Rules, table: Table) -> Iterator[object]:
    for name, one in table.named("vintages"):
        old = next((family for family in rules.draft.families if family.id == name), None)
        values = {"id": name, **one.values}
        if old is not None:
            values.setdefault("number", old.number)
        yield rules.family(Table(values, one.place, one.report))


def _cap(rules: Rules, name: str, table: Table) -> Cap:
    """A cap by its name; `group = "all"` is everybody."""
    values = dict(table.values)
    if values.get("group") == "all":
        values["group"] = "True"
    return rules.cap(Table({"id": name, **values}, table.place, table.report))


def _claims(draft: Draft, table: Table) -> None:
    """How long the issuer takes a finding about a person for true: never longer than the profile."""
    for name, one in table.named("claims"):
        written = one.text("ttl", "")
        one.finish()
        if not written:
            one.note("ttl", 'L12: is missing: give how long the claim holds, as in ttl = "P90D"')
            continue
        try:
            period = parse_period(written)
        except Invalid as problem:
            one.note("ttl", problem.message)
            continue
        at = next((n for n, found in enumerate(draft.attributes) if found.name == name), None)
        if at is None:
            known = ", ".join(found.name for found in draft.attributes)
            one.note("ttl", f"nothing called {name} is asked of persons here: {known}")
        else:
            draft.attributes[at] = replace(draft.attributes[at], lapses=period)


_CONSENT = {
    "id": "consent",
    "rule": "CH-VINK",
    "cite": "articles of association; CO 685a-685c",
    "mark": "S",
    "code": "ISSUER_CONSENT_REQUIRED",
}


def _consent(rules: Rules, table: Table) -> None:
    """Transfers that need the issuer's consent, and what his silence means (CO 685c)."""
    consent = table.table("consent")
    required, silence = consent.yes("required", False), consent.text("silence", "")
    outcome = consent.text("on_silence", "refused")
    consent.finish()
    if outcome not in ("approved", "refused"):
        consent.note("on_silence", f"{outcome!r} is neither approved nor refused")
    if not required:
        return
    gone = "False"
    if outcome == "approved":
        if not silence:
            consent.note("silence", "is missing: silence counts as approval after how long?")
        gone = f"today >= {_over(consent, silence)}"
    prohibition = {
        **_CONSENT,
        "kinds": ["sales", "gift"],
        "when": "not proof.issuer_consent",
        "text": "The issuer's articles require its consent to this transfer.",
        "way_out": "Ask the issuer, who attests its consent to the register.",
    }
    asked = {
        **_CONSENT,
        "at": "attest",
        "when": "proof == 'issuer_consent'",
        "needs": f"consented or not refused and {gone}",
        "text": "The issuer has neither consented nor let the time for its answer pass.",
    }
    draft = rules.draft
    gather(
        draft.prohibitions,
        [rules.prohibition(Table(prohibition, ("consent",), table.report))],
        "id",
    )
    gather(draft.tests, [rules.test(Table(asked, ("consent",), table.report))], "id")
    draft.fact_words |= {
        "consented": "whether the issuer has consented to the transfer",
        "refused": "whether the issuer has refused it",
        "asked_day": "the day on which the issuer received the request",
        "today": "the day of the question",
        "proof": "which fact is to be attested: offshore, four_a_seven, form_144, issuer_consent ...",
    }


def _over(table: Table, written: str) -> str:
    """The first day after a period from `asked_day`."""
    try:
        period = parse_period(written)
    except Invalid as problem:
        table.note("silence", problem.message)
        return "asked_day"
    if period.months:
        return f"days_after(months_after(asked_day, {period.months}), 1)"
    return f"days_after(asked_day, {period.days + 1})"


def _due(rules: Rules, table: Table) -> None:
    """Duties by name: how long after their event, `beneficial_owner_25 = "P1M"`."""
    duties = table.table("obligations")
    for name in duties.values:
        period = duties.read(name, parse_period, Period(days=1))
        due = f"months_after(day, {period.months})"
        if period.days:
            due = f"days_after(day, {period.days})"
        old = next((one for one in rules.draft.obligations if one.id == name), None)
        values = {"id": name, "trigger": name, "what": name.replace("_", " "), "due": due}
        new = rules.obligation(Table(values, duties.at(name), table.report))
        gather(rules.draft.obligations, [replace(old, due=new.due) if old else new], "id")
    duties.finish()


def read_classes(table: Table, bound: Bindings) -> Iterator[HolderClass]:
    for one in table.tables("classes"):
        when = one.read("when", lambda text: parse_expression(text, bound), TRUE)
        yield HolderClass(one.number("id"), one.text("name"), when)
        one.finish()


def read_countries(table: Table) -> Countries:
    allowed = frozenset(table.texts("allowed")) if "allowed" in table.values else None
    forbidden = frozenset(table.texts("forbidden"))
    table.finish()
    return Countries(allowed, forbidden)


def read_offerings(table: Table) -> Iterator[Offering]:
    """The issuer's offerings, by which those too near to each other are seen (L17)."""
    for one in table.tables("offerings"):
        ended = one.day("ended") if "ended" in one.values else None
        found = Offering(one.text("name"), one.day("began"), ended, one.yes("solicited"))
        one.finish()
        if ended and ended < found.began:
            one.note("ended", f"{ended} lies before it began, {found.began}")
        yield found


def read_published(table: Table, countries: Countries) -> frozenset[str]:
    """What the register shows of persons beside class and marks; personal data is refused (L13).

    Where rules ask for a holder's country, the chain has to know it.
    """
    publication = table.table("publication")
    fields = frozenset(publication.texts("fields"))
    publication.finish()
    for field in sorted(fields - set(PUBLISHABLE)):
        known = ", ".join(PUBLISHABLE)
        if field in PERSONAL:
            publication.note("fields", f"L13: {field} is personal data and never goes on chain")
        else:
            publication.note("fields", f"{field!r} is nothing a register shows: {known}")
    return fields | {"country"} if countries.limited else fields


def read_answers(table: Table, asked: dict[str, str]) -> dict[str, str]:
    """Answers to the questions that the profiles ask, "?" where there is none yet."""
    given = table.table("questions")
    found = {name: given.text(name, "?") for name in asked}
    given.finish()
    for name, answer in found.items():
        if answer not in ("yes", "no", "?"):
            given.note(name, f"{answer!r} is neither yes nor no; ? is no answer yet")
    return found


def choose_paths(draft: Draft, table: Table) -> None:
    """In which order resale paths are tried; `144` is the end of the clock itself, no path."""
    chosen = table.table("paths")
    order = [name for name in chosen.texts("order") if name != "144"]
    only = chosen.yes("only", False)
    chosen.finish()
    by_id = {path.id: path for path in draft.paths}
    for name in order:
        if name not in by_id:
            known = ", ".join(sorted(by_id))
            chosen.note("order", f"{name!r} is no path of these profiles: {known}")
    first = [by_id[name] for name in order if name in by_id]
    rest = [] if only else [path for path in draft.paths if path.id not in order]
    draft.paths = first + rest
