# pragma version 0.4.3
"""
@title Proxies
@license Apache-2.0
@notice Who votes for a holder at a meeting: the end of the chain of appointments. A proxy who may
        substitute passes the vote of that holder on; nobody stands on a chain twice.
"""
from interfaces import IBallot
from modules import words

CHAIN_MAX: constant(uint256) = 8

# meeting << 32 | account -> giver (zero: the holder itself) -> proxy 0..159 | may substitute 160 |
# second of signing 168..207
given: HashMap[uint256, HashMap[address, uint256]]


@internal
@view
def _chain(key: uint256) -> DynArray[address, CHAIN_MAX]:
    """
    @dev The proxies from the holder's own on; stops where it would close.
    """
    found: DynArray[address, CHAIN_MAX] = []
    word: uint256 = self.given[key][empty(address)]
    for i: uint256 in range(CHAIN_MAX):
        proxy: address = convert(word & words.M160, address)
        if proxy == empty(address) or proxy in found:
            break
        found.append(proxy)
        if (word >> 160) & 1 == 0:
            break
        word = self.given[key][proxy]
    return found


@internal
@view
def _voter(key: uint256) -> address:
    """
    @dev Who may vote beside the holder; zero where nobody was appointed.
    """
    way: DynArray[address, CHAIN_MAX] = self._chain(key)
    return empty(address) if len(way) == 0 else way[len(way) - 1]


@internal
def _appoint(
    meeting: uint256,
    account: uint256,
    holder: address,
    giver: address,
    proxy: address,
    may_substitute: bool,
    at: uint256,
):
    """
    @dev `giver` is the holder, or a proxy on the chain who may substitute. A proxy of zero revokes.
    """
    key: uint256 = (meeting << 32) | account
    way: DynArray[address, CHAIN_MAX] = self._chain(key)
    place: address = empty(address)
    if giver != holder:
        assert giver in way, "proxy: no power to substitute"
        assert (self._leads(key, way, giver) >> 160) & 1 != 0, "proxy: no power to substitute"
        place = giver
        for before: address in way:
            assert proxy != before, "proxy: runs in a circle"
            if before == giver:
                break
    assert proxy != giver and proxy != holder, "proxy: runs in a circle"
    assert at > (self.given[key][place] >> 168) & words.M40, "proxy: older than the one given"
    may: uint256 = convert(may_substitute, uint256) << 160
    self.given[key][place] = convert(proxy, uint256) | may | (at << 168)
    log IBallot.Appointed(
        meeting=meeting, account=account, giver=place, proxy=proxy, may_substitute=may_substitute
    )
    assert len(self._chain(key)) < CHAIN_MAX, "proxy: chain too long"


@internal
@view
def _leads(key: uint256, way: DynArray[address, CHAIN_MAX], to: address) -> uint256:
    """
    @dev The appointment by which `to` stands on the chain.
    """
    giver: address = empty(address)
    for proxy: address in way:
        if proxy == to:
            break
        giver = proxy
    return self.given[key][giver]
