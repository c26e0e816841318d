"""Brings into being what securities stand on: the platform of a chain, an issuer, its instruments.

Everything here may be asked again: what exists is found in the book, and an act that happened is not
done twice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from freehold.book import issuers, settings
from freehold.book.issuers import KnownAsset, KnownInstrument, KnownIssuer
from freehold.chain import contracts, deploy
from freehold.chain.contracts import call
from freehold.core.asset import AssetKind, AssetRecord, as_json, asset_id, title_number
from freehold.core.facts import Facts, Flags, pack_facts
from freehold.core.identifiers import country_number
from freehold.core.ids import Address, AssetId, canonical, record_hash
from freehold.core.instrument import Issuer, ShareClass
from freehold.core.policy import starter
from freehold.core.policy.rows import Row, policy_rows
from freehold.core.powers import ALL_POWERS, Powers
from freehold.core.reasons import Reason, sentence
from freehold.core.units import MAX_UNITS
from freehold.desks.office import Office
from freehold.desks.outbox import following
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of

POWER_DELAY_SECONDS = 2 * 86_400
RECOVERY_DELAY_SECONDS = 3 * 86_400
SECOND_PERSON = Powers.CONFIRM | Powers.GRANT
KIND_NUMBER = {kind: number for number, kind in enumerate(AssetKind, 1)}
"""The kinds as `Assets.vy` numbers them."""


@dataclass(frozen=True, slots=True)
class Established:
    """An issuer with its asset and its instruments by class id."""

    issuer: KnownIssuer
    asset: KnownAsset
    instruments: Mapping[str, KnownInstrument]


def platform(office: Office) -> dict[str, Address]:
    """The contracts a chain needs once; created on first use."""
    name = f"platform:{office.chain}"
    with office.book.reading() as tx:
        found = settings.read(tx, name)
    if found:
        return {key: Address(value) for key, value in json.loads(found).items()}
    sentences = {int(reason): sentence(reason)[:128] for reason in Reason}
    placed: dict[str, Address] = {}
    for part in deploy.PLATFORM:
        data = deploy.platform_creation(part, placed, sentences)
        placed[part] = _create(office, f"platform {part}", f"create {part}", data)
    with office.book.transaction() as tx:
        settings.write(tx, name, json.dumps(placed), office.clock.now())
    return placed


def ballot(office: Office) -> Address:
    """The contract of meetings and votes, one for a chain; created when the first meeting is called."""
    known = following.ballot(office)
    if known:
        return known
    data = contracts.creation("Ballot")
    placed = _create(office, "platform Ballot", "create Ballot", data)
    with office.book.transaction() as tx:
        settings.write(tx, following.ballot_setting(office), placed, office.clock.now())
    return placed


def issuer(office: Office, known: Issuer) -> KnownIssuer:
    """The issuer's register of accounts and its ERC-3643 face, and the issuer's own account."""
    with office.book.reading() as tx:
        for one in issuers.issuers(tx):
            if one.id == known.id:
                return one
    placed = platform(office)
    agent, second = office.keys.agent, office.keys.confirmer()
    grants = [(agent.address, ALL_POWERS & ~Powers.CONFIRM), (second.address, SECOND_PERSON)]
    data = deploy.holders_creation(
        placed["Registrar"], grants, POWER_DELAY_SECONDS, RECOVERY_DELAY_SECONDS
    )
    register = _create(office, f"issuer {known.id} register", "create the register", data)
    data = deploy.face_creation(register)
    face = _create(office, f"issuer {known.id} face", "create the registry face", data)
    treasury = Facts(
        account=0,
        holder_class=int(starter.HolderClass.ACCREDITED),
        country=country_number(known.country) if known.country else 0,
        flags=Flags.TREASURY,
        identity=agent.address,
    )
    steps = [
        ("face powers", call("Holders", "grant", face, int(deploy.FACE_POWERS))),
        ("treasury", call("Holders", "admit", [pack_facts(treasury)])),
    ]
    asked = [Asked(agent, register, data, what, f"{known.id} {what}") for what, data in steps]
    carry_out(office, f"issuer {known.id}", asked)
    row = KnownIssuer(known.id, office.chain, known.name, known.country, register, face)
    with office.book.transaction() as tx:
        issuers.add(tx, row, office.clock.now())
    return row


def tokenise(office: Office, owner: KnownIssuer, record: AssetRecord) -> KnownAsset:
    """Record a real thing: its title goes to the issuer's own account, its record is a document."""
    placed, agent = platform(office), office.keys.agent
    id = asset_id(record)
    text = canonical(as_json(record)).decode()
    content = bytes.fromhex(id[2:])
    subject = title_number(owner.register, id).to_bytes(32)
    label = b"record".ljust(32, b"\0")
    steps = [
        (
            "issue the title",
            call(
                "Assets",
                "issue_title",
                content,
                KIND_NUMBER[record.kind],
                owner.register,
                agent.address,
            ),
        ),
        (
            "add the record",
            call("Assets", "add_document", subject, owner.register, label, content, ""),
        ),
    ]
    asked = [Asked(agent, placed["Assets"], data, what, f"{id} {what}") for what, data in steps]
    for document in record.documents:
        asked.append(
            _document(
                office, placed["Assets"], owner, id, document.name, document.content, document.uri
            )
        )
    carry_out(office, f"asset {id}", asked)
    row = KnownAsset(id, owner.id, str(record.kind), record.name, text)
    with office.book.transaction() as tx:
        issuers.add(tx, row, office.clock.now())
    return row


def instrument(
    office: Office,
    owner: KnownIssuer,
    asset: KnownAsset,
    share: ShareClass,
    first: tuple[str, list[Row]] | None = None,
) -> KnownInstrument:
    """Deploy one class of units against an asset, with its first rules in force: those of a policy
    (its id and rows), or the starting rules."""
    placed, agent = platform(office), office.keys.agent
    scope = f"instrument {owner.id} {share.id}"
    grants = [
        (agent.address, int(ALL_POWERS & ~Powers.CONFIRM)),
        (office.keys.confirmer().address, int(SECOND_PERSON)),
    ]
    opening = contracts.opening(
        f"{owner.name} {share.name}"[:64],
        share.symbol[:16],
        share.decimals,
        share.authorised or MAX_UNITS,
        int(asset.id, 16),
        bytes.fromhex(record_hash({"issuer": owner.id, "class": share.id})[2:]),
        placed["Assets"],
        owner.registry_face,
        POWER_DELAY_SECONDS,
        grants,
    )
    what = f"deploy {share.name}"[:64]
    data = deploy.instrument_call(owner.register, opening)
    done = carry_out(office, scope, [Asked(agent, placed["Registrar"], data, what, "deploy")])
    token = deploy.deployed_token(receipt_of(office, done[0]), placed["Registrar"])
    policy, rows = first or (starter.POLICY_ID, policy_rows(starter.rules()))
    content = contracts.content_hash(rows)
    rules = call("SecurityToken", "announce_rules", bytes.fromhex(policy[2:]), content)
    carry_out(
        office, scope, _first_rules(office, token, placed["Assets"], owner, asset, rules, rows)
    )
    with office.book.transaction() as tx:
        name = issuers.name_now(tx, token) or share.name
        row = KnownInstrument(
            token, owner.id, share.id, name, share.symbol, share.decimals, asset.id
        )
        issuers.add(tx, row, office.clock.now())
    return row


def _first_rules(
    office: Office,
    token: Address,
    assets: Address,
    owner: KnownIssuer,
    asset: KnownAsset,
    announced: bytes,
    rows: list[Row],
) -> list[Asked]:
    """Announce and activate the first rules (at once, since no unit exists) and bind the asset."""
    title = title_number(owner.register, AssetId(asset.id))
    agent = office.keys.agent
    steps = [
        (token, "announce the rules", announced),
        (token, "activate the rules", call("SecurityToken", "activate_rules", rows)),
        (assets, "bind the asset", call("Assets", "bind", title, token)),
    ]
    return [Asked(agent, target, data, what, what) for target, what, data in steps]


def _document(
    office: Office,
    assets: Address,
    owner: KnownIssuer,
    id: AssetId,
    name: str,
    content: str,
    uri: str,
) -> Asked:
    label = name.encode()[:32].ljust(32, b"\0")
    digest = bytes.fromhex(content.split(":")[-1])
    subject = title_number(owner.register, id).to_bytes(32)
    data = call("Assets", "add_document", subject, owner.register, label, digest, uri[:128])
    return Asked(office.keys.agent, assets, data, "add a document", f"{id} {name} {content}")


def _create(office: Office, key: str, what: str, data: bytes) -> Address:
    done = carry_out(office, key, [Asked(office.keys.agent, None, data, what[:64], key)])
    return deploy.created(receipt_of(office, done[0]))
