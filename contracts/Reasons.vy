# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Reasons
@license Apache-2.0
@notice The sentence behind each reason code, for ERC-1404. An unknown code is "unknown", never a revert.
        The texts are data, written once at deployment from `freehold.core.reasons`.
@custom:halt Nothing to halt: it only tells.
"""
CODES_MAX: constant(uint256) = 100

texts: HashMap[uint8, String[128]]


@deploy
def __init__(codes: DynArray[uint8, CODES_MAX], sentences: DynArray[String[128], CODES_MAX]):
    assert len(codes) == len(sentences), "reasons: unequal lists"
    for i: uint256 in range(len(codes), bound=CODES_MAX):
        self.texts[codes[i]] = sentences[i]


@external
@view
def message(code: uint8) -> String[128]:
    found: String[128] = self.texts[code]
    return found if len(found) != 0 else "unknown"
