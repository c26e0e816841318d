"""Why a transfer is refused: the codes that the contracts answer and what each says to a person.

The number is what stands in `transfer refused: 140`, in ERC-1404's `detectTransferRestriction` and
in the audit trail; it never changes meaning. `esc` is the ERC-1400 status byte that older tools
read. Codes 1-99 belong to other systems (CMTAT and its rule modules) and are never ours.
`UNVERIFIED` holds the refusals that end when somebody proves something about a person; all others
wait for a date, a rule, a limit or a power.
"""

from dataclasses import dataclass
from enum import IntEnum


class Reason(IntEnum):
    """One outcome of the rules; 0 allows, everything else refuses or (181, 194, 195) warns."""

    OK = 0
    PAUSED = 100
    INSUFFICIENT_BALANCE = 101
    INSUFFICIENT_ALLOWANCE = 102
    SENDER_FROZEN = 103
    RECEIVER_FROZEN = 104
    OPERATOR_NOT_ALLOWED = 105
    NO_ACTIVE_POLICY = 106
    RECEIVER_UNKNOWN = 110
    SENDER_UNKNOWN = 111
    RECEIVER_CLAIM_EXPIRED = 112
    CLAIM_ISSUER_UNTRUSTED = 113
    KYC_MISSING = 114
    RECEIVER_SANCTIONED = 115
    SENDER_SANCTIONED = 116
    JURISDICTION_FORBIDDEN = 117
    JURISDICTION_NOT_ALLOWED = 118
    NOT_ACCREDITED = 120
    NOT_SOPHISTICATED = 121
    NOT_QIB = 122
    NOT_QUALIFIED_PURCHASER = 123
    REGS_US_PERSON = 124
    OFFSHORE_ATTESTATION_MISSING = 125
    NOT_PROFESSIONAL = 126
    ENTRY_TEST_MISSING = 127
    NO_RESALE_PATH = 128
    BAD_ACTOR = 129
    RULE144_HOLDING = 140
    REGCF_ONE_YEAR = 142
    CONTRACT_LOCKUP = 143
    NO_CURRENT_INFORMATION = 144
    AFFILIATE_VOLUME = 145
    FORM_144_MISSING = 146
    SHELL_BAR = 147
    SFA_SIX_MONTHS = 148
    VINTAGE_SLOTS_FULL = 149
    MAX_HOLDERS = 150
    MAX_NONACCREDITED_HOLDERS = 151
    MAX_HOLDERS_3C1 = 152
    MAX_35_IN_90_DAYS = 153
    MAX_HOLDING = 154
    ERISA_25 = 155
    MIN_HOLDING = 156
    MAX_PERSONS_IN_COUNTRY = 157
    THRESHOLD_CHECK_REQUIRED = 158
    OFFERING_CAP = 170
    CF_INVESTOR_LIMIT = 171
    REGA_INVESTOR_LIMIT = 172
    MIN_TICKET = 173
    OFFERING_NOT_OPEN = 174
    VERIFICATION_MISSING = 175
    GENERAL_SOLICITATION = 176
    INTEGRATION = 177
    REFLECTION_PERIOD = 178
    RISK_ACK_MISSING = 179
    PROSPECTUS_REQUIRED = 180
    FILING_LATE = 181
    DENOMINATION = 182
    VENUE_NOT_AUTHORISED = 190
    DLT_PILOT_LIMIT = 191
    CSD_REQUIRED = 192
    ISSUER_CONSENT_REQUIRED = 193
    RECORD_DATE_NOTICE = 194
    TAX_FORM_MISSING = 195
    BROKER_REQUIRED = 196
    OUTSIDE_RULES = 199
    POWER_NOT_PERMITTED = 200
    SIGNATURE_MISSING = 210
    PAPER_MISSING = 211
    STOP_ORDER = 212
    ADVERSE_CLAIM = 213
    PLEDGED = 214
    OWNER_DECEASED = 215
    MAJORITY_REACHED = 216
    LEGEND_IN_FORCE = 217
    ADDRESS_HOLD = 218
    SIGNATURE_WRONG = 220
    SIGNATURE_EXPIRED = 221
    SIGNATURE_EARLY = 222
    SIGNATURE_USED = 223
    NO_POLICY_ANNOUNCED = 230
    POLICY_DELAY_OVER = 231
    POLICY_BEGUN = 232
    POLICY_CALLED_OFF = 233


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as the chain gave it; `code` may be one that this version does not know."""

    code: int

    @property
    def message(self) -> str:
        """The code and its sentence, for a person."""
        return f"Transfer refused ({self.code}): {message_for(self.code)}"


def sentence(reason: Reason) -> str:
    """What the reason says to a person, in one English sentence."""
    return _EXPLAINED[reason][1]


def esc(reason: Reason) -> int:
    """The ERC-1400 status byte of the reason: 0x51 allows, 0x50-0x58 refuse, 0x5f informs."""
    return _EXPLAINED[reason][0]


def message_for(code: int) -> str:
    """ERC-1404's `messageForTransferRestriction`: the sentence, or "unknown" for a foreign code."""
    return _EXPLAINED[Reason(code)][1] if code in _CODES else "unknown"


WARNINGS = frozenset(
    {
        Reason.FILING_LATE,
        Reason.RECORD_DATE_NOTICE,
        Reason.TAX_FORM_MISSING,
        Reason.ADDRESS_HOLD,
    }
)
"""Reasons that inform and never stop a transfer by themselves."""

UNVERIFIED = frozenset(
    {
        Reason.RECEIVER_UNKNOWN,
        Reason.SENDER_UNKNOWN,
        Reason.RECEIVER_CLAIM_EXPIRED,
        Reason.CLAIM_ISSUER_UNTRUSTED,
        Reason.KYC_MISSING,
        Reason.OFFSHORE_ATTESTATION_MISSING,
        Reason.ENTRY_TEST_MISSING,
        Reason.FORM_144_MISSING,
        Reason.THRESHOLD_CHECK_REQUIRED,
        Reason.VERIFICATION_MISSING,
        Reason.RISK_ACK_MISSING,
        Reason.TAX_FORM_MISSING,
        Reason.SIGNATURE_MISSING,
        Reason.PAPER_MISSING,
    }
)
"""Refusals that end when a document, a claim or an attestation about a person is supplied."""

_EXPLAINED: dict[Reason, tuple[int, str]] = {
    Reason.OK: (0x51, "The transfer is allowed."),
    Reason.PAUSED: (0x54, "All transfers of this security are halted at present."),
    Reason.INSUFFICIENT_BALANCE: (
        0x52,
        "The sender does not hold that many units that are free to move.",
    ),
    Reason.INSUFFICIENT_ALLOWANCE: (
        0x53,
        "The holder has not allowed this spender to move that many units.",
    ),
    Reason.SENDER_FROZEN: (0x56, "The sender's account is frozen."),
    Reason.RECEIVER_FROZEN: (0x57, "The receiver's account is frozen."),
    Reason.OPERATOR_NOT_ALLOWED: (
        0x58,
        "Whoever submitted this may not move units on behalf of the holder.",
    ),
    Reason.NO_ACTIVE_POLICY: (
        0x50,
        "No transfer rules are in force for this security yet, so nothing may move.",
    ),
    Reason.RECEIVER_UNKNOWN: (0x57, "The receiver's wallet is not admitted to the register."),
    Reason.SENDER_UNKNOWN: (0x56, "The sender's wallet is not admitted to the register."),
    Reason.RECEIVER_CLAIM_EXPIRED: (
        0x57,
        "The receiver's eligibility has expired and has to be renewed.",
    ),
    Reason.CLAIM_ISSUER_UNTRUSTED: (
        0x57,
        "The receiver's eligibility was attested by somebody whom the issuer does not trust.",
    ),
    Reason.KYC_MISSING: (0x57, "The receiver's identity has not been verified."),
    Reason.RECEIVER_SANCTIONED: (0x57, "The receiver is on a sanctions list."),
    Reason.SENDER_SANCTIONED: (0x56, "The sender is on a sanctions list."),
    Reason.JURISDICTION_FORBIDDEN: (
        0x57,
        "The receiver's country is one in which this security may not be held.",
    ),
    Reason.JURISDICTION_NOT_ALLOWED: (
        0x57,
        "The receiver's country is not among those in which this security may be held.",
    ),
    Reason.NOT_ACCREDITED: (0x57, "The receiver is not an accredited investor."),
    Reason.NOT_SOPHISTICATED: (
        0x57,
        "The receiver has not been found able to judge the risks of this investment.",
    ),
    Reason.NOT_QIB: (0x57, "The receiver is not a qualified institutional buyer."),
    Reason.NOT_QUALIFIED_PURCHASER: (0x57, "The receiver is not a qualified purchaser."),
    Reason.REGS_US_PERSON: (
        0x57,
        "These units were sold offshore and may not go to a US person before their period ends.",
    ),
    Reason.OFFSHORE_ATTESTATION_MISSING: (
        0x57,
        "Nobody has attested that this transfer takes place outside the United States.",
    ),
    Reason.NOT_PROFESSIONAL: (0x57, "The receiver is not a professional or qualified investor."),
    Reason.ENTRY_TEST_MISSING: (
        0x57,
        "The receiver has not taken the entry knowledge test within the last two years.",
    ),
    Reason.NO_RESALE_PATH: (
        0x55,
        "No exemption allows these restricted units to be sold to this receiver now.",
    ),
    Reason.BAD_ACTOR: (0x57, "The receiver is disqualified as a bad actor."),
    Reason.RULE144_HOLDING: (
        0x55,
        "These units are restricted securities whose Rule 144 holding period still runs.",
    ),
    Reason.REGCF_ONE_YEAR: (
        0x55,
        "Units from a crowdfunding offering may not go to this receiver in their first year.",
    ),
    Reason.CONTRACT_LOCKUP: (0x55, "These units are under a contractual lock-up."),
    Reason.NO_CURRENT_INFORMATION: (
        0x55,
        "The issuer has not published current information, which this resale needs.",
    ),
    Reason.AFFILIATE_VOLUME: (
        0x55,
        "The sender is an affiliate and would exceed the volume allowed in three months.",
    ),
    Reason.FORM_144_MISSING: (
        0x56,
        "The sender is an affiliate and has not filed Form 144 for this sale.",
    ),
    Reason.SHELL_BAR: (
        0x55,
        "The issuer is or was a shell company, so Rule 144 is not available yet.",
    ),
    Reason.SFA_SIX_MONTHS: (
        0x55,
        "Units from a small or private offer in Singapore may not be resold for six months.",
    ),
    Reason.VINTAGE_SLOTS_FULL: (
        0x57,
        "The receiver already holds eight different lots, the most that one account can keep.",
    ),
    Reason.MAX_HOLDERS: (
        0x57,
        "The security already has the greatest number of holders allowed.",
    ),
    Reason.MAX_NONACCREDITED_HOLDERS: (
        0x57,
        "The security already has the greatest number of non-accredited holders allowed.",
    ),
    Reason.MAX_HOLDERS_3C1: (
        0x57,
        "The fund already has the greatest number of beneficial owners its exemption allows.",
    ),
    Reason.MAX_35_IN_90_DAYS: (
        0x57,
        "Thirty-five non-accredited purchasers have already bought within 90 days.",
    ),
    Reason.MAX_HOLDING: (0x57, "The receiver would hold more than one person may hold."),
    Reason.ERISA_25: (
        0x57,
        "Benefit plan investors would hold 25 per cent or more of this class.",
    ),
    Reason.MIN_HOLDING: (
        0x57,
        "The transfer would leave somebody with less than the smallest holding allowed.",
    ),
    Reason.MAX_PERSONS_IN_COUNTRY: (
        0x57,
        "The greatest number of persons allowed in the receiver's country is reached.",
    ),
    Reason.THRESHOLD_CHECK_REQUIRED: (
        0x57,
        "The receiver would cross 20 or 25 per cent and has to be checked first.",
    ),
    Reason.OFFERING_CAP: (0x50, "The offering would exceed the greatest amount it may raise."),
    Reason.CF_INVESTOR_LIMIT: (
        0x57,
        "The investor would exceed the twelve-month limit of crowdfunding.",
    ),
    Reason.REGA_INVESTOR_LIMIT: (
        0x57,
        "The investor would exceed the Regulation A limit of ten per cent of income or net worth.",
    ),
    Reason.MIN_TICKET: (0x57, "The investment is smaller than the minimum of this offering."),
    Reason.OFFERING_NOT_OPEN: (0x50, "The offering is not open."),
    Reason.VERIFICATION_MISSING: (
        0x57,
        "Reasonable steps to verify the investor's accreditation have not been recorded.",
    ),
    Reason.GENERAL_SOLICITATION: (
        0x50,
        "The offering was advertised to the public, which its exemption does not allow.",
    ),
    Reason.INTEGRATION: (
        0x50,
        "The offering would be counted as one with another and lose its exemption.",
    ),
    Reason.REFLECTION_PERIOD: (0x50, "The investor's period of reflection has not ended."),
    Reason.RISK_ACK_MISSING: (0x57, "The investor has not acknowledged the risk warning."),
    Reason.PROSPECTUS_REQUIRED: (
        0x50,
        "The offer needs a prospectus or an exemption that it does not have.",
    ),
    Reason.FILING_LATE: (0x5F, "A filing that this offering requires is late."),
    Reason.DENOMINATION: (0x50, "The units are smaller than the denomination allowed."),
    Reason.VENUE_NOT_AUTHORISED: (0x58, "The trading venue is not authorised for this security."),
    Reason.DLT_PILOT_LIMIT: (
        0x50,
        "The limit of the European pilot regime for ledger-based securities is reached.",
    ),
    Reason.CSD_REQUIRED: (
        0x50,
        "A security that trades on a venue has to be entered in a central securities depository.",
    ),
    Reason.ISSUER_CONSENT_REQUIRED: (0x50, "The issuer has not consented to this transfer."),
    Reason.RECORD_DATE_NOTICE: (
        0x5F,
        "The record date was announced later than the rules require.",
    ),
    Reason.TAX_FORM_MISSING: (
        0x5F,
        "The holder's tax form is missing, so tax is withheld at the full rate.",
    ),
    Reason.BROKER_REQUIRED: (0x58, "This transfer has to be made through a broker."),
    Reason.OUTSIDE_RULES: (
        0x50,
        "The compliance contract that the issuer has set in addition refuses this transfer.",
    ),
    Reason.POWER_NOT_PERMITTED: (
        0x58,
        "Whoever submitted this does not hold the power it needs.",
    ),
    Reason.SIGNATURE_MISSING: (
        0x58,
        "Not everybody has signed who must sign for units held in this form of registration.",
    ),
    Reason.PAPER_MISSING: (
        0x58,
        "A paper that this form of registration asks for is missing or too old.",
    ),
    Reason.STOP_ORDER: (
        0x54,
        "A stop order lies on these units.",
    ),
    Reason.ADVERSE_CLAIM: (
        0x54,
        "Somebody else has claimed these units and the period of the claim still runs.",
    ),
    Reason.PLEDGED: (
        0x54,
        "These units are pledged or under a lien and the secured party has not released them.",
    ),
    Reason.OWNER_DECEASED: (
        0x56,
        "A registered owner has died and nobody has shown authority over the units yet.",
    ),
    Reason.MAJORITY_REACHED: (
        0x56,
        "The minor is of age, so the custodian can no longer sign for the units.",
    ),
    Reason.LEGEND_IN_FORCE: (
        0x54,
        "A legend on these units forbids the transfer until counsel's letter removes it.",
    ),
    Reason.ADDRESS_HOLD: (
        0x5F,
        "The holder's address was changed lately, so payments and transfers are looked at twice.",
    ),
    Reason.SIGNATURE_WRONG: (
        0x58,
        "The signature is not that of the wallet that has to sign, for this act on this chain.",
    ),
    Reason.SIGNATURE_EXPIRED: (
        0x58,
        "The signed act was good for a time that is over: sign it anew.",
    ),
    Reason.SIGNATURE_EARLY: (0x58, "The signed act is dated in the future: wait, or sign it anew."),
    Reason.SIGNATURE_USED: (0x58, "The signed act was used before, or cancelled: sign a new one."),
    Reason.NO_POLICY_ANNOUNCED: (0x50, "No policy is announced for this security."),
    Reason.POLICY_DELAY_OVER: (
        0x50,
        "The delay of the announced policy is over, so it comes into force.",
    ),
    Reason.POLICY_BEGUN: (
        0x50,
        "The announced policy is in force in part already, and its limits belong to it.",
    ),
    Reason.POLICY_CALLED_OFF: (
        0x50,
        "The announced policy was called off before its delay was over.",
    ),
}
_CODES = frozenset(int(reason) for reason in Reason)
