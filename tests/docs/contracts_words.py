"""What docs/reference/contracts.md says where a function's source does not say it itself."""

OPENING = """# The contracts and their functions

Every function that can be called from outside, one line each. *asks* changes nothing; a name in
capitals is the [power](../glossary.md) that the caller must hold; a blank cell means that anybody
may call and the function itself says what it checks. Where a signature is brought (`attest`,
`transfer_attested`) the power is the signer's; `end_recovery` is also the lost wallet's own right;
`grant` needs nothing for giving up one's own powers. ADMIT of a token's act counts in the register.
The lines of this page come from the ABIs and the sources:

    .venv/bin/python -m tests.docs.contracts_page

Whatever is listed under BackOffice, ActionDesk, StandardsDesk and TransferDesk is called **at the
token's address**: the token passes on what it does not know ([how](../../ARCHITECTURE.md)). The bit
layouts of words are in [words](words.md), codes of refusals in [reasons](reasons.md), how far the names of
ERC-3643 mean the same in [ERC-3643](erc3643.md).
"""

ABOUT = {
    "SecurityToken": "One class of one instrument. Its own code is what holders do and ask.",
    "BackOffice": "Issue, redeem, force, freeze, halt, record instants. Behind every token.",
    "ActionDesk": "Rules, splits, conversions. Behind every token.",
    "StandardsDesk": (
        "The names of ERC-3643, ERC-7943, ERC-1404, ERC-1643 and ERC-165. Behind every token. The acts"
        " of power here also use up a mandate given before (`give_mandate`)."
    ),
    "TransferDesk": "Transfers that are not plain, their reasons, vintages, take-over. Behind every token.",
    "Holders": "The register of accounts of one issuer.",
    "RegistryFace": "ERC-3643's identity registry over one `Holders`; its caller's powers count there.",
    "Registrar": "Deploys the instruments of one chain and knows them all.",
    "Assets": "Titles of real things (ERC-721) and documents; powers are those in the issuer's register.",
    "Reasons": "The sentences of the reason codes.",
    "Ballot": (
        "Meetings and votes of every issuer on the chain; ACTION counts in the issuer's register."
    ),
    "Distribution": (
        "Dividends, coupons, redemptions: one contract for all instruments of a chain. ACTION and CONFIRM"
        " count in the instrument's token. A page's rows and a pot's words: contracts/Distribution.vy."
    ),
    "Waterfall": (
        "Winding-up or sale: every class of one issuer from one pot, one contract for a chain. ACTION and"
        " CONFIRM count in every class of a plan. A plan's words:"
        " contracts/interfaces/IWaterfall.vyi."
    ),
    "Cash": "A plain ERC-20 that stands for money on a local ledger.",
}

_MONEY = {
    "transfer": "ERC-20",
    "transferFrom": "ERC-20",
    "approve": "ERC-20",
    "allowance": "ERC-20: units that a spender may still move",
    "balanceOf": "ERC-20",
    "totalSupply": "ERC-20",
    "name": "ERC-20",
    "symbol": "ERC-20",
    "decimals": "ERC-20",
    "permit": "ERC-2612: an allowance by signature",
    "nonces": "ERC-2612: the number of the next permit",
    "transferWithAuthorization": "ERC-3009: a transfer by the owner's signature, sent by anybody",
    "receiveWithAuthorization": "ERC-3009: the same, sent only by the payee",
    "cancelAuthorization": "ERC-3009: the owner takes a signature back before it is used",
    "authorizationState": "ERC-3009: whether a nonce was used or cancelled",
    "DOMAIN_SEPARATOR": "EIP-712: what signatures bind to",
}

WORDS = {
    "Distribution": {
        "count": "How many distributions there were; the last one's number",
        "DOMAIN_SEPARATOR": "EIP-712: what signatures of claims bind to",
        "eip712Domain": "ERC-5267: the same in words",
    },
    "Waterfall": {
        "count": "How many waterfalls there were; the last one's number",
        "DOMAIN_SEPARATOR": "EIP-712: what signatures of claims bind to, as of Distribution",
    },
    "SecurityToken": _MONEY
    | {
        "transfer": "ERC-20, by the rules: the plain case here, every other in the transfer desk",
        "transferFrom": "ERC-20, by the rules, with the holder's allowance",
        "balanceOf": "ERC-20: units of the account that the wallet opens, restricted ones included",
        "totalSupply": "ERC-20: units issued, treasury included",
        "supply_at": "Units issued at a record instant",
        "told_of_recovery": "Only the register: logs the move of an account to its new wallet",
        "told_of_class": "Only the register: keeps counts exact when a person's class changes",
        "told_of_epoch": "Only the register: admissions older than the epoch receive no more",
    },
    "BackOffice": {
        "batchForcedTransfer": "ERC-3643: `forcedTransfer` for each row, each with its own mandate",
        "halt": "Pause every transfer by the rules, on a reason and a document",
        "resume": "End the pause, on a reason and a document",
    },
    "StandardsDesk": {
        "identityRegistry": "ERC-3643: the register's face",
        "compliance": "ERC-3643: the token is its own compliance",
        "onchainID": "ERC-3643: the address set by `setOnchainID`",
        "version": "ERC-3643: 1.0",
        "paused": "Whether the token is halted or a split runs",
        "isFrozen": "ERC-3643: whether a wallet's account is stopped here or in the register",
        "getFrozenTokens": "ERC-7943, ERC-3643: frozen units, which may be more than the balance",
        "messageForTransferRestriction": "ERC-1404: the sentence of a reason code",
        "supportsInterface": "ERC-165",
        "eip712Domain": "ERC-5267: the domain signatures bind to",
        "getDocument": "ERC-1643: place, hash and second of the newest version",
        "getAllDocuments": "ERC-1643: names of the token's documents",
        "bindToken": "ERC-3643 compliance: only the token itself",
        "unbindToken": "ERC-3643 compliance: only the token itself",
        "transferred": "ERC-3643 compliance: only the token itself",
        "created": "ERC-3643 compliance: only the token itself",
        "destroyed": "ERC-3643 compliance: only the token itself",
        "setIdentityRegistry": "Always refused: the register cannot change under holders",
        "setName": "ERC-3643: the name shown; signatures keep to the first one",
        "setSymbol": "ERC-3643",
        "setOnchainID": "ERC-3643",
        "mint": "ERC-3643: issue free units to one holder",
        "burn": "ERC-3643: cancel units of one holder",
        "setFrozenTokens": "ERC-7943: set how many units are frozen",
        "freezePartialTokens": "ERC-3643: freeze more units, not more than are held",
        "unfreezePartialTokens": "ERC-3643: freeze fewer units",
        "setAddressFrozen": "ERC-3643: stop an account in this instrument, or let it go on",
        "pause": "ERC-3643: halt",
        "unpause": "ERC-3643: resume",
        "batchMint": "`mint` for each row, each with its own mandate",
        "batchBurn": "`burn` for each row, each with its own mandate",
        "batchFreezePartialTokens": "`freezePartialTokens` for each row, each with its own mandate",
        "batchUnfreezePartialTokens": "`unfreezePartialTokens` for each row, each with its mandate",
        "batchSetAddressFrozen": "`setAddressFrozen` for each row, each with its own mandate",
        "account_word": "The [word](words.md) of an account",
        "vintages": "The terms of a vintage as their [word](words.md)",
        "last_record": "The number of the record instant announced last",
        "group_counts": "Persons in each of the eight counted groups, 32 bits each",
        "powers_of": "The powers that somebody holds over this token now",
        "domain_name_hash": "Hash of the name at deployment, which signatures bind to",
    },
    "TransferDesk": {
        "confirm_take_over": "The second person confirms the document: acts of the past may be posted",
        "transfer": "What `transfer` of the token passes on: decided in full",
        "transferFrom": "What `transferFrom` of the token passes on: decided in full",
        "batchTransfer": "ERC-3643: one sale for each row, all or none",
        "canSend": "ERC-7943: whether a wallet is admitted and not stopped",
        "canReceive": "ERC-7943: whether a wallet could receive units now, whoever sends",
    },
    "Holders": {
        "facts": "The [word](words.md) of a wallet; 0 if never admitted, a tombstone if replaced",
        "pair": "The words of both parties of a transfer in one call",
        "page": "The words of up to 200 wallets",
        "accounts_of_person": "The accounts of one person, 32 bits each; 0 for a single account",
        "is_listed": "Whether a token is one of this issuer's instruments",
        "instruments": "The issuer's instruments",
        "powers_of": "The powers that somebody holds over this register now",
        "has_power": "Whether somebody holds all bits of a power now",
        "DOMAIN_SEPARATOR": "EIP-712: what attestations bind to",
        "eip712Domain": "ERC-5267: the domain attestations bind to",
        "last_account": "The number of the account opened last",
        "epoch": "The admission epoch: older admissions receive no more",
        "recoveries": "The open proposal to replace a wallet",
        "recovery_delay": "Seconds between a proposal and its earliest effect",
    },
    "RegistryFace": {
        "contains": "Whether a wallet is in the register",
        "identity": "The person's identity address, or the wallet itself",
        "investorCountry": "ISO 3166-1 numeric code of the person's country",
        "storedIdentity": "As `identity`",
        "storedInvestorCountry": "As `investorCountry`",
        "identityStorage": "This contract",
        "topicsRegistry": "This contract",
        "issuersRegistry": "This contract",
        "linkedIdentityRegistries": "This contract alone",
        "batchRegisterIdentity": "`registerIdentity` for each row",
        "updateCountry": "Change a person's country, if the admission is not stale",
        "updateIdentity": "Always refused: an identity is fixed at admission",
        "getClaimTopics": "The claim topics required",
        "addClaimTopic": "Require a topic; raises the epoch",
        "removeClaimTopic": "Require a topic no longer; raises the epoch",
        "getTrustedIssuers": "Who may attest claims",
        "getTrustedIssuersForClaimTopic": "Who may attest a topic",
        "isTrustedIssuer": "Whether somebody may attest claims",
        "getTrustedIssuerClaimTopics": "The topics that somebody may attest",
        "hasClaimTopic": "Whether somebody may attest a topic",
        "addTrustedIssuer": "Trust an attestor for topics; raises the epoch",
        "removeTrustedIssuer": "Trust an attestor no longer; raises the epoch",
        "updateIssuerClaimTopics": "Change an attestor's topics; raises the epoch",
    },
    "Registrar": {
        "BLUEPRINT": "The code that every instrument is made of",
        "TRANSFER_DESK": "The transfer desk of every instrument",
        "BACK_OFFICE": "The back office of every instrument",
        "instruments": "The instrument of a number",
        "count": "How many instruments there are",
        "register_of": "The register of an instrument",
    },
    "Assets": {
        "bound_tokens": "The classes of units that stand against a thing",
        "ownerOf": "ERC-721: the wallet that opens the owner's account now",
        "balanceOf": "ERC-721",
        "getApproved": "ERC-721; an approval by a replaced wallet is gone",
        "supportsInterface": "ERC-165",
        "approve": "ERC-721",
        "setApprovalForAll": "ERC-721",
        "transferFrom": "ERC-721, by the register: both parties eligible, and no units against it",
        "safeTransferFrom": "ERC-721, as `transferFrom`; a contract must accept",
        "document_version": "Place, content hash and second of one version",
        "document_names": "The names of a subject's documents",
        "name": "ERC-721",
        "symbol": "ERC-721",
        "isApprovedForAll": "ERC-721",
        "issuer_of": "The register of a thing's issuer",
        "kind_of": "What kind of thing it is: 1 company to 7 other",
        "versions": "How many versions a document has",
    },
    "Reasons": {"message": "The sentence of a code; `unknown` for any other"},
    "Ballot": {
        "last_meeting": "the number of the newest meeting",
        "has_voted": "whether an account has voted, or was set aside",
        "DOMAIN_SEPARATOR": "EIP-712: what signatures bind to",
    },
    "Cash": _MONEY | {"cancelAuthorization": "ERC-3009"},
}
