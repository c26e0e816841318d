# pragma version 0.4.3
"""
@title Words
@license Apache-2.0
@notice The bit layouts that every contract of the set shares; docs/reference/words.md draws them.
        facts   identity 0..159 | account 160..191 | class 192..196 | country 197..206 | until day
                207..226 | admission epoch 227..238 | flags 239..254 | tombstone 255
        account balance 0..95 | frozen 96..191 | lot slots 192..199 | records covered 200..215 |
                account frozen 216 | country 217..226 and rules version 227..242 of its verdict
        state   next record instant 0..39 | records passed 40..55 | admission epoch 56..67 |
                flags 68..74 | sale matrix 8 x 8 76..139 | holders 140..167 | most holders 168..195 |
                most units per person 196..227 (24-bit mantissa, 8-bit exponent) |
                rules version 228..243 | classes in a counted group 244..251
        vintage acquired 0..19 | clock A 20..39 | A free 40..59 | B 60..79 | C 80..99 | D 100..119 |
                family 120..127 | fast exits 128..159 | reason of D 160..167
"""

M5: constant(uint256) = (1 << 5) - 1
M8: constant(uint256) = (1 << 8) - 1
M10: constant(uint256) = (1 << 10) - 1
M12: constant(uint256) = (1 << 12) - 1
M16: constant(uint256) = (1 << 16) - 1
M20: constant(uint256) = (1 << 20) - 1
M24: constant(uint256) = (1 << 24) - 1
M28: constant(uint256) = (1 << 28) - 1
M32: constant(uint256) = (1 << 32) - 1
M40: constant(uint256) = (1 << 40) - 1
M96: constant(uint256) = (1 << 96) - 1
M112: constant(uint256) = (1 << 112) - 1
M128: constant(uint256) = (1 << 128) - 1
M160: constant(uint256) = (1 << 160) - 1

# facts
FACT_FROZEN: constant(uint256) = 1 << 239
FACT_SANCTIONED: constant(uint256) = 1 << 240
FACT_MULTI: constant(uint256) = 1 << 241
FACT_AFFILIATE: constant(uint256) = 1 << 242
FACT_TREASURY: constant(uint256) = 1 << 245
COUNTRY: constant(uint256) = M10 << 197
FACT_STOPPED: constant(uint256) = FACT_FROZEN | FACT_SANCTIONED
TOMBSTONE: constant(uint256) = 1 << 255

# account
ACCOUNT_FROZEN: constant(uint256) = 1 << 216

VERDICT: constant(uint256) = ((1 << 26) - 1) << 217  # country and rules version

# state
ACTIVE: constant(uint256) = 1 << 68
PAUSED: constant(uint256) = 1 << 69
HALTED: constant(uint256) = 1 << 70
COUNTRIES: constant(uint256) = 1 << 71
GROUPS: constant(uint256) = 1 << 72
OUTSIDE: constant(uint256) = 1 << 73
AFFILIATES: constant(uint256) = 1 << 74

# kinds
SALE: constant(uint256) = 0
ISSUE: constant(uint256) = 1
TO_ISSUER: constant(uint256) = 8
PUBLIC_SALE: constant(uint256) = 9
VENUE: constant(uint256) = 10
FORCED: constant(uint256) = 11  # this kind and all above it are acts of a power, not of the rules
FORCE: constant(uint256) = 12
CONVERT: constant(uint256) = 13

SUPPLY: constant(uint256) = (1 << 32) - 1
WHY_OF_LOTS: constant(uint256) = 1 << 40  # | clock << 32 | family << 8 | kind: a running clock's reasons
PROOFS_MAX: constant(uint256) = 6  # kinds of proven facts (docs/reference/words.md)


@internal
@pure
def _number(facts: uint256) -> uint256:
    return (facts >> 160) & M32


@internal
@pure
def _class(facts: uint256) -> uint256:
    return (facts >> 192) & M5
