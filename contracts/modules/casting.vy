# pragma version 0.4.3
"""
@title Casting
@license Apache-2.0
@notice What an account has said at a meeting, and what replaces it: the holder before his proxy, the later
        before the earlier; or the first for good, where a meeting keeps totals alone.
        ballot  choices 0..127 | second of signing 128..167 | number of marks 168..175 | by proxy 176 |
                sealed 177 | set aside 178
"""
from interfaces import IBallot
from interfaces import IHolders
from modules import agenda
from modules import counting
from modules import proxies
from modules import words

uses: agenda
uses: proxies
uses: counting

# why a vote is refused, or skipped in a batch
UNKNOWN: constant(uint256) = 1
TREASURY: constant(uint256) = 2
BAD_MARKS: constant(uint256) = 5
NOT_SIGNED: constant(uint256) = 6
NOT_HIS: constant(uint256) = 7
IN_PERSON: constant(uint256) = 8
VOTED: constant(uint256) = 9
OLDER: constant(uint256) = 10
BY_PROXY: constant(uint256) = 1 << 176
SEALED: constant(uint256) = 1 << 177
ASIDE: constant(uint256) = 1 << 178
NO_MARKS: constant(bytes32) = keccak256(b"")

ballots: HashMap[uint256, uint256]  # meeting << 32 | account; only where votes are kept
voted: HashMap[uint256, uint256]  # meeting << 32 | account >> 8 -> a bit an account; where they are not
kept_marks: HashMap[uint256, uint256]  # (meeting << 32 | account) << 8 | place
cast_by: HashMap[uint256, address]  # the proxy who cast a kept vote
seals: HashMap[uint256, bytes32]


@internal
def _vote(
    meeting: uint256,
    terms: uint256,
    holder: address,
    voter: address,
    choices: uint256,
    at: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
) -> uint256:
    """
    @dev 0, or why the vote does not count; then nothing has changed.
    """
    register: IHolders = agenda.meetings[meeting].register
    code: uint256 = 0
    account: uint256 = 0
    code, account = self._voter(register, meeting, holder, voter)
    if code != 0:
        return code
    held: DynArray[uint256, 8] = counting._held(meeting, account, (terms >> 120) & words.M8)
    if terms & (agenda.CHANGEABLE | agenda.SECRET) != 0:
        return self._keep(meeting, terms, account, voter, voter == holder, choices, at, marks, held)
    page: uint256 = (meeting << 32) | (account >> 8)
    bits: uint256 = self.voted[page]
    if (bits >> (account & 255)) & 1 != 0:
        return VOTED
    code = self._why_not(meeting, terms, choices, marks, held)
    if code != 0:
        return code
    self._enter(meeting, terms, account, choices, marks, held)
    self.voted[page] = bits | (1 << (account & 255))
    self._tell(meeting, account, empty(address) if voter == holder else voter, choices, marks)
    return 0


@internal
def _vote_plain(
    register: IHolders,
    meeting: uint256,
    terms: uint256,
    most: uint256,
    holder: address,
    choices: uint256,
    at: uint256,
) -> uint256:
    """
    @dev The same for a holder himself who divides nothing: the way of most votes, made cheap.
    """
    facts: uint256 = staticcall register.facts(holder)
    account: uint256 = words._number(facts)
    if account == 0:
        return UNKNOWN
    if facts & words.FACT_TREASURY != 0:
        return TREASURY
    if not counting._is_plain(choices, most):
        return counting.BAD_CHOICE
    if terms & agenda.CHANGEABLE != 0:
        key: uint256 = (meeting << 32) | account
        if self.ballots[key] != 0:
            nothing: DynArray[uint256, counting.MARKS_MAX] = []
            return self._vote(meeting, terms, holder, holder, choices, at, nothing)
        if not counting._count_plain(meeting, terms, account, choices):
            return counting.NO_UNITS
        self.ballots[key] = choices | (at << 128)
    else:
        page: uint256 = (meeting << 32) | (account >> 8)
        bits: uint256 = self.voted[page]
        if (bits >> (account & 255)) & 1 != 0:
            return VOTED
        if not counting._count_plain(meeting, terms, account, choices):
            return counting.NO_UNITS
        self.voted[page] = bits | (1 << (account & 255))
    log IBallot.Voted(meeting=meeting, account=account, choices=choices)
    return 0


@internal
@view
def _voter(
    register: IHolders, meeting: uint256, holder: address, voter: address
) -> (uint256, uint256):
    """
    @dev Why not, and the account whose vote it is.
    """
    facts: uint256 = staticcall register.facts(holder)
    account: uint256 = words._number(facts)
    if account == 0:
        return UNKNOWN, 0
    if facts & words.FACT_TREASURY != 0:
        return TREASURY, 0
    if voter != holder and proxies._voter((meeting << 32) | account) != voter:
        return NOT_HIS, 0
    return 0, account


@internal
def _keep(
    meeting: uint256,
    terms: uint256,
    account: uint256,
    voter: address,
    in_person: bool,
    choices: uint256,
    at: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
    held: DynArray[uint256, 8],
) -> uint256:
    """
    @dev Keep the vote, so that it can be taken off again when another one replaces it.
    """
    key: uint256 = (meeting << 32) | account
    before: uint256 = self.ballots[key]
    if before != 0:
        by_proxy: bool = before & BY_PROXY != 0
        if before & ASIDE != 0 or terms & agenda.CHANGEABLE == 0:
            return VOTED
        if not in_person and not by_proxy:
            return IN_PERSON
        if in_person != by_proxy and at <= (before >> 128) & words.M40:
            return OLDER
    ballot: uint256 = (at << 128) | (len(marks) << 168)
    if not in_person:
        ballot |= BY_PROXY
    if terms & agenda.SECRET != 0:
        if choices == 0 or len(marks) != 0:
            return BAD_MARKS
        self.seals[key] = convert(choices, bytes32)
        ballot |= SEALED
        log IBallot.VoteSealed(
            meeting=meeting, account=account, voter=voter, seal=convert(choices, bytes32)
        )
    else:
        code: uint256 = self._why_not(meeting, terms, choices, marks, held)
        if code != 0:
            return code
        self._undo(meeting, terms, account, before)
        self._enter(meeting, terms, account, choices, marks, held)
        ballot |= choices
        self._tell(meeting, account, empty(address) if in_person else voter, choices, marks)
    self.ballots[key] = ballot
    if not in_person:
        self.cast_by[key] = voter
    return 0


@internal
@view
def _why_not(
    meeting: uint256,
    terms: uint256,
    choices: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
    held: DynArray[uint256, 8],
) -> uint256:
    code: uint256 = counting._wrong(meeting, terms, choices, held)
    if code == 0 and len(marks) != 0 and not counting._are_right(meeting, choices, marks, held):
        return BAD_MARKS
    return code


@internal
def _enter(
    meeting: uint256,
    terms: uint256,
    account: uint256,
    choices: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
    held: DynArray[uint256, 8],
):
    """
    @dev Add what was found right to the totals.
    """
    counting._count(meeting, terms, choices, held, True)
    if len(marks) == 0:
        return
    counting._divide(meeting, marks, held, True)
    if terms & (agenda.CHANGEABLE | agenda.SECRET) != 0:
        place: uint256 = ((meeting << 32) | account) << 8
        for mark: uint256 in marks:
            self.kept_marks[place] = mark
            place += 1


@internal
def _undo(meeting: uint256, terms: uint256, account: uint256, ballot: uint256):
    """
    @dev Take a kept vote off the totals. A sealed one has added nothing.
    """
    if ballot == 0 or ballot & SEALED != 0:
        return
    held: DynArray[uint256, 8] = counting._held(meeting, account, (terms >> 120) & words.M8)
    counting._count(meeting, terms, ballot & ((1 << 128) - 1), held, False)
    number: uint256 = (ballot >> 168) & words.M8
    if number == 0:
        return
    marks: DynArray[uint256, counting.MARKS_MAX] = []
    place: uint256 = ((meeting << 32) | account) << 8
    for i: uint256 in range(number, bound=counting.MARKS_MAX):
        marks.append(self.kept_marks[place + i])
    counting._divide(meeting, marks, held, False)


@internal
def _tell(
    meeting: uint256,
    account: uint256,
    proxy: address,
    choices: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
):
    if proxy == empty(address):
        log IBallot.Voted(meeting=meeting, account=account, choices=choices)
    else:
        log IBallot.VotedByProxy(meeting=meeting, account=account, proxy=proxy, choices=choices)
    for mark: uint256 in marks:
        log IBallot.Marked(meeting=meeting, account=account, mark=mark)


@internal
@view
def _has_voted(meeting: uint256, account: uint256) -> bool:
    bits: uint256 = self.voted[(meeting << 32) | (account >> 8)]
    return (bits >> (account & 255)) & 1 != 0 or self.ballots[(meeting << 32) | account] != 0


@internal
@pure
def _hash(marks: DynArray[uint256, counting.MARKS_MAX]) -> bytes32:
    """
    @dev As EIP-712 hashes a list: its words one behind the other.
    """
    if len(marks) == 0:
        return NO_MARKS
    return keccak256(slice(abi_encode(marks), 64, 32 * len(marks)))
