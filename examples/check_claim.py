# Check a holder's proof of a claim: python3 check_claim.py PROOF.json [ROOT the contract shows]
import json
import pathlib
import sys


def turn(word, by):
    return (word << by % 64 | word >> (64 - by % 64)) & (2**64 - 1)


def keccak(data):  # Keccak-256 of less than 136 bytes, as Ethereum uses it
    block = (data + b"\1").ljust(135, b"\0") + b"\x80" if len(data) < 135 else data + b"\x81"
    a, lfsr = [int.from_bytes(block[i : i + 8], "little") for i in range(0, 136, 8)] + [0] * 8, 1
    for _ in range(24):
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        a = [w ^ c[(i + 4) % 5] ^ turn(c[(i + 1) % 5], 1) for i, w in enumerate(a)]
        x, y, moved = 1, 0, a[1]
        for t in range(1, 25):
            x, y = y, (2 * x + 3 * y) % 5
            a[x + 5 * y], moved = turn(moved, t * (t + 1) // 2), a[x + 5 * y]
        rows = [a[i : i + 5] for i in (0, 5, 10, 15, 20)]
        a = [r[x] ^ ~r[(x + 1) % 5] & r[(x + 2) % 5] for r in rows for x in range(5)]
        for bit in range(7):
            a[0], lfsr = a[0] ^ (lfsr & 1) << (2**bit - 1), lfsr << 1 ^ 0x171 * (lfsr >> 7)
    return b"".join(word.to_bytes(8, "little") for word in a[:4])


told = json.loads(pathlib.Path(sys.argv[1]).read_text())
words = (int(told[name]).to_bytes(32, "big") for name in ("account", "gross", "withheld"))
node, root = keccak(keccak(b"".join(words))), (*sys.argv[2:], told["root"])[0]
for other in (bytes.fromhex(one[2:]) for one in told["proof"]):
    node = keccak(min(node, other) + max(node, other))
same = "0x" + node.hex() == root.lower()
sys.exit(None if same and not print("proved") else "NOT proved: no such claim under this root")
