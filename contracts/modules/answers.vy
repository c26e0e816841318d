# pragma version 0.4.3
"""
@title Answers
@license Apache-2.0
@notice What the standards let anybody ask of a token, answered from its words.
"""
from interfaces import IHolders
from modules import book
from modules import words

uses: book

interface IAssets:
    def document(subject: bytes32, name: bytes32) -> (String[128], bytes32, uint256): view
    def document_names(subject: bytes32) -> DynArray[bytes32, 30]: view


@external
@view
def identityRegistry() -> address:
    return book.registry_face


@external
@view
def compliance() -> address:
    return self


@external
@view
def onchainID() -> address:
    return book.onchain_id


@external
@view
def version() -> String[8]:
    return "1.0"


@external
@view
def paused() -> bool:
    return book.state & (words.PAUSED | words.HALTED) != 0


@external
@view
def isFrozen(wallet: address) -> bool:
    facts: uint256 = staticcall IHolders(book.holders_register).facts(wallet)
    word: uint256 = book.accounts[words._number(facts)]
    return facts & words.FACT_STOPPED != 0 or word & words.ACCOUNT_FROZEN != 0


@external
@view
def getFrozenTokens(wallet: address) -> uint256:
    facts: uint256 = staticcall IHolders(book.holders_register).facts(wallet)
    return (book.accounts[words._number(facts)] >> 96) & words.M96


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    return interface_id in [
        0x01ffc9a7,  # ERC-165
        0x36372b07,  # ERC-20
        0x3edbb4c4,  # ERC-7943 fungible
        0xab84a5c8,  # ERC-1404
    ]


@external
@view
def eip712Domain() -> (
    bytes1, String[64], String[1], uint256, address, bytes32, DynArray[uint256, 1]
):
    signed_name: String[64] = book.signed_name if len(book.signed_name) != 0 else book.name
    return 0x0f, signed_name, "1", chain.id, self, empty(bytes32), []


@external
@view
def getDocument(name: bytes32) -> (String[128], bytes32, uint256):
    return staticcall IAssets(book.assets).document(self._subject(), name)


@external
@view
def getAllDocuments() -> DynArray[bytes32, 30]:
    return staticcall IAssets(book.assets).document_names(self._subject())


@internal
@view
def _subject() -> bytes32:
    return convert(convert(self, uint256), bytes32)


# ---- compliance calls: a token is its own compliance ----


@external
def bindToken(token: address):
    assert msg.sender == self, "caller: not the bound token"


@external
def unbindToken(token: address):
    assert msg.sender == self, "caller: not the bound token"


@external
def transferred(sender: address, receiver: address, amount: uint256):
    assert msg.sender == self, "caller: not the bound token"


@external
def created(receiver: address, amount: uint256):
    assert msg.sender == self, "caller: not the bound token"


@external
def destroyed(holder: address, amount: uint256):
    assert msg.sender == self, "caller: not the bound token"


@external
def setIdentityRegistry(registry: address):
    raise "register: cannot change"
