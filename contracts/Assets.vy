# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Assets
@license Apache-2.0
@notice See IAssets. One for a chain: each thing has its issuer's `Holders` register, in which powers over
        it and the eligibility of its holder are looked up.
@custom:halt Freezing a person in the register stops the titles he holds; a title with units against it
             does not move by itself.
@custom:assumptions A register answers truthfully about its own issuer's powers and persons.
"""
from interfaces import IAssets
from interfaces import IHolders
from modules import powers
from modules import words

KINDS: constant(uint256) = 7  # 1 company, 2 bond, 3 revenue share, 4 property, 5 vehicle, 6 fund, 7 other
BOUND_MAX: constant(uint256) = 16
NAMES_MAX: constant(uint256) = 30
REPLACED_MAX: constant(uint256) = 16  # recoveries of one account that a title follows by itself

interface IEpoch:
    def epoch() -> uint256: view

interface IToken:
    def totalSupply() -> uint256: view

interface IReceiver:
    def onERC721Received(
        operator: address, sender: address, token_id: uint256, data: Bytes[1024]
    ) -> bytes4: nonpayable

struct Document:
    document: bytes32
    uri: String[128]
    added: uint256

name: public(constant(String[16])) = "Freehold titles"
symbol: public(constant(String[5])) = "TITLE"

owners: HashMap[uint256, address]
balances: HashMap[address, uint256]
approved: HashMap[uint256, address]
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])
issuer_of: public(HashMap[uint256, address])
kind_of: public(HashMap[uint256, uint256])
bound: HashMap[uint256, DynArray[address, BOUND_MAX]]
issuer_of_token: HashMap[address, address]
versions: public(HashMap[bytes32, HashMap[bytes32, uint256]])
documents: HashMap[bytes32, HashMap[bytes32, HashMap[uint256, Document]]]
names: HashMap[bytes32, DynArray[bytes32, NAMES_MAX]]


# ---- titles ----


@external
def issue_title(record: bytes32, kind: uint256, register: address, holder: address) -> uint256:
    """
    @notice Record a thing by the hash of its canonical record and give its title to `holder`, who
            must be admitted in the issuer's register. Each thing exists once for an issuer. Returns the
            title's number.
    """
    self._need(register, powers.ISSUE)
    assert record != empty(bytes32), "asset: no record"
    asset: uint256 = self._title(register, record)
    assert self.issuer_of[asset] == empty(address), "asset: recorded already"
    assert kind != 0 and kind <= KINDS, "asset: unknown kind"
    self._need_eligible(register, holder)
    self.issuer_of[asset] = register
    self.kind_of[asset] = kind
    self.owners[asset] = holder
    self.balances[holder] += 1
    log IAssets.TitleIssued(
        asset=asset, issuer=register, holder=holder, kind=kind, record=record
    )
    log IAssets.Transfer(sender=empty(address), receiver=holder, token_id=asset)
    return asset


@external
@pure
def title_of(register: address, record: bytes32) -> uint256:
    """
    @notice The number of a title: keccak-256 of the issuer's register and the record's hash, so that
            nobody can take a number that belongs to another issuer.
    """
    return self._title(register, record)


@internal
@pure
def _title(register: address, record: bytes32) -> uint256:
    return convert(keccak256(abi_encode(register, record)), uint256)


@external
def bind(asset: uint256, token: address):
    """
    @notice Say that `token` is a class of units against this thing. While any of them exist, the title
            does not move.
    """
    register: address = self.issuer_of[asset]
    self._need(register, powers.ISSUE)
    assert staticcall IHolders(register).is_listed(token), "token: not this issuer's"
    assert token not in self.bound[asset], "token: bound already"
    self.bound[asset].append(token)
    self.issuer_of_token[token] = register
    log IAssets.TitleBound(asset=asset, token=token)


@external
@view
def bound_tokens(asset: uint256) -> DynArray[address, BOUND_MAX]:
    return self.bound[asset]


@external
@view
def ownerOf(token_id: uint256) -> address:
    owner: address = self._live(token_id)
    assert owner != empty(address), "asset: unknown"
    return owner


@external
@view
def balanceOf(owner: address) -> uint256:
    assert owner != empty(address), "wallet: zero"
    return self.balances[owner]


@external
@view
def getApproved(token_id: uint256) -> address:
    owner: address = self._live(token_id)
    assert owner != empty(address), "asset: unknown"
    # what a replaced wallet approved died with it
    return self.approved[token_id] if owner == self.owners[token_id] else empty(address)


@external
@view
def tokenURI(token_id: uint256) -> String[128]:
    """
    @notice Where the canonical record may be found: the newest document named "record".
    """
    subject: bytes32 = convert(token_id, bytes32)
    record: bytes32 = 0x7265636f72640000000000000000000000000000000000000000000000000000
    return self.documents[subject][record][self.versions[subject][record]].uri


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    return interface_id in [0x01ffc9a7, 0x80ac58cd, 0x5b5e139f]


@external
def approve(to: address, token_id: uint256):
    owner: address = self._live(token_id)
    assert owner != empty(address), "asset: unknown"
    assert msg.sender == owner or self.isApprovedForAll[owner][msg.sender], "title: not yours"
    self._follow(owner, token_id)
    self.approved[token_id] = to
    log IAssets.Approval(owner=owner, approved=to, token_id=token_id)


@external
def setApprovalForAll(operator: address, approved: bool):
    self.isApprovedForAll[msg.sender][operator] = approved
    log IAssets.ApprovalForAll(owner=msg.sender, operator=operator, approved=approved)


@external
def transferFrom(owner: address, to: address, token_id: uint256):
    self._transfer(owner, to, token_id)


@external
def safeTransferFrom(
    owner: address, to: address, token_id: uint256, data: Bytes[1024] = b""
):
    self._transfer(owner, to, token_id)
    if to.is_contract:
        answer: bytes4 = extcall IReceiver(to).onERC721Received(msg.sender, owner, token_id, data)
        assert answer == 0x150b7a02, "title: not accepted"


@external
def force_title(
    asset: uint256, holder: address, reason: uint256, document: bytes32
):
    """
    @notice Move a title against its holder's will, or bring it to his recovered wallet.
    """
    self._need(self.issuer_of[asset], powers.FORCE)
    assert reason != 0 and document != empty(bytes32), "act: reason and document"
    owner: address = self.owners[asset]
    assert owner != holder, "forced: same holder"
    self._need_eligible(self.issuer_of[asset], holder)
    self._move(owner, holder, asset)
    log IAssets.TitleForced(asset=asset, reason=reason, document=document)


@internal
def _transfer(owner: address, to: address, token_id: uint256):
    """
    @dev Gated like any security: both parties in the issuer's register, and no units outstanding.
    """
    holder: address = self._live(token_id)
    assert holder != empty(address) and holder == owner, "title: not the owner's"
    self._follow(owner, token_id)
    assert (
        msg.sender == owner
        or self.approved[token_id] == msg.sender
        or self.isApprovedForAll[owner][msg.sender]
    ), "title: not yours"
    register: address = self.issuer_of[token_id]
    facts: uint256 = staticcall IHolders(register).facts(owner)
    assert facts & words.FACT_SANCTIONED == 0, "transfer refused: 116"
    assert facts & words.FACT_FROZEN == 0, "transfer refused: 103"
    self._need_eligible(register, to)
    for token: address in self.bound[token_id]:
        assert staticcall IToken(token).totalSupply() == 0, "title: units exist"
    self._move(owner, to, token_id)


@internal
def _follow(owner: address, token_id: uint256):
    """
    @dev Bring the title to the wallet that replaced its owner's; the old approval is gone with that.
    """
    if self.owners[token_id] != owner:
        self._move(self.owners[token_id], owner, token_id)


@internal
def _move(owner: address, to: address, token_id: uint256):
    self.owners[token_id] = to
    self.approved[token_id] = empty(address)
    self.balances[owner] -= 1
    self.balances[to] += 1
    log IAssets.Transfer(sender=owner, receiver=to, token_id=token_id)


@internal
@view
def _live(token_id: uint256) -> address:
    """
    @dev The wallet that opens the owner's account now: replaced wallets are followed to the last.
    """
    owner: address = self.owners[token_id]
    if owner == empty(address):
        return owner
    for i: uint256 in range(REPLACED_MAX):
        facts: uint256 = staticcall IHolders(self.issuer_of[token_id]).facts(owner)
        if facts & words.TOMBSTONE == 0:
            break
        owner = convert(facts & words.M160, address)
    return owner


@internal
@view
def _need_eligible(register: address, wallet: address):
    facts: uint256 = staticcall IHolders(register).facts(wallet)
    assert words._number(facts) != 0, "transfer refused: 110"
    assert facts & words.FACT_SANCTIONED == 0, "transfer refused: 115"
    assert facts & words.FACT_FROZEN == 0, "transfer refused: 104"
    assert (facts >> 207) & words.M20 >= block.timestamp // 86400, "transfer refused: 112"
    epoch: uint256 = staticcall IEpoch(register).epoch()
    assert (facts >> 227) & words.M12 >= epoch, "transfer refused: 114"


@internal
@view
def _need(register: address, power: uint256):
    assert register != empty(address), "asset: unknown"
    assert staticcall IHolders(register).has_power(msg.sender, power), "power: not held"


# ---- documents of assets and instruments (ERC-1643 with versions) ----


@external
def add_document(subject: bytes32, register: address, label: bytes32, document: bytes32, uri: String[128]):
    """
    @notice Add a version of a document: its content hash and where it may be found. The subject is the
            number of a title, or the address of one of the issuer's tokens.
    """
    self._need(register, powers.DOCUMENT)
    asset: uint256 = convert(subject, uint256)
    if asset >> 160 == 0:
        token: address = convert(asset, address)
        assert staticcall IHolders(register).is_listed(token), "token: not this issuer's"
    else:
        assert self.issuer_of[asset] == register, "asset: another issuer's"
    assert label != empty(bytes32) and document != empty(bytes32), "document: name and hash"
    version: uint256 = self.versions[subject][label] + 1
    if version == 1:
        self.names[subject].append(label)
    self.versions[subject][label] = version
    self.documents[subject][label][version] = Document(
        document=document, uri=uri, added=block.timestamp
    )
    log IAssets.DocumentAdded(
        subject=subject, name=label, version=version, document=document, uri=uri
    )


@external
@view
def document(subject: bytes32, label: bytes32) -> (String[128], bytes32, uint256):
    """
    @notice Place, content hash and second of the newest version.
    """
    newest: Document = self.documents[subject][label][self.versions[subject][label]]
    return newest.uri, newest.document, newest.added


@external
@view
def document_version(
    subject: bytes32, label: bytes32, version: uint256
) -> (String[128], bytes32, uint256):
    found: Document = self.documents[subject][label][version]
    return found.uri, found.document, found.added


@external
@view
def document_names(subject: bytes32) -> DynArray[bytes32, NAMES_MAX]:
    return self.names[subject]
