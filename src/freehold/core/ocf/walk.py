"""A package's transactions carried out day by day: the acts they ask for, and what does not add up.

The walk knows what is left of every paper, the units and the limit of every class, and what plans
reserve. Quantities in a transaction are in the units of its own day. A class split multiplies all
stock of the class, all grants and warrants into it, its plans' reserves, its limit and the
conversion ratios that touch it (of classes and plans that existed then), each paper rounded down;
the reissuances it causes change papers only, so that a split written both ways counts once. Where
a mistake is found, what follows from the papers concerned is not judged.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from freehold.core import acts
from freehold.core.acts import Act, Cause, Ending, Lot
from freehold.core.instrument import ConversionRight, ShareClass
from freehold.core.ocf.files import Findings, OcfObject, Package
from freehold.core.ocf.order import Step, split_ratio
from freehold.core.ocf.papers import Deed, Family, Paper, Papers, decimals_of, money_of
from freehold.core.ocf.terms import authorised_units, conversion_right, units_of
from freehold.core.units import format_units

_ENDINGS = {
    "CANCELLATION": Ending.CANCELLATION,
    "REPURCHASE": Ending.REPURCHASE,
    "RETRACTION": Ending.RETRACTION,
}
_CAUSES = {
    "EXERCISE": Cause.EXERCISE,
    "RELEASE": Cause.RELEASE,
    "CONVERSION": Cause.CONVERSION,
}


@dataclass(slots=True)
class Walk:
    """Where the walk stands. `live`: what is left of each paper; `ended`: what used a paper up.

    `scale` and `price_scale`: what splits have made of one unit of a paper's, or a class's, terms.
    """

    classes: Mapping[str, ShareClass]
    papers: Papers
    found: Findings
    returned: frozenset[str]
    limits: dict[str, int | None]
    rights: dict[str, tuple[ConversionRight, ...]]
    plans: dict[str, OcfObject]
    stated: dict[str, OcfObject]
    acts: list[Act] = field(default_factory=list)
    live: dict[str, Fraction | None] = field(default_factory=dict)
    ended: dict[str, Deed] = field(default_factory=dict)
    acquired: dict[str, date] = field(default_factory=dict)
    units: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    unsure: set[str] = field(default_factory=set)
    scale: defaultdict[str, Fraction] = field(
        default_factory=lambda: defaultdict(lambda: Fraction(1))
    )
    price_scale: defaultdict[str, Fraction] = field(
        default_factory=lambda: defaultdict(lambda: Fraction(1))
    )
    reserved: dict[str, Fraction] = field(default_factory=dict)
    used: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


def walk(
    package: Package,
    classes: Mapping[str, ShareClass],
    papers: Papers,
    steps: list[Step],
    found: Findings,
    until: date | None = None,
) -> Walk:
    """Carry out the steps up to and including a day (all of them if none is given)."""
    returns = package.all("TX_STOCK_PLAN_RETURN_TO_POOL")
    state = Walk(
        classes,
        papers,
        found,
        returned=frozenset(item.text("security_id") for item in returns),
        limits={key: own.authorised for key, own in classes.items()},
        rights={key: own.conversions for key, own in classes.items()},
        plans={plan.id: plan for plan in package.all("STOCK_PLAN")},
        stated={own.id: own for own in package.all("STOCK_CLASS")},
    )
    for plan in state.plans.values():
        _reserve(state, plan, "initial_shares_reserved", plan.id)
    for step in steps:
        if until is None or step.day <= until:
            _carry_out(state, step)
    return state


def _carry_out(state: Walk, step: Step) -> None:
    match step.what:
        case Paper():
            _issue(state, step.what)
        case Deed():
            _do(state, step.what)
        case item:
            _change_class(state, step.day, item)


# ---- issues ------------------------------------------------------------------------------------


def _issue(state: Walk, paper: Paper) -> None:
    if paper.id in state.papers.unfit:
        state.unsure.add(paper.class_id)
        return
    state.live[paper.id] = paper.quantity
    plan = paper.item.text("stock_plan_id")
    maker = state.papers.maker.get(paper.id)
    if plan and not maker and paper.quantity:
        state.used[plan] += paper.quantity
    if paper.family is Family.STOCK and paper.day:
        state.acquired[paper.id] = paper.day
        cause = _CAUSES[maker.act] if maker else Cause.ISSUANCE
        state.acts.append(acts.Issue(paper.day, _lot(state, paper), cause, paper.item.id))
        _add_units(state, paper)


def _lot(state: Walk, paper: Paper) -> Lot:
    item = paper.item
    implied = paper.item.text("security_id") != paper.id
    exemptions = (
        f"{stated.get('jurisdiction', '')}: {stated.get('description', '')}"
        for stated in item.objects("security_law_exemptions")
    )
    return Lot(
        security=paper.id,
        class_id=paper.class_id,
        holder=paper.holder,
        units=int(paper.quantity or 0),
        acquired=state.acquired[paper.id],
        custom_id="" if implied else item.text("custom_id"),
        legends=item.texts("stock_legend_ids"),
        exemptions=tuple(exemptions),
    )


def _add_units(state: Walk, paper: Paper) -> None:
    class_id = paper.class_id
    state.units[class_id] += int(paper.quantity or 0)
    limit, units = state.limits[class_id], state.units[class_id]
    if limit is not None and units > limit and class_id not in state.unsure:
        message = (
            f"{_shown(state, class_id, units)} units of {class_id!r} would exist on {paper.day}, "
            f"{_shown(state, class_id, limit)} are authorised"
        )
        state.found.mistake(f"{paper.item.place}: quantity", message)
        state.unsure.add(class_id)


# ---- deeds -------------------------------------------------------------------------------------


def _do(state: Walk, deed: Deed) -> None:
    sources = [state.papers.papers[key] for key in deed.sources if key in state.papers.papers]
    spent = _judged(state, deed)
    if spent is None:
        _doubt(state, deed, sources)
        return
    _return_to_pool(state, deed, sources[0], spent)
    if deed.family is Family.STOCK:
        _act(state, deed, sources, spent)
    _settle(state, deed, spent)


def _judged(state: Walk, deed: Deed) -> Fraction | None:
    """How much a deed ends, if nothing is wrong with it and with the papers it names."""
    named = {*deed.sources, *deed.results, *((deed.balance,) if deed.balance else ())}
    if deed.item.place in state.papers.void or named & state.papers.unfit:
        return None
    if not _all_live(state, deed):
        return None
    spent = _spent(state, deed)
    return spent if spent is not None and _adds_up(state, deed, spent) else None


def _doubt(state: Walk, deed: Deed, sources: list[Paper]) -> None:
    """A mistake is known here: do not judge what follows from it."""
    made = [key for key in (*deed.results, deed.balance) if key]
    state.papers.unfit.update((*deed.sources, *made))
    papers = (state.papers.papers[key] for key in made if key in state.papers.papers)
    state.unsure.update(paper.class_id for paper in (*sources, *papers))


def _all_live(state: Walk, deed: Deed) -> bool:
    for key in deed.sources:
        if key in state.live:
            continue
        if other := state.ended.get(key):
            message = f"the security {key!r} was used up by {other.item.id!r} on {other.day}"
        else:
            born = state.papers.papers[key].day
            message = f"{deed.day} is before the security {key!r} was issued ({born})"
        state.found.mistake(f"{deed.item.place}: date", message)
        return False
    return True


def _spent(state: Walk, deed: Deed) -> Fraction | None:
    """How much of its sources a deed ends; None (and a mistake) where that does not add up."""
    left = _left(state, deed)
    balance = state.papers.papers[deed.balance].quantity if deed.balance else Fraction(0)
    if left is None or balance is None:
        return left or Fraction(0)
    field_name, asked = _asked(state, deed)
    if field_name and asked is None:
        return None
    whole = asked is None
    asked = left - balance if asked is None else asked
    say = f"{deed.item.place}: {field_name or 'balance_security_id'}"
    names = ", ".join(repr(key) for key in deed.sources)
    shown = [_paper_amount(state, deed, amount) for amount in (asked, balance, left)]
    if asked > left or asked <= 0:
        message = f"{shown[0 if not whole else 1]} are more than {names} has ({shown[2]})"
        state.found.mistake(say, message)
        return None
    if deed.family is Family.EQUITY and deed.act in ("EXERCISE", "RELEASE"):
        return asked
    if asked + balance != left:
        rest = f"with the balance of {shown[1]} " if deed.balance else "without a balance security "
        message = f"{shown[0]} {rest}do not add up to the {shown[2]} of {names}"
        state.found.mistake(say, message)
        return None
    return asked


def _left(state: Walk, deed: Deed) -> Fraction | None:
    amounts = [state.live[key] for key in deed.sources]
    return None if None in amounts else sum((a for a in amounts if a), Fraction())


def _asked(state: Walk, deed: Deed) -> tuple[str, Fraction | None]:
    """The field that says how much, and its figure; no field where a deed always takes all."""
    fields = deed.item.fields
    decimals = decimals_of(state.papers.papers[deed.sources[0]].class_id, state.classes)
    if deed.family is Family.CONVERTIBLE:
        if "amount" not in fields:
            return "", None
        return "amount", money_of(deed.item, "amount", state.found)
    for name in ("quantity", "quantity_converted"):
        if name in fields and deed.act not in ("RETRACTION", "REISSUANCE", "CONSOLIDATION"):
            units = units_of(deed.item, name, decimals, state.found)
            return name, None if units is None else Fraction(units)
    return "", None


def _adds_up(state: Walk, deed: Deed, spent: Fraction) -> bool:
    """Whether the results are as much as was spent, where the deed's kind says they must be."""
    amounts = [state.papers.papers[key].quantity for key in deed.results]
    if None in amounts or not deed.results:
        return True
    made = sum((amount for amount in amounts if amount), Fraction())
    if deed.act == "CONVERSION":
        _note_ratio(state, deed, spent, made)
        return True
    if made == spent or not spent:
        return True
    shown = _paper_amount(state, deed, made), _paper_amount(state, deed, spent)
    single = "resulting_security_id" in deed.item.fields
    place = f"{deed.item.place}: resulting_security_id{'' if single else 's'}"
    if deed.makes_stock_elsewhere and made < spent:
        message = f"{shown[0]} units result from {shown[1]}; read as a net settlement"
        state.found.notice(place, message)
        return True
    state.found.mistake(place, f"they sum to {shown[0]}, the securities ended to {shown[1]}")
    return False


def _note_ratio(state: Walk, deed: Deed, spent: Fraction, made: Fraction) -> None:
    if deed.family is not Family.STOCK:
        return
    source = state.papers.papers[deed.sources[0]].class_id
    into = state.papers.papers[deed.results[0]].class_id
    right = next((r for r in state.rights[source] if r.into == into), None)
    place = f"{deed.item.place}: resulting_security_ids"
    if not right:
        state.found.notice(place, f"{source!r} states no right to convert into {into!r}")
        return
    scale = Fraction(10) ** (decimals_of(into, state.classes) - decimals_of(source, state.classes))
    if abs(spent * right.ratio * scale - made) >= 1:
        message = f"{made} for {spent} is not the stated ratio of {right.ratio}; read as written"
        state.found.notice(place, message)


def _settle(state: Walk, deed: Deed, spent: Fraction) -> None:
    """What is left of the papers afterwards."""
    grant = deed.family is Family.EQUITY and deed.act in ("EXERCISE", "RELEASE")
    for key in deed.sources:
        left = state.live.pop(key)
        if grant and left is not None and left > spent:
            state.live[key] = left - spent
        else:
            state.ended[key] = deed
    made = () if deed.makes_stock_elsewhere else deed.results
    for key in (*made, *((deed.balance,) if deed.balance else ())):
        state.live[key] = state.papers.papers[key].quantity


def _act(state: Walk, deed: Deed, sources: list[Paper], spent: Fraction) -> None:
    """The acts of a deed on stock."""
    source, day, key = sources[0], deed.day, deed.item.id
    acquired = max(state.acquired[paper.id] for paper in sources)
    made = [state.papers.papers[result] for result in deed.results]
    for paper in made:
        state.acquired[paper.id] = day if deed.act == "TRANSFER" else acquired
    lots = tuple(_lot(state, paper) for paper in made)
    if deed.act == "TRANSFER":
        for lot in lots:
            state.acts.append(acts.Transfer(day, source.id, source.holder, lot, key))
    elif deed.act == "CONVERSION":
        _convert(
            state,
            deed,
            source,
            made,
            acts.Convert(day, source.class_id, source.holder, source.id, int(spent), lots, key),
        )
    elif ending := _ENDINGS.get(deed.act):
        _redeem(state, source, int(spent), ending, deed)
    else:
        names = tuple(paper.id for paper in sources)
        act = acts.Reissue(day, source.class_id, source.holder, names, lots, key)
        state.acts.append(act)
    if deed.balance:
        _keep_balance(state, deed, source, acquired)


def _convert(state: Walk, deed: Deed, source: Paper, made: list[Paper], act: acts.Convert) -> None:
    state.units[source.class_id] -= act.units
    state.acts.append(act)
    for paper in made:
        _add_units(state, replace(paper, item=deed.item))


def _redeem(state: Walk, source: Paper, units: int, ending: Ending, deed: Deed) -> None:
    state.units[source.class_id] -= units
    state.acts.append(
        acts.Redeem(
            deed.day, source.class_id, source.holder, source.id, units, ending, deed.item.id
        )
    )


def _keep_balance(state: Walk, deed: Deed, source: Paper, acquired: date) -> None:
    state.acquired[deed.balance] = acquired
    lot = _lot(state, state.papers.papers[deed.balance])
    state.acts.append(
        acts.Reissue(deed.day, source.class_id, source.holder, (source.id,), (lot,), deed.item.id)
    )


# ---- classes and plans -------------------------------------------------------------------------


def _change_class(state: Walk, day: date, item: OcfObject) -> None:
    class_id, plan = item.text("stock_class_id"), item.text("stock_plan_id")
    known = class_id in state.classes
    match item.kind:
        case "TX_STOCK_CLASS_SPLIT" if known:
            _split(state, day, item, class_id)
        case "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT" if known:
            _authorise(state, day, item, class_id)
        case "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT" if known:
            _set_ratio(state, item, class_id)
        case "TX_STOCK_PLAN_POOL_ADJUSTMENT":
            _reserve(state, item, "shares_reserved", plan)
        case "TX_STOCK_PLAN_RETURN_TO_POOL":
            units = units_of(item, "quantity", _plan_decimals(state, plan), state.found)
            state.used[plan] -= units or 0


def _split(state: Walk, day: date, item: OcfObject, class_id: str) -> None:
    ratio = split_ratio(item)
    own = {key for key, paper in state.papers.papers.items() if paper.class_id == class_id}
    if not ratio:
        state.papers.unfit.update(own)
        state.unsure.add(class_id)
        return
    state.units[class_id] = 0
    for key in sorted(own & state.live.keys()):
        _split_paper(state, item, state.papers.papers[key], ratio)
    limit = state.limits[class_id]
    state.limits[class_id] = None if limit is None else limit * ratio // 1
    _scale_terms(state, day, class_id, ratio)
    state.acts.append(acts.Split(day, class_id, ratio.numerator, ratio.denominator, item.id))


def _split_paper(state: Walk, item: OcfObject, paper: Paper, ratio: Fraction) -> None:
    left = state.live[paper.id]
    state.scale[paper.id] *= ratio
    if left is not None and paper.family is not Family.CONVERTIBLE:
        units = left * ratio // 1
        state.live[paper.id] = Fraction(units)
        state.units[paper.class_id] += units if paper.family is Family.STOCK else 0
        _note_fraction(state, item, paper.id, left * ratio)


def _note_fraction(state: Walk, item: OcfObject, key: str, exact: Fraction) -> None:
    if exact.denominator != 1:
        message = f"leaves {exact % 1} of a unit of {key!r}, rounded down; cash in lieu is due"
        state.found.notice(item.place, message)


def _scale_terms(state: Walk, day: date, class_id: str, ratio: Fraction) -> None:
    for key, rights in state.rights.items():
        if not _existed(state.stated[key], day, bool(state.units[key])):
            continue
        factor = 1 / ratio if key == class_id else Fraction(1)
        state.price_scale[key] /= factor
        state.rights[key] = tuple(
            replace(r, ratio=r.ratio * factor * (ratio if r.into == class_id else 1))
            for r in rights
        )
    for key, plan in state.plans.items():
        in_use = bool(state.used[key])
        if _plan_class(plan) == class_id and _existed(plan, day, in_use):
            state.reserved[key] = Fraction(state.reserved.get(key, Fraction()) * ratio // 1)
            state.used[key] = Fraction(state.used[key] * ratio // 1)


def _existed(item: OcfObject, day: date, in_use: bool) -> bool:
    """Whether a class or plan was there on the day: its terms are stated as of its beginning."""
    approved = item.text("board_approval_date")
    return approved <= day.isoformat() if approved else in_use


def _authorise(state: Walk, day: date, item: OcfObject, class_id: str) -> None:
    name = "new_shares_authorized"
    limit = authorised_units(item, name, state.classes[class_id].decimals, state.found)
    units = state.units[class_id]
    if limit is not None and limit < units and class_id not in state.unsure:
        shown = _shown(state, class_id, limit), _shown(state, class_id, units)
        message = f"{shown[0]} are authorised, {shown[1]} units of {class_id!r} exist on {day}"
        state.found.mistake(f"{item.place}: {name}", message)
        state.unsure.add(class_id)
    state.limits[class_id] = limit
    state.acts.append(acts.AuthoriseClass(day, class_id, limit, item.id))


def _set_ratio(state: Walk, item: OcfObject, class_id: str) -> None:
    """A new ratio takes the place of the class's first ratio right."""
    rights = state.rights[class_id]
    mechanism = item.fields.get("new_ratio_conversion_mechanism")
    new = conversion_right(rights[0].into, mechanism) if rights else None
    if new:
        state.rights[class_id] = (new, *rights[1:])
    else:
        state.found.notice(
            item.place, f"{class_id!r} has no ratio conversion that this could change"
        )


def _reserve(state: Walk, item: OcfObject, name: str, plan: str) -> None:
    units = units_of(item, name, _plan_decimals(state, plan), Findings([], []))
    if units is not None:
        state.reserved[plan] = Fraction(units)


def _return_to_pool(state: Walk, deed: Deed, source: Paper, spent: Fraction) -> None:
    """A cancelled or retracted security goes back to its plan where the plan says so.

    A return that the files state for the same security (TX_STOCK_PLAN_RETURN_TO_POOL) counts alone.
    """
    plan = state.plans.get(source.item.text("stock_plan_id"))
    if not plan or deed.act not in ("CANCELLATION", "RETRACTION", "REPURCHASE"):
        return
    returns = plan.text("default_cancellation_behavior") == "RETURN_TO_POOL"
    if source.id not in state.returned and (returns or deed.act == "RETRACTION"):
        state.used[plan.id] -= spent


def _plan_class(plan: OcfObject) -> str:
    ids = plan.texts("stock_class_ids") or (plan.text("stock_class_id"),)
    return ids[0] if len(ids) == 1 else ""


def _plan_decimals(state: Walk, plan: str) -> int:
    return decimals_of(_plan_class(state.plans[plan]), state.classes) if plan in state.plans else 0


def _paper_amount(state: Walk, deed: Deed, amount: Fraction) -> str:
    if deed.family is Family.CONVERTIBLE:
        return str(amount)
    return _shown(state, state.papers.papers[deed.sources[0]].class_id, int(amount))


def _shown(state: Walk, class_id: str, units: int) -> str:
    return format_units(units, decimals_of(class_id, state.classes))
