"""The claim file of a distribution and its Merkle root: what each account may claim, and its proof.

A leaf is `keccak(keccak(account . gross . withheld))`, three words of 32 bytes as `abi.encode` writes
them; hashed twice, so that no inner node can pass for a leaf. Leaves stand in the order of their
hashes; a node is the keccak of its two children, the smaller one first, so a proof needs no sides.
The tree is the one of OpenZeppelin's *standard-v1* (a complete binary tree in an array, leaves from
its end), which other programs can read. The file is CSV and says everything needed to make the root
again: docs/reference/claim-file.md.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from eth_hash.auto import keccak

from freehold.core.errors import Invalid, Mistake, NotFound

COLUMNS = "account,gross,withheld"
FORMAT = "freehold-claims/1"
_LINE = re.compile(r"(\d{1,10}),(\d{1,78}),(\d{1,78})")
_MISTAKES = 20
_WORD = 1 << 256


class Claim(NamedTuple):
    """What one account may claim: `gross` and `withheld` in money's smallest unit."""

    account: int
    gross: int
    withheld: int


def leaf(claim: Claim) -> bytes:
    """The leaf of a claim: its three words hashed twice."""
    account, gross, withheld = claim
    return keccak(keccak((account << 512 | gross << 256 | withheld).to_bytes(96, "big")))


class Tree(NamedTuple):
    """A Merkle tree: `nodes[0]` is the root; `places` leads from a claim's position to its node."""

    nodes: Sequence[bytes]
    places: Sequence[int]

    @property
    def root(self) -> str:
        return "0x" + self.nodes[0].hex()


def tree(claims: Sequence[Claim]) -> Tree:
    """The tree of claims. Raises Invalid where there are none, or an account stands twice."""
    if not claims:
        raise Invalid("there is no claim: a root needs at least one", field="claims")
    if len({claim.account for claim in claims}) < len(claims):
        raise Invalid("an account stands twice: it may claim once", field="account")
    hashes = [leaf(claim) for claim in claims]
    order = sorted(range(len(hashes)), key=hashes.__getitem__)
    last = 2 * len(hashes) - 2
    places = [0] * len(hashes)
    for rank, position in enumerate(order):
        places[position] = last - rank
    nodes = [b""] * len(hashes) + [hashes[position] for position in reversed(order)]
    del nodes[0]
    for at in range(len(hashes) - 2, -1, -1):
        nodes[at] = _parent(nodes[2 * at + 1], nodes[2 * at + 2])
    return Tree(nodes, places)


def proof(of: Tree, position: int) -> list[str]:
    """The hashes that lead from a claim to the root, from below."""
    at, found = of.places[position], []
    while at:
        found.append("0x" + of.nodes[at + 1 if at % 2 else at - 1].hex())
        at = (at - 1) // 2
    return found


def proves(claim: Claim, hashes: Iterable[str], root: str) -> bool:
    """Whether a proof leads from the claim to the root."""
    node = leaf(claim)
    for one in hashes:
        node = _parent(node, bytes.fromhex(one.removeprefix("0x")))
    return "0x" + node.hex() == root.lower()


def _parent(one: bytes, other: bytes) -> bytes:
    return keccak(one + other if one < other else other + one)


# ---- the file ----


def write(claims: Iterable[Claim], root: str) -> Iterator[str]:
    """The lines of a claim file: a comment with format and root, the columns, the claims."""
    yield f"# {FORMAT} root={root}\n"
    yield COLUMNS + "\n"
    for account, gross, withheld in claims:
        yield f"{account},{gross},{withheld}\n"


def read(lines: Iterable[str]) -> tuple[str, list[Claim]]:
    """The root a claim file states, and its claims; whoever needs the root right makes it again.

    Raises Invalid with every mistake, at most 20.
    """
    source = iter(lines)
    head, columns = next(source, "").strip(), next(source, "").strip()
    found = re.fullmatch(rf"# {re.escape(FORMAT)} root=(0x[0-9a-f]{{64}})", head)
    if found is None or columns != COLUMNS:
        raise Invalid(
            f"this is no claim file: it begins with `# {FORMAT} root=0x...` and `{COLUMNS}`",
            field="file",
        )
    claims, wrong = [], []
    for number, line in enumerate(source, 3):
        row = _LINE.fullmatch(line.strip())
        claim = Claim(int(row[1]), int(row[2]), int(row[3])) if row else None
        if claim is None or claim.withheld > claim.gross or claim.gross >= _WORD:
            wrong.append(
                Mistake(f"line {number}", f"{line.strip()[:60]!r} is no claim ({COLUMNS})")
            )
            if len(wrong) == _MISTAKES:
                break
        else:
            claims.append(claim)
    if wrong:
        raise Invalid(f"the claim file has {len(wrong)} mistakes", wrong)
    return found[1], claims


def position_of(claims: Sequence[Claim], account: int) -> int:
    """Where an account's claim stands. Raises NotFound."""
    for position, claim in enumerate(claims):
        if claim.account == account:
            return position
    raise NotFound(f"account {account} has no claim in this file", account=account)
