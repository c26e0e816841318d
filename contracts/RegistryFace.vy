# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title RegistryFace
@license Apache-2.0
@notice ERC-3643's identity registry, its storage, its claim topics and its trusted issuers, answered
        from the one word a person has in `Holders`. It keeps nothing about persons.
@dev Claims are verified at admission, not at every transfer. A changed topic or issuer raises the
     epoch of the register, so that everybody admitted under the old ones must be admitted again.
     It needs the powers ADMIT and RULES in `Holders` and asks the same of whoever calls it.
@custom:halt Take its powers in `Holders` away.
"""
from interfaces import IHolders
from modules import powers
from modules import words

TOPICS_MAX: constant(uint256) = 15
ISSUERS_MAX: constant(uint256) = 25

interface IRegister:
    def admit_person(row: uint256, identity: address, commitment: bytes32): nonpayable
    def set_facts(rows: DynArray[uint256, 1]): nonpayable
    def raise_epoch(document: bytes32): nonpayable
    def epoch() -> uint256: view

event ClaimTopicAdded:
    topic: indexed(uint256)

event ClaimTopicRemoved:
    topic: indexed(uint256)

event TrustedIssuerAdded:
    issuer: indexed(address)
    topics: DynArray[uint256, TOPICS_MAX]

event TrustedIssuerRemoved:
    issuer: indexed(address)

event ClaimTopicsUpdated:
    issuer: indexed(address)
    topics: DynArray[uint256, TOPICS_MAX]

event IdentityRegistered:
    wallet: indexed(address)
    identity: indexed(address)

event IdentityRemoved:
    wallet: indexed(address)
    identity: indexed(address)

event CountryUpdated:
    wallet: indexed(address)
    country: indexed(uint16)

REGISTER: immutable(IHolders)
topics: DynArray[uint256, TOPICS_MAX]
issuers: DynArray[address, ISSUERS_MAX]
topics_of: HashMap[address, DynArray[uint256, TOPICS_MAX]]


@deploy
def __init__(register: IHolders):
    REGISTER = register


# ---- identity registry ----


@external
@view
def contains(wallet: address) -> bool:
    return words._number(staticcall REGISTER.facts(wallet)) != 0


@external
@view
def isVerified(wallet: address) -> bool:
    """
    @notice Whether the person may receive units today: known, not stopped, not expired, of this epoch.
    """
    facts: uint256 = staticcall REGISTER.facts(wallet)
    return (
        words._number(facts) != 0
        and facts & words.FACT_STOPPED == 0
        and (facts >> 207) & words.M20 >= block.timestamp // 86400
        and (facts >> 227) & words.M12 >= staticcall IRegister(REGISTER.address).epoch()
    )


@external
@view
def identity(wallet: address) -> address:
    return self._identity(wallet)


@external
@view
def investorCountry(wallet: address) -> uint16:
    return convert(((staticcall REGISTER.facts(wallet)) >> 197) & words.M10, uint16)


@external
@view
def storedIdentity(wallet: address) -> address:
    return self._identity(wallet)


@external
@view
def storedInvestorCountry(wallet: address) -> uint16:
    return convert(((staticcall REGISTER.facts(wallet)) >> 197) & words.M10, uint16)


@external
@view
def identityStorage() -> address:
    return self


@external
@view
def topicsRegistry() -> address:
    return self


@external
@view
def issuersRegistry() -> address:
    return self


@external
@view
def linkedIdentityRegistries() -> DynArray[address, 1]:
    return [self]


@external
def registerIdentity(wallet: address, identity: address, country: uint16):
    """
    @notice Open an account of class 1 that is not yet verified: its last day is 0 until a registrar
            sets the facts.
    """
    self._need(powers.ADMIT)
    self._register(wallet, identity, country)


@external
def batchRegisterIdentity(
    wallets: DynArray[address, 50],
    identities: DynArray[address, 50],
    countries: DynArray[uint16, 50],
):
    self._need(powers.ADMIT)
    assert len(wallets) == len(identities), "batch: unequal lists"
    assert len(wallets) == len(countries), "batch: unequal lists"
    for i: uint256 in range(len(wallets), bound=50):
        self._register(wallets[i], identities[i], countries[i])


@external
def deleteIdentity(wallet: address):
    """
    @notice The account stays, since units may be on it; from now on it receives nothing.
    """
    self._need(powers.ADMIT)
    facts: uint256 = staticcall REGISTER.facts(wallet)
    self._set(wallet, facts & ~(words.M20 << 207))
    log IdentityRemoved(wallet=wallet, identity=convert(facts & words.M160, address))


@external
def updateCountry(wallet: address, country: uint16):
    self._need(powers.ADMIT)
    assert convert(country, uint256) <= words.M10, "country: unknown"
    facts: uint256 = staticcall REGISTER.facts(wallet)
    # writing facts renews an admission; another country alone must not renew a stale one
    epoch: uint256 = staticcall IRegister(REGISTER.address).epoch()
    assert (facts >> 227) & words.M12 == epoch, "identity: admission is stale"
    changed: uint256 = facts & ~(words.M10 << 197)
    self._set(wallet, changed | (convert(country, uint256) << 197))
    log CountryUpdated(wallet=wallet, country=country)


@external
def updateIdentity(wallet: address, identity: address):
    raise "identity: fixed at admission"


@internal
def _register(wallet: address, identity: address, country: uint16):
    row: uint256 = convert(wallet, uint256) | (1 << 192) | (convert(country, uint256) << 197)
    assert convert(country, uint256) <= words.M10, "country: unknown"
    extcall IRegister(REGISTER.address).admit_person(row, identity, empty(bytes32))
    log IdentityRegistered(wallet=wallet, identity=identity)


@internal
def _set(wallet: address, facts: uint256):
    assert words._number(facts) != 0, "wallet: unknown"
    row: uint256 = (facts & ~words.M160) | convert(wallet, uint256)
    extcall IRegister(REGISTER.address).set_facts([row])


@internal
@view
def _identity(wallet: address) -> address:
    """
    @dev The identity given at admission, else the wallet itself stands for its person.
    """
    facts: uint256 = staticcall REGISTER.facts(wallet)
    if words._number(facts) == 0:
        return empty(address)
    found: address = convert(facts & words.M160, address)
    return found if found != empty(address) else wallet


@internal
@view
def _need(power: uint256):
    assert staticcall REGISTER.has_power(msg.sender, power), "power: not held"


# ---- claim topics ----


@external
@view
def getClaimTopics() -> DynArray[uint256, TOPICS_MAX]:
    return self.topics


@external
def addClaimTopic(topic: uint256):
    self._need(powers.RULES)
    assert topic not in self.topics, "topic: there already"
    self.topics.append(topic)
    log ClaimTopicAdded(topic=topic)
    self._required(topic)


@external
def removeClaimTopic(topic: uint256):
    self._need(powers.RULES)
    kept: DynArray[uint256, TOPICS_MAX] = []
    for known: uint256 in self.topics:
        if known != topic:
            kept.append(known)
    assert len(kept) != len(self.topics), "topic: unknown"
    self.topics = kept
    log ClaimTopicRemoved(topic=topic)
    self._required(topic)


# ---- trusted issuers ----


@external
@view
def getTrustedIssuers() -> DynArray[address, ISSUERS_MAX]:
    return self.issuers


@external
@view
def getTrustedIssuersForClaimTopic(topic: uint256) -> DynArray[address, ISSUERS_MAX]:
    found: DynArray[address, ISSUERS_MAX] = []
    for issuer: address in self.issuers:
        if topic in self.topics_of[issuer]:
            found.append(issuer)
    return found


@external
@view
def isTrustedIssuer(issuer: address) -> bool:
    return issuer in self.issuers


@external
@view
def getTrustedIssuerClaimTopics(issuer: address) -> DynArray[uint256, TOPICS_MAX]:
    assert issuer in self.issuers, "issuer: unknown"
    return self.topics_of[issuer]


@external
@view
def hasClaimTopic(issuer: address, topic: uint256) -> bool:
    return topic in self.topics_of[issuer]


@external
def addTrustedIssuer(issuer: address, topics: DynArray[uint256, TOPICS_MAX]):
    self._need(powers.RULES)
    assert issuer != empty(address) and issuer not in self.issuers, "issuer: there already"
    assert len(topics) != 0, "issuer: no topics"
    self.issuers.append(issuer)
    self.topics_of[issuer] = topics
    log TrustedIssuerAdded(issuer=issuer, topics=topics)
    self._required(convert(issuer, uint256))


@external
def removeTrustedIssuer(issuer: address):
    self._need(powers.RULES)
    kept: DynArray[address, ISSUERS_MAX] = []
    for known: address in self.issuers:
        if known != issuer:
            kept.append(known)
    assert len(kept) != len(self.issuers), "issuer: unknown"
    self.issuers = kept
    self.topics_of[issuer] = []
    log TrustedIssuerRemoved(issuer=issuer)
    self._required(convert(issuer, uint256))


@external
def updateIssuerClaimTopics(issuer: address, topics: DynArray[uint256, TOPICS_MAX]):
    self._need(powers.RULES)
    assert issuer in self.issuers, "issuer: unknown"
    assert len(topics) != 0, "issuer: no topics"
    self.topics_of[issuer] = topics
    log ClaimTopicsUpdated(issuer=issuer, topics=topics)
    self._required(convert(issuer, uint256))


@internal
def _required(what: uint256):
    """
    @dev What is required has changed: stale admissions fail closed.
    """
    extcall IRegister(REGISTER.address).raise_epoch(keccak256(convert(what, bytes32)))
