"""The vault: sealed at rest, versions, who read what, and hashes on the chain where they belong."""

import hashlib

import pytest
from sqlalchemy import text

from freehold.book import identities, schema_agent
from freehold.core.errors import Broken, Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import Role, holder_scope
from freehold.core.vaulted import LARGEST, About, name_of
from freehold.desks import permits, posting
from freehold.desks.access import signin
from freehold.desks.agent import documents
from freehold.desks.agent.documents import UploadRequest
from freehold.desks.register.explorer import events

AGENT = permits.keyholder()
PDF = b"%PDF-1.7 the terms of the notes"


def kept(office, about=About.INSTRUMENT, name="Terms.pdf", content=PDF, subject="common", **more):
    request = UploadRequest(about, name, content, subject, **more)
    return documents.upload(office, AGENT, request)


def investor(office, holder):
    scope = holder_scope("northwind-optics", holder)
    made, _ = signin.invite(
        office, permits.operator(), f"{holder}@example.com", [(Role.INVESTOR, scope)]
    )
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, made.id))


def test_a_document_is_sealed_at_rest_and_comes_back_as_it_was(shared_company):
    office = shared_company
    done = kept(office, About.ISSUER, "Charter.pdf", subject="")
    assert done.hash == hashlib.sha256(PDF).hexdigest() and done.instruction is None
    with office.book.reading() as tx:
        (sealed,) = tx.execute(
            text("SELECT sealed FROM document_version WHERE document = :d"), {"d": done.document}
        ).one()
    assert PDF not in sealed and b"terms" not in sealed
    one, content, kind = documents.content(office, AGENT, done.document)
    assert (content, kind, one.name) == (PDF, "application/pdf", "Charter.pdf")


def test_the_hash_of_an_instruments_paper_is_on_the_chain_with_its_version(company):
    first = kept(company)
    second = kept(company, content=PDF + b", changed")
    assert (first.document, first.version, second.version) == (second.document, 1, 2)
    with pytest.raises(Conflict, match="kept already, as version 2"):
        kept(company, content=PDF + b", changed")
    while posting.send_approved(company.posting).changed:
        pass
    posting.follow_chain(company.posting)
    with company.book.reading() as tx:
        rows = tx.execute(
            text("SELECT state FROM instruction WHERE id IN (:a, :b)"),
            {"a": first.instruction, "b": second.instruction},
        ).scalars()
        assert {str(one) for one in rows} <= {"SETTLED", "MINED"}
    from freehold.chain import contracts
    from freehold.desks import parties
    from freehold.desks.platform import establishment

    _, one = parties.instrument(company, None, "common")
    place, digest, _ = contracts.read(
        company.w3,
        "Assets",
        establishment.platform(company)["Assets"],
        "document_version",
        int(one.token, 16).to_bytes(32),
        b"Terms.pdf".ljust(32, b"\0"),
        2,
    )
    assert digest.removeprefix("0x") == second.hash and place.startswith(documents.PLACE)
    assert events(company, AGENT, None, 1)


def test_an_investor_reads_the_issuers_papers_and_his_own_and_no_others(shared_company):
    office = shared_company
    terms = kept(office, name="Offer.txt", content=b"the offer")
    mine = kept(office, About.HOLDER, "Tax form.pdf", subject="priya-raman")
    other = kept(office, About.HOLDER, "Tax form.pdf", subject="jonas-keller")
    priya = investor(office, "priya-raman")
    shown = {one.id for one in documents.listed(office, priya, None)}
    assert {terms.document, mine.document} <= shown and other.document not in shown
    with pytest.raises(NotFound):
        documents.content(office, priya, other.document)
    with pytest.raises(NotPermitted, match="file:keep"):
        documents.upload(office, priya, UploadRequest(About.ISSUER, "a.txt", b"a"))
    documents.acknowledge(office, priya, terms.document, 1)
    found = documents.acknowledge(office, priya, terms.document, 1)
    assert [who for who, _ in found.versions[0].acknowledged] == [priya.id]
    with pytest.raises(NotFound, match="no version 7"):
        documents.acknowledge(office, priya, terms.document, 7)


@pytest.mark.parametrize(
    "name",
    [
        "../etc/passwd",
        "a/b.pdf",
        "a\\b.pdf",
        "C:x.pdf",
        ".hidden.pdf",
        "a..pdf",
        "nul.pdf",
        "a\x00.pdf",
        "invoice\u202efdp.exe.pdf",
        "%2e%2e.pdf",
        "-rf.pdf",
        "",
        "x" * 121,
        "a.pdf.",
        "a\nb.pdf",
    ],
)
def test_a_name_that_is_a_path_or_a_trick_is_refused(name):
    with pytest.raises(Invalid, match="no name of a document"):
        name_of(name)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"MZ\x90", "is no application/pdf"),
        ("a.png", PDF, "is no image/png"),
        ("a.exe", PDF, "name ends in .exe"),
        ("a.txt", b"\xff\xfe", "is no text/plain"),
        ("a.pdf", b"", "is empty"),
        ("a.pdf", b"%PDF-" + b"x" * LARGEST, "at most"),
    ],
)
def test_a_content_of_another_kind_or_too_large_is_refused(shared_company, name, content, said):
    with pytest.raises(Invalid, match=said):
        kept(shared_company, name=name, content=content)


def test_a_sealed_content_that_was_changed_is_noticed(company):
    done = kept(company, About.ISSUER, "Bylaws.txt", b"the bylaws", subject="")
    table = schema_agent.document_version
    with company.book.transaction() as tx:
        tx.execute(table.update().values(sealed=b"x" * 40))
    with pytest.raises(Broken, match="was changed"):
        documents.content(company, AGENT, done.document)
