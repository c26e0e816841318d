"""The factor table: every question, what a yes and a no say, which way they point, and whose law it is.

Wording is a paraphrase of the sources named. Where nobody has confirmed a source it is marked G and
shown as unverified. Informational, not legal advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

VERSION = "1"
AS_OF = date(2026, 11, 22)
NOTICE = "Informational, not legal advice."


class Part(StrEnum):
    """What a question belongs to, in the order in which the procedure asks."""

    INSTRUMENT = "instrument"  # gate T: already a security
    NOTE = "note"  # gate N: Reves
    CATEGORY = "category"  # gate C: what the asset itself is
    MONEY = "money"  # gate H, the four parts of the Howey test
    ENTERPRISE = "enterprise"
    PROFIT = "profit"
    EFFORTS = "efforts"
    SEPARATION = "separation"  # gate S


TITLES: Mapping[Part, str] = {
    Part.INSTRUMENT: "Gate T, already a security",
    Part.NOTE: "Gate N, a note (Reves)",
    Part.CATEGORY: "Gate C, the asset itself is no security",
    Part.MONEY: "Howey 1, an investment of money",
    Part.ENTERPRISE: "Howey 2, in a common enterprise",
    Part.PROFIT: "Howey 3, with a reasonable expectation of profit",
    Part.EFFORTS: "Howey 4, from the efforts of others",
    Part.SEPARATION: "Gate S, separated from the contract since",
}
PRONGS = (Part.MONEY, Part.ENTERPRISE, Part.PROFIT, Part.EFFORTS)


@dataclass(frozen=True, slots=True)
class Question:
    """`toward`: a yes points toward a security, else away from one. `yes` and `no` are what an
    answer says, as the memo writes it; `cites` are keys of SOURCES."""

    id: str
    part: Part
    toward: bool
    text: str
    yes: str
    no: str
    cites: tuple[str, ...]


_TABLE = (
    Question(
        "T0",
        Part.INSTRUMENT,
        True,
        "Is the token itself, whatever it is called, an instrument that the statutes list (stock,"
        " bond, transferable share, profit-sharing certificate, fund unit, option)?",
        "The token itself is an instrument that the statutes list.",
        "The token itself is none of the instruments that the statutes list.",
        ("SEC2A1",),
    ),
    Question(
        "T1",
        Part.INSTRUMENT,
        True,
        "Is it a security of an issuer who, himself or through an agent, keeps the register of"
        " holders on the chain or updates it from the chain?",
        "The issuer or his agent keeps the register of a security on the chain, or from it.",
        "No issuer keeps the register of a security on the chain or from it.",
        ("TOK26",),
    ),
    Question(
        "T2",
        Part.INSTRUMENT,
        True,
        "Does somebody else hold a security, and is the token an entitlement to it?",
        "A third party holds a security and the token is an entitlement to it.",
        "No third party holds a security for the holders of the token.",
        ("TOK26",),
    ),
    Question(
        "T3",
        Part.INSTRUMENT,
        True,
        "Does the token only give exposure to the price of one security or a narrow index?",
        "The token gives exposure to the price of one security or a narrow index.",
        "The token gives no exposure to the price of a security.",
        ("TOK26",),
    ),
    Question(
        "N1",
        Part.NOTE,
        True,
        "Is it a note, a loan or another claim to be paid back?",
        "It is a note, a loan or another claim to be paid back.",
        "It is no claim to be paid back.",
        ("REVES",),
    ),
    Question(
        "N2",
        Part.NOTE,
        True,
        "Does the seller raise money for the general use of a business or for investments?",
        "The seller raises money for a business or for investments.",
        "The seller finances one purchase or bridges a gap in his cash.",
        ("REVES",),
    ),
    Question(
        "N3",
        Part.NOTE,
        True,
        "Is the buyer interested mainly in the profit, interest included?",
        "The buyer is interested mainly in the profit.",
        "The buyer acts for a commercial or a consumer's purpose.",
        ("REVES",),
    ),
    Question(
        "N4",
        Part.NOTE,
        True,
        "Is it offered to a broad part of the public, or traded?",
        "It is offered to a broad part of the public, or traded.",
        "It is neither offered broadly nor traded.",
        ("REVES",),
    ),
    Question(
        "N5",
        Part.NOTE,
        True,
        "Is it presented as an investment, or would the public take it for one?",
        "It is presented as an investment, or the public would take it for one.",
        "Nobody would take it for an investment.",
        ("REVES",),
    ),
    Question(
        "N6",
        Part.NOTE,
        False,
        "Does collateral, insurance or another regulator reduce the risk so far that securities"
        " law is not needed?",
        "Collateral, insurance or another regulator reduces the risk.",
        "Nothing reduces the risk: no collateral, insurance or other regulator.",
        ("REVES",),
    ),
    Question(
        "N7",
        Part.NOTE,
        False,
        "Is it prime commercial paper of at most nine months, for current transactions?",
        "It is prime commercial paper of at most nine months.",
        "It is no commercial paper of at most nine months.",
        ("NINE",),
    ),
    Question(
        "N8",
        Part.NOTE,
        False,
        "Is it of a family that courts list as no securities (consumer finance, home mortgage,"
        " short-term note secured by a small business or its assets, character loan, assigned"
        " receivables, open account, a bank's commercial loan)?",
        "It is of a family that courts list as no securities.",
        "It is of no family that courts list as no securities.",
        ("REVES",),
    ),
    Question(
        "U3",
        Part.CATEGORY,
        False,
        "Does its value come from the programmatic operation of a functional system and from"
        " supply and demand (digital commodity)?",
        "Its value comes from the operation of a functional system, supply and demand.",
        "Its value does not come from the operation of a functional system.",
        ("INT26",),
    ),
    Question(
        "U4",
        Part.CATEGORY,
        False,
        "Is it art, music, a game item or a meme, bought for itself (digital collectible)?",
        "It is a collectible, bought for itself.",
        "It is no collectible.",
        ("INT26",),
    ),
    Question(
        "U5",
        Part.CATEGORY,
        False,
        "Is it a membership, ticket, credential or domain name (digital tool)?",
        "It is a tool: a membership, ticket, credential or name.",
        "It is no membership, ticket, credential or name.",
        ("INT26",),
    ),
    Question(
        "X1",
        Part.CATEGORY,
        False,
        "Is it a payment stablecoin within the definition of the GENIUS Act?",
        "It is a payment stablecoin.",
        "It is no payment stablecoin.",
        ("INT26", "GENIUS"),
    ),
    Question(
        "M1",
        Part.MONEY,
        True,
        "Is value given for it (money, other tokens, services, promotion)?",
        "Value is given for the token; services and promotion count.",
        "No value is given for the token.",
        ("HOWEY", "FRAME19"),
    ),
    Question(
        "M2",
        Part.MONEY,
        False,
        "Is it an airdrop without any consideration and without any task?",
        "It is an airdrop without consideration and without a task.",
        "It is no airdrop free of consideration and task.",
        ("INT26",),
    ),
    Question(
        "E1",
        Part.ENTERPRISE,
        True,
        "Are the proceeds pooled, or the fortunes of holders tied to each other?",
        "Proceeds are pooled, or fortunes of holders are tied to each other.",
        "Nothing is pooled and holders' fortunes are independent of each other.",
        ("HOWEY", "FRAME19"),
    ),
    Question(
        "E2",
        Part.ENTERPRISE,
        True,
        "Are the fortunes of holders tied to the promoter's success?",
        "The fortunes of holders are tied to the promoter's success.",
        "The fortunes of holders do not depend on a promoter's success.",
        ("FRAME19", "VERTICAL"),
    ),
    Question(
        "X2",
        Part.ENTERPRISE,
        True,
        "Is it a fraction of, or a pooled interest in, something that is no security itself?",
        "It is a fraction of, or a pooled interest in, something else.",
        "It is no fraction of and no pooled interest in something else.",
        ("HOWEY", "INT26"),
    ),
    Question(
        "P1",
        Part.PROFIT,
        True,
        "Does it give a right to dividends, revenue, interest or a share in liquidation?",
        "It gives a right to dividends, revenue, interest or a share in liquidation.",
        "It gives no right to dividends, revenue, interest or a share in liquidation.",
        ("HOWEY", "FRAME19"),
    ),
    Question(
        "P2",
        Part.PROFIT,
        True,
        "Can it be sold on now, or is a secondary market promised?",
        "It can be sold on, or a secondary market is promised.",
        "It cannot be sold on, and no secondary market is promised.",
        ("FRAME19",),
    ),
    Question(
        "P3",
        Part.PROFIT,
        True,
        "Is it marketed as an investment, with a return, appreciation or a listing?",
        "It is marketed as an investment, with a return, appreciation or a listing.",
        "It is not marketed as an investment.",
        ("HOWEY", "FRAME19"),
    ),
    Question(
        "P4",
        Part.PROFIT,
        True,
        "Is it offered broadly rather than to those who are expected to use it?",
        "It is offered broadly rather than to expected users.",
        "It is offered to those who are expected to use it.",
        ("FRAME19",),
    ),
    Question(
        "P5",
        Part.PROFIT,
        True,
        "Are the quantities or the price unrelated to what a user could consume?",
        "Quantities or price have nothing to do with use.",
        "Quantities and price fit a user's needs.",
        ("FRAME19",),
    ),
    Question(
        "P6",
        Part.PROFIT,
        True,
        "Is more raised than is needed to build the function?",
        "More is raised than the function needs.",
        "No more is raised than the function needs.",
        ("FRAME19",),
    ),
    Question(
        "P7",
        Part.PROFIT,
        True,
        "Do insiders hold the same asset, or does the treasury go on spending the proceeds?",
        "Insiders hold the same asset, or the treasury goes on spending the proceeds.",
        "Insiders hold none of it, and no treasury spends the proceeds.",
        ("FRAME19",),
    ),
    Question(
        "P8",
        Part.PROFIT,
        True,
        "Is a fixed return promised?",
        "A fixed return is promised, which is profit all the same.",
        "No fixed return is promised.",
        ("EDWARDS",),
    ),
    Question(
        "U1",
        Part.PROFIT,
        False,
        "Is it fully functional and usable at once for goods or services?",
        "It is usable at once for goods or services.",
        "It cannot be used at once for goods or services.",
        ("FRAME19",),
    ),
    Question(
        "U2",
        Part.PROFIT,
        False,
        "Is its price tied to the goods, its transfer limited to users, and appreciation excluded?",
        "Its price is tied to the goods, transfers stay among users, nothing appreciates.",
        "Its price is free, it moves beyond users, or it may appreciate.",
        ("FRAME19",),
    ),
    Question(
        "R1",
        Part.EFFORTS,
        True,
        "Has the issuer represented or promised essential managerial efforts, explicitly?",
        "The issuer has promised essential managerial efforts.",
        "The issuer has promised no essential managerial efforts.",
        ("HOWEY", "INT26"),
    ),
    Question(
        "R2",
        Part.EFFORTS,
        True,
        "Is the network or application not yet functional when it is sold?",
        "The network or application is not yet functional at the sale.",
        "The network or application is functional at the sale.",
        ("FRAME19",),
    ),
    Question(
        "R3",
        Part.EFFORTS,
        True,
        "Does an active participant control development, supply, buy-backs, listing or governance?",
        "An active participant controls development, supply, listing or governance.",
        "Nobody controls development, supply, listing or governance.",
        ("FRAME19",),
    ),
    Question(
        "R4",
        Part.EFFORTS,
        True,
        "Are essential tasks done by an active participant rather than a dispersed community?",
        "Essential tasks are done by an active participant.",
        "Essential tasks are done by a dispersed community, or none are left.",
        ("FRAME19",),
    ),
    Question(
        "R5",
        Part.EFFORTS,
        False,
        "Are the efforts of others only ministerial or routine?",
        "The efforts of others are only ministerial or routine.",
        "The efforts of others are more than ministerial.",
        ("FRAME19",),
    ),
    Question(
        "R6",
        Part.EFFORTS,
        False,
        "Does the profit come from the holder's own efforts or use?",
        "The profit comes from the holder's own efforts or use.",
        "The profit does not come from the holder's own efforts or use.",
        ("INT26", "FRAME19"),
    ),
    Question(
        "Z1",
        Part.SEPARATION,
        False,
        "Are the promises fulfilled, and is that publicly stated?",
        "The promises are fulfilled, and that is publicly stated.",
        "The promises are not publicly fulfilled.",
        ("INT26",),
    ),
    Question(
        "Z2",
        Part.SEPARATION,
        False,
        "Are the promises abandoned or ended, and is that publicly stated?",
        "The promises are ended, and that is publicly stated.",
        "The promises are not publicly ended.",
        ("INT26",),
    ),
    Question(
        "Z3",
        Part.SEPARATION,
        True,
        "Are today's buyers still shown the old promises?",
        "Today's buyers are still shown the old promises.",
        "Today's buyers are not shown the old promises.",
        ("INT26",),
    ),
)
QUESTIONS: Mapping[str, Question] = {one.id: one for one in _TABLE}


def ids_of(part: Part) -> tuple[str, ...]:
    """The questions of a part, in order."""
    return tuple(one.id for one in _TABLE if one.part is part)
