# pragma version 0.4.3
"""
@title Signed messages
@license Apache-2.0
@notice EIP-712 digests and signature checks: secp256k1 with low s, or ERC-1271 for a contract.
        The domain holds name, version 1, chain id and contract, and follows a change of chain id.
"""

DOMAIN: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
VERSION_HASH: constant(bytes32) = keccak256("1")
HALF_ORDER: constant(uint256) = (
    57896044618658097711785492504343953926418782139537452191302581570759080747168
)


interface IERC1271:
    def isValidSignature(digest: bytes32, signature: Bytes[65]) -> bytes4: view


@internal
@view
def _separator(name_hash: bytes32) -> bytes32:
    return keccak256(abi_encode(DOMAIN, name_hash, VERSION_HASH, chain.id, self))


@internal
@view
def _digest(name_hash: bytes32, content: bytes32) -> bytes32:
    return keccak256(concat(x"1901", self._separator(name_hash), content))


@internal
@view
def _is_signed_by(who: address, digest: bytes32, v: uint256, r: uint256, s: uint256) -> bool:
    """
    @dev A zero address never signs; a high s is the same signature a second time and is refused.
    """
    if s > HALF_ORDER or who == empty(address):
        return False
    return ecrecover(digest, v, r, s) == who


@internal
@view
def _signs(who: address, digest: bytes32, signature: Bytes[65]) -> bool:
    """
    @dev A wallet that is a contract answers for itself (ERC-1271).
    """
    if who.is_contract:
        return staticcall IERC1271(who).isValidSignature(digest, signature) == 0x1626ba7e
    if len(signature) != 65:
        return False
    r: uint256 = convert(slice(signature, 0, 32), uint256)
    s: uint256 = convert(slice(signature, 32, 32), uint256)
    return self._is_signed_by(who, digest, convert(slice(signature, 64, 1), uint256), r, s)
