"""Faults in what pays the holders of record."""

from tests.contracts.faults.fault import Fault

PAGES, CLAIMS = "test_distribution.py", "test_distribution_claims.py"
FAULTS = [
    Fault(
        "modules/payouts.vy",
        "    pots.of[distribution].head = after\n",
        "",
        "a page is paid again and again",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        "    assert keccak256(abi_encode(rows, after)) == pots.of[distribution].head,"
        ' "page: not the next"\n',
        "",
        "any page is paid, whatever was committed",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        "        bits |= 1 << (account & 255)\n",
        "",
        "an account named twice is paid twice",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        "            if place != max_value(uint256):\n                pots.paid[group | place] = bits\n",
        "",
        "who was paid is forgotten when a page reaches the next 256 accounts",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        '    assert spent <= money & words.M128, "pot: spent"\n',
        "",
        "a pot pays with the money of others",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        " or facts & words.FACT_TREASURY != 0:",
        ":",
        "the issuer pays himself a dividend",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        '            assert tax <= gross, "row: more tax than money"\n',
        "",
        "more tax is withheld than there is money",
        PAGES,
    ),
    Fault(
        "Distribution.vy",
        "    assert total <= pots.of[distribution].money & words.M128,"
        ' "pot: smaller than declared"\n',
        "",
        "a pot opens that cannot pay everybody",
        PAGES,
    ),
    Fault(
        "Distribution.vy",
        "    assert declared == 0 or declared == rate or mode == pots.LISTED,"
        ' "rate: not the declared"\n',
        "",
        "another rate is paid than was declared",
        PAGES,
    ),
    Fault(
        "modules/remains.vy",
        '    assert over or payee == pots.of[distribution].purse, "end: claims still run"\n',
        "",
        "unclaimed money leaves before its time",
        PAGES,
    ),
    Fault(
        "modules/remains.vy",
        "proposer != empty(address) and proposer != msg.sender",
        "proposer != empty(address)",
        "one person ends a pot alone",
        PAGES,
    ),
    Fault(
        "modules/remains.vy",
        "    pots.held[(distribution << 32) | account] = 0\n",
        "",
        "held money is released twice",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        "    why: uint256 = self._stopped(facts, least)\n",
        "    why: uint256 = 0\n",
        "a sanctioned holder is paid",
        PAGES,
    ),
    Fault(
        "modules/payouts.vy",
        "(facts >> 227) & words.M12 < least >> 20 or ",
        "",
        "an admission under old requirements is paid",
        PAGES,
    ),
    Fault(
        "modules/claiming.vy",
        '    assert (bits >> (account & 255)) & 1 == 0, "claim: paid before"\n',
        "",
        "a claim works twice",
        CLAIMS,
    ),
    Fault(
        "modules/claiming.vy",
        ' == least or gross == least + 1, "claim: not by the rate"',
        ' == least or True, "claim: not by the rate"',
        "a wrong root pays more than the rate",
        CLAIMS,
    ),
    Fault(
        "modules/claiming.vy",
        '    assert block.timestamp <= deadline, "claim: expired"\n',
        "",
        "a signed claim never ends",
        CLAIMS,
    ),
    Fault(
        "Distribution.vy",
        "# pragma nonreentrancy on\n",
        "",
        "a coin comes back in while it pays",
        CLAIMS,
    ),
    Fault(
        "modules/coins.vy",
        "    assert staticcall IERC20(coin).balanceOf(self) == before + amount,"
        ' "cash: moves another amount"\n',
        "",
        "a coin that keeps a fee leaves a pot short",
        CLAIMS,
    ),
]
