"""Random meetings: the contract's totals and results are those of core/actions/ballot.py.

Holders, proxies and strangers vote, divide, change, appoint, revoke, seal and reveal in random order; units
move after the record instant. The model knows only what was said and by whom: it predicts whether each
act is taken, and counts what stands in the end with the pure tally.
"""

import os
from datetime import timedelta
from random import Random

import pytest

from freehold.core.actions.ballot import Ballot, Mark, Meeting, Method, tally, why_not
from freehold.core.actions.ballot_words import pack_vote, seal, unpack_vote
from freehold.core.actions.proxy import Appointment, appointment_mistakes, by_holder, voter_for
from freehold.core.clock import from_seconds
from tests.contracts.ballots import AGENDA, CLASSES, Hall, key_of
from tests.contracts.engine import Refused
from tests.contracts.world import ISSUER, OUTSIDER, fresh

RUNS = int(os.environ.get("FREEHOLD_BALLOT_RUNS", "12"))
STEPS = 60
HOLDERS = {"ann": (3000, 0), "bob": (1500, 40), "cat": (0, 900), "dan": (7, 1), "eve": (250, 350)}
PEOPLE = [*HOLDERS, "proxy"]
NOBODY = "0x" + "0" * 40


class Model:
    """What was said so far, in the words of the pure core."""

    def __init__(self, hall: Hall, changeable: bool, secret: bool) -> None:
        self.hall, self.changeable, self.secret = hall, changeable, secret
        start = from_seconds(hall.world.engine.seconds)
        until = start + timedelta(days=2) if secret else None
        self.opens, self.closes = start + timedelta(minutes=1), start + timedelta(days=1)
        self.number = hall.announce(changeable=changeable, revealed_until=until)
        hall.world.engine.forward(60)
        self.appointments: list[Appointment] = []
        self.standing: dict[str, tuple[str, int, dict, bytes | None]] = {}
        """By holder: who cast it, when it was signed, what it says, the salt of a seal."""

    def meeting(self) -> Meeting:
        return Meeting(self.opens, self.closes, self.hall.held, tuple(self.appointments))

    def ballots(self, holder: str, voter: str, at: int, said: dict) -> list[Ballot]:
        return [
            Ballot(f"{holder} {id} {name}", id, voter, holder, from_seconds(at), tuple(marks), name)
            for (id, name), marks in said.items()
        ]

    def foresee(self, holder: str, voter: str, at: int, said: dict) -> bool:
        """Whether a vote is taken: the core has nothing against it, and it may replace what stands."""
        given = by_holder(self.appointments).get(holder, ())
        now = from_seconds(self.hall.world.engine.seconds)
        meeting = Meeting(self.opens, now + timedelta(seconds=1), self.hall.held)
        wrong = [
            why_not(meeting, resolution, ballot, given)
            for resolution in AGENDA
            for ballot in self.ballots(holder, voter, at, said)
            if ballot.resolution == resolution.id
        ]
        if any(wrong) or not wrong:
            units_missing = all("held no units" in one for one in wrong if one)
            votes = any(not one for one in wrong)
            if not (units_missing and votes):
                return False
        before = self.standing.get(holder)
        if before is None:
            return True
        in_person, was_in_person = voter == holder, before[0] == holder
        if not self.changeable or (was_in_person and not in_person):
            return False
        return in_person != was_in_person or at > before[1]

    def foresee_opened(self, holder: str, voter: str, at: int, said: dict) -> bool:
        """Whether a sealed vote counts when it is opened: judged as if nothing stood before it."""
        before, self.standing = self.standing, {}
        now = self.hall.world.engine.seconds
        self.hall.world.engine.at(int(self.closes.timestamp()) - 2)
        found = self.foresee(holder, voter, at, said)
        self.hall.world.engine.at(now)
        self.standing = before
        return found

    def drop_unauthorised(self, holder: str, now: int) -> None:
        known = self.standing.get(holder)
        given = by_holder(self.appointments).get(holder, ())
        if known and known[0] != holder and voter_for(holder, given, from_seconds(now)) != known[0]:
            del self.standing[holder]


def said_by(draw: Random, held: dict[str, int]) -> dict:
    """A vote of some kind; now and then one that gives away too much."""
    said: dict = {}
    for resolution in AGENDA:
        if draw.random() < 0.35:
            continue
        names = resolution.candidates or ("for", "against", "abstain")
        votes = {one for one in CLASSES if held[one] and one in resolution.votes_per_unit}
        if draw.random() < 0.55 or not votes:
            ranking = (draw.choice(names),)
            if resolution.method is Method.RANKED and draw.random() < 0.7:
                ranking = tuple(draw.sample(names, draw.randint(1, len(names))))
            said[resolution.id, None] = (Mark(ranking),)
            continue
        for name in sorted(votes):
            seats = resolution.seats if resolution.method is Method.CUMULATIVE else 1
            whole = held[name] * seats
            first = draw.randint(1, whole + (whole // 8 if draw.random() < 0.1 else 0))
            marks = [Mark((draw.choice(names),), first)]
            if draw.random() < 0.6 and first < whole:
                marks.append(Mark((draw.choice(names),)))
            said[resolution.id, name] = tuple(marks)
    return said


def vote(model: Model, draw: Random) -> None:
    hall, holder = model.hall, draw.choice([*HOLDERS])
    voter = holder if draw.random() < 0.6 else draw.choice(PEOPLE)
    said = said_by(draw, hall.held[holder])
    choices, marks = pack_vote(said, AGENDA, CLASSES, hall.held[holder])
    said = dict(unpack_vote(choices, marks, AGENDA, CLASSES))
    now = hall.world.engine.seconds
    by_signature = draw.random() < 0.5
    at = now - draw.choice([0, 0, 0, 40]) if by_signature else now
    at = max(at, int(model.opens.timestamp()))
    salt = draw.randbytes(32) if model.secret else None
    expected = model.foresee(holder, voter, at, said)
    if model.secret and not expected and not _sealable(model, holder, voter, at):
        expected = False
    elif model.secret:
        expected = _sealable(model, holder, voter, at)
    words = (choices, marks)
    if model.secret:
        account = hall.world.number(hall.wallet(holder))
        words = (int.from_bytes(seal(model.number, account, choices, marks, salt), "big"), [])
    taken = _send(model, holder, voter, *words, at, by_signature)
    assert taken == expected, (holder, voter, said, model.standing.get(holder))
    if taken:
        model.standing[holder] = (voter, at, said, (salt, choices, marks) if salt else None)


def _sealable(model: Model, holder: str, voter: str, at: int) -> bool:
    """What a seal hides is not judged before it is opened: only who may vote for whom."""
    every = {(one.id, None): (Mark((one.candidates or ("for",))[:1]),) for one in AGENDA}
    return model.foresee(holder, voter, at, every)


def _send(model, holder, voter, choices, marks, at, by_signature) -> bool:
    hall = model.hall
    if by_signature:
        by = voter if voter != holder else None
        row = hall.sign(model.number, holder, choices, marks, at, by)
        return not hall.skipped(hall.send(model.number, [(row, marks)]))
    try:
        wallet = hall.wallet(holder)
        hall.ballot.vote(model.number, wallet, choices, marks, by=hall.wallet(voter))
    except Refused as refused:
        assert refused.text.startswith("vote refused: ")
        return False
    return True


def appoint(model: Model, draw: Random) -> None:
    hall, holder = model.hall, draw.choice([*HOLDERS])
    giver = holder if draw.random() < 0.6 else draw.choice(PEOPLE)
    proxy = draw.choice([*PEOPLE, None])
    substitute = draw.random() < 0.7
    now = hall.world.engine.seconds
    instant = from_seconds(now)
    new = Appointment(holder, giver, proxy or "nobody", instant, None, substitute)
    mistakes = appointment_mistakes([*model.appointments, new])
    own = f"proxy {len(model.appointments) + 1}:"
    expected = not any(one.place.startswith(own) for one in mistakes)
    expected = expected and (model.changeable or holder not in model.standing)
    to = hall.wallet(proxy) if proxy else NOBODY
    try:
        hall.ballot.appoint(
            model.number, hall.wallet(holder), to, substitute, by=hall.wallet(giver)
        )
    except Refused as refused:
        assert not expected, (refused.text, new)
        return
    assert expected, new
    if proxy is None:
        kept = [one for one in model.appointments if (one.holder, one.giver) == (holder, giver)]
        for one in kept:
            if one.revoked_at is None:
                place = model.appointments.index(one)
                ended = Appointment(
                    one.holder, one.giver, one.proxy, one.at, instant, one.may_substitute
                )
                model.appointments[place] = ended
    else:
        model.appointments.append(new)
    model.drop_unauthorised(holder, now)


def trade(model: Model, draw: Random) -> None:
    """Units move on; the meeting does not care."""
    world = model.hall.world
    a, b = (model.hall.wallet(one) for one in draw.sample([*HOLDERS], 2))
    world.token.transfer(b, world.balance(a) // 2, by=a)


def reveal_all(model: Model) -> None:
    hall = model.hall
    hall.close()
    for holder, (voter, at, said, opened) in list(model.standing.items()):
        salt, choices, marks = opened
        whole = model.foresee_opened(holder, voter, at, said)
        try:
            hall.ballot.reveal(
                *(model.number, hall.wallet(holder), choices, marks, salt), by=OUTSIDER
            )
        except Refused as refused:
            assert refused.text.startswith("vote refused: ") and not whole, refused.text
            del model.standing[holder]
            continue
        assert whole, said


def compare(model: Model) -> None:
    """Everything that the contract keeps, against the pure tally of what stands."""
    hall, number = model.hall, model.number
    ballots = [
        ballot
        for holder, (voter, at, said, _) in model.standing.items()
        for ballot in model.ballots(holder, voter, at, said)
    ]
    for place, resolution in enumerate(AGENDA):
        result = tally(model.meeting(), resolution, ballots)
        names = resolution.candidates or ("for", "against", "abstain")
        scale = max(one.denominator for one in resolution.votes_per_unit.values())
        for choice, name in enumerate(names, 1):
            theirs = sum(
                hall.total(number, place, choice, of) * resolution.votes_per_unit.get(label, 0)
                for of, label in enumerate(CLASSES)
            )
            assert theirs == result.count.votes[name], (resolution.id, name, scale)
        quorum, carried = hall.ballot.ask("decided", number, place)
        assert quorum == result.quorum_met
        if resolution.method is Method.ORDINARY:
            assert carried == result.carried
    for of, name in enumerate(CLASSES):
        entitled = sum(held[name] for held in hall.held.values())
        assert hall.ballot.ask("entitled", number, of) == entitled


@pytest.mark.parametrize("run", range(RUNS))
def test_random_meetings_end_as_the_pure_tally_says(run):
    draw = Random(f"ballot {run}")
    hall = Hall(fresh())
    hall.settle(HOLDERS, treasury=500)
    hall.keys["proxy"] = key_of("proxy")
    model = Model(hall, changeable=run % 3 != 0, secret=run % 4 == 3)
    hall.ballot.set_aside(model.number, [ISSUER], by=OUTSIDER)
    for _ in range(STEPS):
        hall.world.engine.forward(draw.randint(1, 30))
        draw.choices([vote, appoint, trade], [6, 3, 1])[0](model, draw)
        if not model.secret and draw.random() < 0.2:
            compare(model)
    if model.secret:
        reveal_all(model)
    compare(model)
    assert model.standing
