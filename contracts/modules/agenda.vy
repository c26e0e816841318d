# pragma version 0.4.3
"""
@title Agenda
@license Apache-2.0
@notice What a meeting is: whose, when, which classes as of which record instants, which resolutions by
        which rules, and what the votes decide. Fractions are compared by cross-multiplication.
        terms   opens 0..39 | closes 40..79 | revealed until 80..119 | classes 120..127 |
                resolutions 128..135 | changeable 136 | secret 137 | cancelled 138 | concluded 139
        class   token 0..159 | record 160..175
        rule    method 0..7 | basis 8..15 | separate classes 16..23 | candidates 24..31 | seats 32..39 |
                majority exceeded 40 | quorum exceeded 41 | majority 48..79 of 80..111 |
                quorum 112..143 of 144..175 | classes that vote 176..183 (filled in here)
"""
from interfaces import IBallot
from interfaces import IHolders
from modules import powers
from modules import words

CLASSES_MAX: constant(uint256) = 8
RESOLUTIONS_MAX: constant(uint256) = 32
CANDIDATES_MAX: constant(uint256) = 14
CHANGEABLE: constant(uint256) = 1 << 136
SECRET: constant(uint256) = 1 << 137
CANCELLED: constant(uint256) = 1 << 138
CONCLUDED: constant(uint256) = 1 << 139
ENDED: constant(uint256) = CANCELLED | CONCLUDED
ORDINARY: constant(uint256) = 0
CUMULATIVE: constant(uint256) = 1
RANKED: constant(uint256) = 2


interface IUnits:
    def record(number: uint256) -> uint256: view
    def held_at_account(account: uint256, record: uint256) -> uint256: view
    def supply_at(record: uint256) -> uint256: view


struct Meeting:
    terms: uint256
    register: IHolders
    notice: bytes32
    most: uint256  # the highest choice of each resolution, four bits each


struct Resolution:
    rule: uint256
    votes_per_unit: uint256  # 32 bits a class


meetings: HashMap[uint256, Meeting]
last_meeting: public(uint256)
classes: HashMap[uint256, uint256]  # meeting << 8 | place
resolutions: HashMap[uint256, Resolution]  # meeting << 8 | place
aside: HashMap[uint256, uint256]  # meeting << 8 | class: treasury units, which do not vote
totals: HashMap[uint256, uint256]  # meeting << 24 | resolution << 16 | class << 8 | choice


@internal
def _announce(
    register: IHolders,
    notice: bytes32,
    terms: uint256,
    called: DynArray[uint256, CLASSES_MAX],
    put: DynArray[Resolution, RESOLUTIONS_MAX],
) -> uint256:
    assert staticcall register.has_power(msg.sender, powers.ACTION), "power: not held"
    assert notice != empty(bytes32), "meeting: no notice"
    opens: uint256 = terms & words.M40
    closes: uint256 = (terms >> 40) & words.M40
    assert opens > block.timestamp, "meeting: opens in the past"
    assert closes > opens, "meeting: closes before it opens"
    assert (terms >> 120) & ~(words.M16 | (3 << 16)) == 0, "meeting: unknown terms"
    revealed: uint256 = (terms >> 80) & words.M40
    assert (revealed > closes) == (terms & SECRET != 0), "meeting: time to reveal"
    assert len(called) != 0 and len(put) != 0, "meeting: nothing to vote on"
    counted: uint256 = len(called) | (len(put) << 8)
    meeting: uint256 = self.last_meeting + 1
    self.last_meeting = meeting
    fixed: uint256 = (terms & ~(words.M16 << 120)) | (counted << 120)
    most: uint256 = 0
    for place: uint256 in range(len(put), bound=RESOLUTIONS_MAX):
        most |= ((put[place].rule >> 24) & 15) << (4 * place)
    self.meetings[meeting] = Meeting(terms=fixed, register=register, notice=notice, most=most)
    log IBallot.MeetingAnnounced(
        meeting=meeting, register=register.address, notice=notice, terms=fixed
    )
    for place: uint256 in range(len(called), bound=CLASSES_MAX):
        self._call(meeting, place, called[place], opens)
    for place: uint256 in range(len(put), bound=RESOLUTIONS_MAX):
        self._put(meeting, place, put[place], len(called))
    return meeting


@internal
def _call(meeting: uint256, place: uint256, called: uint256, opens: uint256):
    token: address = convert(called & words.M160, address)
    record: uint256 = called >> 160
    assert staticcall self.meetings[meeting].register.is_listed(token), "token: not this issuer's"
    for before: uint256 in range(place, bound=CLASSES_MAX):
        known: uint256 = self.classes[(meeting << 8) | before]
        assert known & words.M160 != called & words.M160, "meeting: class twice"
    instant: uint256 = staticcall IUnits(token).record(record) if record <= words.M16 else 0
    assert instant != 0, "record: unknown"
    assert instant <= opens, "record: after the vote opens"
    self.classes[(meeting << 8) | place] = called
    log IBallot.ClassCalled(meeting=meeting, place=place, token=token, record=record)


@internal
def _put(meeting: uint256, place: uint256, put: Resolution, classes: uint256):
    """
    @dev A rule that could never carry, or always, is refused here: nobody could mend it later.
    """
    rule: uint256 = put.rule
    method: uint256 = rule & words.M8
    candidates: uint256 = (rule >> 24) & words.M8
    seats: uint256 = (rule >> 32) & words.M8
    assert method <= RANKED and (rule >> 8) & words.M8 <= 2, "resolution: unknown method"
    assert self._is_part(rule >> 112), "quorum: no part of the whole"
    assert self._is_part(rule >> 48), "majority: no part of the whole"
    if method == ORDINARY:
        assert candidates == 3 and seats == 1, "resolution: no election"
    else:
        assert candidates >= 2 and candidates <= CANDIDATES_MAX, "resolution: candidates"
        assert seats != 0 and seats < candidates, "resolution: seats"
        assert method == CUMULATIVE or seats == 1, "resolution: seats"
    assert put.votes_per_unit != 0, "resolution: nobody votes"
    assert put.votes_per_unit >> (32 * classes) == 0, "resolution: unknown class"
    assert rule >> 176 == 0, "resolution: unknown terms"
    voting: uint256 = 0
    for class_: uint256 in range(CLASSES_MAX):
        if (put.votes_per_unit >> (32 * class_)) & words.M32 != 0:
            voting |= 1 << class_
    assert (rule >> 16) & words.M8 & ~voting == 0, "resolution: no vote"
    self.resolutions[(meeting << 8) | place] = Resolution(
        rule=rule | (voting << 176), votes_per_unit=put.votes_per_unit
    )
    log IBallot.ResolutionPut(
        meeting=meeting, place=place, rule=rule, votes_per_unit=put.votes_per_unit
    )


@internal
@pure
def _is_part(part: uint256) -> bool:
    whole: uint256 = (part >> 32) & words.M32
    return whole != 0 and part & words.M32 <= whole


@internal
def _end(meeting: uint256, document: bytes32, how: uint256):
    found: Meeting = self.meetings[meeting]
    assert found.terms != 0, "meeting: unknown"
    assert staticcall found.register.has_power(msg.sender, powers.ACTION), "power: not held"
    assert found.terms & ENDED == 0, "meeting: ended"
    assert document != empty(bytes32), "document: missing"
    if how == CONCLUDED:
        last: uint256 = max((found.terms >> 40) & words.M40, (found.terms >> 80) & words.M40)
        assert block.timestamp >= last, "meeting: not yet closed"
    self.meetings[meeting].terms = found.terms | how
    log IBallot.MeetingEnded(meeting=meeting, cancelled=how == CANCELLED, document=document)


# ---- what the votes decide ----


@internal
@view
def _entitled(meeting: uint256, class_: uint256) -> uint256:
    """
    @dev Units that may vote: those outstanding at the record instant.
    """
    called: uint256 = self.classes[(meeting << 8) | class_]
    token: IUnits = IUnits(convert(called & words.M160, address))
    supply: uint256 = staticcall token.supply_at(called >> 160)
    return supply - self.aside[(meeting << 8) | class_]


@internal
@view
def _present(meeting: uint256, resolution: uint256, class_: uint256, rule: uint256) -> uint256:
    key: uint256 = (meeting << 24) | (resolution << 16) | (class_ << 8)
    if rule & words.M8 == CUMULATIVE:
        return self.totals[key]
    present: uint256 = 0
    for choice: uint256 in range(1, CANDIDATES_MAX + 1):
        present += self.totals[key | choice]
    return present


@internal
@view
def _decided(meeting: uint256, resolution: uint256) -> (bool, bool):
    """
    @dev Whether there is a quorum, and whether an ordinary resolution is carried.
    """
    rule: uint256 = self.resolutions[(meeting << 8) | resolution].rule
    weights: uint256 = self.resolutions[(meeting << 8) | resolution].votes_per_unit
    assert rule != 0, "resolution: unknown"
    sums: uint256[4] = [0, 0, 0, 0]  # for, against, present, entitled
    alone: bool = True
    for class_: uint256 in range(CLASSES_MAX):
        weight: uint256 = (weights >> (32 * class_)) & words.M32
        if weight == 0:
            continue
        key: uint256 = (meeting << 24) | (resolution << 16) | (class_ << 8)
        own: uint256[4] = [
            self.totals[key | 1] * weight,
            self.totals[key | 2] * weight,
            self._present(meeting, resolution, class_, rule) * weight,
            self._entitled(meeting, class_) * weight,
        ]
        for i: uint256 in range(4):
            sums[i] += own[i]
        if (rule >> (16 + class_)) & 1 != 0 and not self._majority(own, rule):
            alone = False
    quorum: bool = self._reached(sums[2], sums[3], rule >> 112, (rule >> 41) & 1)
    carried: bool = quorum and alone and rule & words.M8 == ORDINARY
    return quorum, carried and self._majority(sums, rule)


@internal
@pure
def _majority(sums: uint256[4], rule: uint256) -> bool:
    basis: uint256 = (rule >> 8) & words.M8
    whole: uint256 = sums[0] + sums[1]  # of the votes cast
    if basis != 0:
        whole = sums[1 + basis]  # of those present, of all entitled
    return self._reached(sums[0], whole, rule >> 48, (rule >> 40) & 1)


@internal
@pure
def _reached(ours: uint256, whole: uint256, part: uint256, exceeded: uint256) -> bool:
    have: uint256 = ours * ((part >> 32) & words.M32)
    need: uint256 = whole * (part & words.M32)
    return whole != 0 and (have > need if exceeded != 0 else have >= need)
