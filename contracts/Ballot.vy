# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title Ballot
@license Apache-2.0
@notice See IBallot. One for a chain: every meeting names the register of its issuer, in which powers over it
        and the accounts of its voters are looked up. An account votes once for the whole agenda, by
        units held at the record instants; until the close it may change its vote where the meeting says so.
@custom:halt A meeting may be cancelled until its result stands; nobody can change votes, or end them early.
@custom:assumptions A register answers truthfully about its issuer's powers and accounts, and its tokens
             about holdings at a record instant. A meeting of a false register binds nobody: readers
             go by the register that they know.
"""
from interfaces import IBallot
from interfaces import IHolders
from modules import agenda
from modules import casting
from modules import counting
from modules import proxies
from modules import signed
from modules import words

initializes: agenda
initializes: proxies
initializes: counting[agenda := agenda]
initializes: casting[agenda := agenda, counting := counting, proxies := proxies]

exports: agenda.last_meeting

BATCH_MAX: constant(uint256) = 100
BATCH_MARKS_MAX: constant(uint256) = 400
ASIDE_MAX: constant(uint256) = 100
WALLET_GAS: constant(uint256) = 100_000  # what a wallet that is a contract may need to answer
NAME_HASH: constant(bytes32) = keccak256("Freehold Ballot")
VOTE: constant(bytes32) = keccak256(
    "Vote(uint256 meeting,address holder,uint256 choices,uint256[] marks,uint256 at)"
)
APPOINT: constant(bytes32) = keccak256(
    "Appoint(uint256 meeting,address holder,address proxy,bool maySubstitute,uint256 at)"
)
struct Signed:
    holder: address
    voter: address  # zero: the holder himself
    choices: uint256  # in a secret vote: the seal
    at: uint256
    marks: uint256  # how many of the batch's marks are his, in their order
    v: uint256
    r: uint256
    s: uint256


# ---- meetings ----


@external
def announce(
    register: IHolders,
    notice: bytes32,
    terms: uint256,
    called: DynArray[uint256, agenda.CLASSES_MAX],
    put: DynArray[agenda.Resolution, agenda.RESOLUTIONS_MAX],
) -> uint256:
    """
    @notice Call a meeting: the notice's hash, when the vote opens and closes, the classes with their record
            instants, the resolutions with their rules. Returns its number.
    """
    return agenda._announce(register, notice, terms, called, put)


@external
def cancel(meeting: uint256, document: bytes32):
    """
    @notice Call a meeting off, at any time before its result stands.
    """
    agenda._end(meeting, document, agenda.CANCELLED)


@external
def conclude(meeting: uint256, document: bytes32):
    """
    @notice Let the result stand, once the vote is closed, with the hash of the minutes.
    """
    agenda._end(meeting, document, agenda.CONCLUDED)


@external
def set_aside(meeting: uint256, wallets: DynArray[address, ASIDE_MAX]):
    """
    @notice Take the treasury's units out of those entitled; anybody may, until the result stands.
    """
    found: agenda.Meeting = agenda.meetings[meeting]
    assert found.terms != 0 and found.terms & agenda.ENDED == 0, "meeting: ended"
    for wallet: address in wallets:
        facts: uint256 = staticcall found.register.facts(wallet)
        account: uint256 = words._number(facts)
        assert account != 0, "wallet: unknown"
        assert facts & words.FACT_TREASURY != 0, "treasury: not the issuer's own"
        key: uint256 = (meeting << 32) | account
        assert not casting._has_voted(meeting, account), "treasury: counted already"
        held: DynArray[uint256, 8] = counting._held(meeting, account, (found.terms >> 120) & words.M8)
        for class_: uint256 in range(len(held), bound=8):
            agenda.aside[(meeting << 8) | class_] += held[class_]
        casting.ballots[key] = casting.ASIDE
        casting.voted[(meeting << 32) | (account >> 8)] |= 1 << (account & 255)
        log IBallot.TreasurySetAside(meeting=meeting, account=account)


# ---- votes ----


@external
def vote(
    meeting: uint256,
    holder: address,
    choices: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
):
    """
    @notice Vote with all that the account of `holder` held, by the holder or his proxy. In a secret vote
            `choices` is the seal.
    """
    terms: uint256 = self._open(meeting)
    code: uint256 = 0
    if len(marks) == 0 and msg.sender == holder and terms & agenda.SECRET == 0:
        found: agenda.Meeting = agenda.meetings[meeting]
        code = casting._vote_plain(
            found.register, meeting, terms, found.most, holder, choices, block.timestamp
        )
    else:
        code = casting._vote(meeting, terms, holder, msg.sender, choices, block.timestamp, marks)
    assert code == 0, concat("vote refused: ", uint2str(code))


@external
def vote_signed(
    meeting: uint256,
    ballots: DynArray[Signed, BATCH_MAX],
    marks: DynArray[uint256, BATCH_MARKS_MAX],
):
    """
    @notice Votes by signature, brought by anybody; what cannot count is skipped with its reason.
    """
    terms: uint256 = self._open(meeting)
    register: IHolders = agenda.meetings[meeting].register
    most: uint256 = agenda.meetings[meeting].most
    separator: bytes32 = signed._separator(NAME_HASH)
    used: uint256 = 0
    for one: Signed in ballots:
        code: uint256 = casting.NOT_SIGNED
        if one.marks == 0 and one.voter == empty(address) and terms & agenda.SECRET == 0:
            digest: bytes32 = self._digest(separator, meeting, one, casting.NO_MARKS)
            if self._signs(one.holder, digest, one):
                code = casting._vote_plain(
                    register, meeting, terms, most, one.holder, one.choices, one.at
                )
        else:
            own: DynArray[uint256, counting.MARKS_MAX] = []
            for i: uint256 in range(one.marks, bound=counting.MARKS_MAX):
                own.append(marks[used + i])
            used += one.marks
            voter: address = one.voter if one.voter != empty(address) else one.holder
            digest: bytes32 = self._digest(separator, meeting, one, casting._hash(own))
            if self._signs(voter, digest, one):
                code = casting._vote(meeting, terms, one.holder, voter, one.choices, one.at, own)
        if code != 0:
            log IBallot.VoteSkipped(meeting=meeting, holder=one.holder, reason=code)


@external
def reveal(
    meeting: uint256,
    holder: address,
    choices: uint256,
    marks: DynArray[uint256, counting.MARKS_MAX],
    salt: bytes32,
):
    """
    @notice Open a sealed vote after the close; whoever knows its salt may. The seal is the hash of
            meeting, account, choices, hash of the marks, salt.
    """
    found: agenda.Meeting = agenda.meetings[meeting]
    terms: uint256 = found.terms
    assert terms & agenda.SECRET != 0 and terms & agenda.ENDED == 0, "reveal: nothing is sealed"
    assert block.timestamp >= (terms >> 40) & words.M40, "reveal: the vote is open"
    assert block.timestamp < (terms >> 80) & words.M40, "reveal: too late"
    account: uint256 = self._account(found.register, holder)
    key: uint256 = (meeting << 32) | account
    seal: bytes32 = keccak256(abi_encode(meeting, account, choices, casting._hash(marks), salt))
    assert casting.ballots[key] & casting.SEALED != 0 and casting.seals[key] == seal, "reveal: not what was sealed"
    held: DynArray[uint256, 8] = counting._held(meeting, account, (terms >> 120) & words.M8)
    code: uint256 = casting._why_not(meeting, terms, choices, marks, held)
    assert code == 0, concat("vote refused: ", uint2str(code))
    casting._enter(meeting, terms, account, choices, marks, held)
    by_proxy: bool = casting.ballots[key] & casting.BY_PROXY != 0
    proxy: address = casting.cast_by[key] if by_proxy else empty(address)
    casting.ballots[key] = (casting.ballots[key] & ~casting.SEALED) | choices | (len(marks) << 168)
    casting._tell(meeting, account, proxy, choices, marks)


# ---- proxies ----


@external
def appoint(meeting: uint256, holder: address, proxy: address, may_substitute: bool):
    """
    @notice Let `proxy` vote for `holder`, or with zero take that back: the holder, or a proxy who may
            substitute. A vote that somebody cast whose power ends falls with it.
    """
    self._appoint(meeting, holder, msg.sender, proxy, may_substitute, block.timestamp)


@external
def appoint_signed(
    meeting: uint256,
    holder: address,
    giver: address,
    proxy: address,
    may_substitute: bool,
    at: uint256,
    v: uint256,
    r: uint256,
    s: uint256,
):
    """
    @notice The same by the giver's signature, brought by anybody.
    """
    content: bytes32 = keccak256(abi_encode(APPOINT, meeting, holder, proxy, may_substitute, at))
    assert at <= block.timestamp, "proxy: signed in the future"
    digest: bytes32 = signed._digest(NAME_HASH, content)
    assert signed._is_signed_by(giver, digest, v, r, s) or self._answers(
        giver, digest, v, r, s
    ), "signature: not the owner's"
    self._appoint(meeting, holder, giver, proxy, may_substitute, at)


@internal
def _appoint(
    meeting: uint256,
    holder: address,
    giver: address,
    proxy: address,
    may_substitute: bool,
    at: uint256,
):
    found: agenda.Meeting = agenda.meetings[meeting]
    assert found.terms != 0 and found.terms & agenda.ENDED == 0, "meeting: ended"
    assert block.timestamp < (found.terms >> 40) & words.M40, "vote: closed"
    account: uint256 = self._account(found.register, holder)
    assert found.terms & agenda.CHANGEABLE != 0 or not casting._has_voted(
        meeting, account
    ), "proxy: the vote is cast"
    proxies._appoint(meeting, account, holder, giver, proxy, may_substitute, at)
    key: uint256 = (meeting << 32) | account
    ballot: uint256 = casting.ballots[key]
    if ballot & casting.BY_PROXY != 0 and proxies._voter(key) != casting.cast_by[key]:
        casting._undo(meeting, found.terms, account, ballot)
        casting.ballots[key] = 0
        log IBallot.VoteWithdrawn(meeting=meeting, account=account)


# ---- asked ----


@external
@view
def meetings(meeting: uint256) -> agenda.Meeting:
    """
    @notice Terms, register and hash of the notice.
    """
    return agenda.meetings[meeting]


@external
@view
def total(meeting: uint256, resolution: uint256, class_: uint256, choice: uint256) -> uint256:
    """
    @notice Units (in cumulative voting: votes) of a class for a choice; of rankings the first preference.
    """
    return agenda.totals[(meeting << 24) | (resolution << 16) | (class_ << 8) | choice]


@external
@view
def entitled(meeting: uint256, class_: uint256) -> uint256:
    """
    @notice Units of a class that may vote.
    """
    return agenda._entitled(meeting, class_)


@external
@view
def decided(meeting: uint256, resolution: uint256) -> (bool, bool):
    """
    @notice Whether there is a quorum, and whether an ordinary resolution is carried, by the totals so far.
    """
    return agenda._decided(meeting, resolution)


@external
@view
def voter_of(meeting: uint256, holder: address) -> address:
    """
    @notice Who may vote for a holder beside himself; zero where nobody was appointed.
    """
    account: uint256 = self._account(agenda.meetings[meeting].register, holder)
    return proxies._voter((meeting << 32) | account)


@external
@view
def ballot_of(meeting: uint256, account: uint256) -> uint256:
    """
    @notice What an account said last, where votes are kept (docs/reference/words.md).
    """
    return casting.ballots[(meeting << 32) | account]


@external
@view
def has_voted(meeting: uint256, account: uint256) -> bool:
    return casting._has_voted(meeting, account)


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signed._separator(NAME_HASH)


# ---- parts ----


@internal
@view
def _open(meeting: uint256) -> uint256:
    terms: uint256 = agenda.meetings[meeting].terms
    assert terms != 0 and terms & agenda.ENDED == 0, "meeting: ended"
    assert block.timestamp >= terms & words.M40, "vote: not yet open"
    assert block.timestamp < (terms >> 40) & words.M40, "vote: closed"
    return terms


@internal
@view
def _account(register: IHolders, holder: address) -> uint256:
    account: uint256 = words._number(staticcall register.facts(holder))
    assert account != 0, "wallet: unknown"
    return account


@internal
@view
def _digest(separator: bytes32, meeting: uint256, one: Signed, marks: bytes32) -> bytes32:
    content: bytes32 = keccak256(
        abi_encode(VOTE, meeting, one.holder, one.choices, marks, one.at)
    )
    return keccak256(concat(x"1901", separator, content))


@internal
def _signs(who: address, digest: bytes32, one: Signed) -> bool:
    if one.at > block.timestamp:
        return False
    if signed._is_signed_by(who, digest, one.v, one.r, one.s):
        return True
    return self._answers(who, digest, one.v, one.r, one.s)


@internal
def _answers(who: address, digest: bytes32, v: uint256, r: uint256, s: uint256) -> bool:
    """
    @dev A wallet that is a contract answers for itself (ERC-1271), and can break nothing but its own vote.
    """
    if not who.is_contract:
        return False
    signature: Bytes[65] = concat(convert(r, bytes32), convert(s, bytes32), convert(convert(v, uint8), bytes1))
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        who,
        abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
        max_outsize=32,
        gas=WALLET_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    return ok and len(answer) == 32 and slice(answer, 0, 4) == x"1626ba7e"
