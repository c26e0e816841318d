# Count a meeting again from a node alone: python3 count_meeting.py NODE BALLOT [MEETING [NOTICE.toml]]
#
# Nothing of Freehold is used. Votes are the events of the contract at the address BALLOT, holdings what the
# token of each class says of the record instant, and the rules those of docs/reference/votes.md.
import hashlib
import json
import pathlib
import sys
import tomllib
import urllib.request

EVENTS = {  # Keccak-256 of an event's name and types, as every explorer shows it
    # MeetingAnnounced(uint256,address,bytes32,uint256)
    "0x5b7bdadae6487a69de420de87aee8a22a03389cec14d309058a9202b58fe22c6": "announced",
    # ClassCalled(uint256,uint256,address,uint256)
    "0x759ae24d30aae7be6d51fa3b40d6d35d6e70f9aab66df51a92b15cca178cb6fd": "class",
    # ResolutionPut(uint256,uint256,uint256,uint256)
    "0xe98ac733a9d12f31313829f3c66f665a9de9d446e4eedb368645a5a970a97358": "resolution",
    # Voted(uint256,uint256,uint256)
    "0x5fe8f1cc066896edbe87bedf2e870c54f6311a7d6668c860949e2e1224a0955e": "voted",
    # VotedByProxy(uint256,uint256,address,uint256)
    "0xe8e7a406438e149c254ad6b544fcad2cd3d0a2fd0697832a2206d4b53d857998": "voted",
    # Marked(uint256,uint256,uint256)
    "0x4100a8a9eb9a273225c05423aa3e6baaef480227811aeab4d56899a44ff96805": "marked",
    # VoteWithdrawn(uint256,uint256)
    "0x23bd370da3e7eaf93b823bd6985cc06b1dd326ee68e5c1a33f8b81cd6572b5e2": "withdrawn",
    # TreasurySetAside(uint256,uint256)
    "0x4d8d00db764347d71d697aa5eed3d6b3b3357ee13fdbcd8e0473d695077a742d": "aside",
}
# held_at_account(uint256,uint256), supply_at(uint256)
HELD_AT, SUPPLY_AT = "0x940ac789", "0x568a81f6"
REST, DIVIDED, CUMULATIVE, RANKED = 2**96 - 1, 15, 1, 2


def ask(node, method, *given):
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given}
    head = {"Content-Type": "application/json", "User-Agent": "count_meeting"}
    with urllib.request.urlopen(
        urllib.request.Request(node, json.dumps(asked).encode(), head), timeout=120
    ) as answer:
        said = json.load(answer)
    return said["result"] if "result" in said else sys.exit(f"{method}: {said['error']}")


def part(word, at, bits):
    return word >> at & (1 << bits) - 1


def read(node, ballot, block, wanted):
    """The meeting as the events tell it: classes, rules, and the vote of each account that stands."""
    meeting, number = None, 0
    for log in ask(node, "eth_getLogs", {"address": ballot, "fromBlock": "0x0", "toBlock": block}):
        event, topics = EVENTS.get(log["topics"][0]), [int(one, 16) for one in log["topics"]]
        data = [int(log["data"][at : at + 64], 16) for at in range(2, len(log["data"]), 64)]
        if event == "announced" and wanted in (None, topics[1]):
            number = topics[1]
            meeting = {"number": number, "notice": data[0], "classes": [], "rules": [], "votes": {}}
            meeting["aside"] = set()
        if event is None or meeting is None or topics[1] != number:
            continue
        if event == "class":
            meeting["classes"].append((f"0x{topics[2]:040x}", data[1]))
        elif event == "resolution":
            meeting["rules"].append((data[1], data[2]))
        elif event == "voted":
            meeting["votes"][topics[2]] = (data[-1], [])
        elif event == "marked":
            meeting["votes"][topics[2]][1].append(data[0])
        elif event == "withdrawn":
            meeting["votes"].pop(topics[2], None)
        elif event == "aside":
            meeting["aside"].add(topics[2])
    return meeting or sys.exit("there is no such meeting")


def holdings(node, meeting, block):
    """Units by account and class at the record instants, and the units of each class that may vote."""

    def call(token, selector, *numbers):
        data = selector + "".join(f"{one:064x}" for one in numbers)
        return int(ask(node, "eth_call", {"to": token, "data": data}, block), 16)

    held = {
        account: [call(token, HELD_AT, account, record) for token, record in meeting["classes"]]
        for account in [*meeting["votes"], *meeting["aside"]]
    }
    entitled = [call(token, SUPPLY_AT, record) for token, record in meeting["classes"]]
    for account in meeting["aside"]:
        entitled = [all_ - own for all_, own in zip(entitled, held[account], strict=True)]
    return held, entitled


def marks_of(place, rule, vote, held):
    """What one account says on one item: class, preferences, units (cumulating: votes) for each part."""
    choice, seats = part(vote[0], 4 * place, 4), part(rule, 32, 8)
    if choice and choice != DIVIDED:
        return [(at, [choice], units * seats) for at, units in enumerate(held) if units]
    found, left = [], [units * seats for units in held]
    for mark in vote[1]:
        at, units = part(mark, 224, 8), part(mark, 128, 96)
        if part(mark, 232, 8) == place and choice == DIVIDED:
            given = left[at] if units == REST else units
            left[at] -= given
            found.append((at, [one for n in range(16) if (one := part(mark, 8 * n, 8))], given))
    return found


def reached(ours, whole, rule, at, exceeded):
    have, need = ours * part(rule, at + 32, 32), whole * part(rule, at, 32)
    return whole != 0 and (have > need if part(rule, exceeded, 1) else have >= need)


def count(place, rule, weights, votes, held, entitled):
    """The result of one item of the agenda; choices are numbers from 1 on."""
    weight = [part(weights, 32 * at, 32) for at in range(len(entitled))]
    choices, seats = part(rule, 24, 8), part(rule, 32, 8)
    method, said, present = part(rule, 0, 8), [], [0] * len(entitled)
    for account, vote in votes.items():
        own = [m for m in marks_of(place, rule, vote, held[account]) if weight[m[0]]]
        for at in {at for at, _, _ in own}:
            units = sum(units for one, _, units in own if one == at)
            present[at] += held[account][at] if method == CUMULATIVE and units else units
        said += own
    total = [[0] * (choices + 1) for _ in entitled]
    for at, ranking, units in said:
        total[at][ranking[0]] += units * weight[at]
    everybody = [sum(column) for column in zip(*total, strict=True)]
    voting = [units * weight[at] for at, units in enumerate(entitled)]
    here = [units * weight[at] for at, units in enumerate(present)]

    def majority(votes, here, whole):
        of = [votes[1] + votes[2], here, whole][part(rule, 8, 8)]
        return reached(votes[1], of, rule, 48, 40)

    quorum = reached(sum(here), sum(voting), rule, 112, 41)
    told = {"votes": everybody[1:], "present": sum(here), "entitled": sum(voting)}
    told |= {"by_class": [one[1:] for one in total], "quorum_met": quorum, "carried": False}
    if method in (CUMULATIVE, RANKED):
        weighted = [(ranking, units * weight[at]) for at, ranking, units in said]
        found = run_off(weighted, choices) if method == RANKED else most(everybody, seats)
        told |= found if quorum else {"elected": [], "tied": []}
        return told | {"carried": quorum and len(told["elected"]) == seats}
    alone = [at for at in range(len(entitled)) if part(rule, 16 + at, 1)]
    each = all(majority(total[at], here[at], voting[at]) for at in alone)
    return told | {"carried": quorum and each and majority(everybody, sum(here), sum(voting))}


def most(votes, seats):
    """Who has most votes, as far as they decide; those who are level for the last seat are tied."""
    best = sorted((one for one in range(1, len(votes)) if votes[one]), key=lambda one: -votes[one])
    if len(best) <= seats or votes[best[seats - 1]] > votes[best[seats]]:
        return {"elected": best[:seats], "tied": []}
    level = votes[best[seats]]
    above = [one for one in best if votes[one] > level]
    return {"elected": above, "tied": [one for one in best if votes[one] == level]}


def run_off(said, choices):
    """Instant run-off: the last goes until one has more than half of what is left."""
    standing, rounds = list(range(1, choices + 1)), []
    while True:
        firsts = [(next((r for r in ranking if r in standing), 0), n) for ranking, n in said]
        votes = {one: sum(n for first, n in firsts if first == one) for one in standing}
        rounds.append(votes)
        left, leader = sum(votes.values()), max(standing, key=votes.__getitem__)
        if not left or 2 * votes[leader] > left:
            return {"elected": [leader] if left else [], "tied": [], "rounds": rounds}
        out = standing
        for before in reversed(
            rounds
        ):  # of several last ones those with fewest in the round before
            out = [one for one in out if before[one] == min(before[each] for each in out)]
        others = [votes[one] for one in standing if one not in out]
        if len(out) > 1 and sum(votes[one] for one in out) >= min(others, default=0):
            return {"elected": [], "tied": out, "rounds": rounds}
        standing = [one for one in standing if one not in out]


def named(told, names):
    """The same with the words of the notice in place of numbers."""
    votes = {"votes": dict(zip(names, told["votes"], strict=True))}
    votes["by_class"] = [dict(zip(names, one, strict=True)) for one in told["by_class"]]
    for key in ("elected", "tied"):
        if key in told:
            votes[key] = [names[one - 1] for one in told[key]]
    if "rounds" in told:
        votes["rounds"] = [{names[k - 1]: n for k, n in one.items()} for one in told["rounds"]]
    return told | votes


def main(node, ballot, wanted=None, file=None):
    block = ask(node, "eth_blockNumber")
    meeting = read(node, ballot, block, int(wanted) if wanted else None)
    held, entitled = holdings(node, meeting, block)
    put = [{} for _ in meeting["rules"]]
    if file:
        text = pathlib.Path(file).read_bytes()
        if hashlib.sha256(text).digest() != meeting["notice"].to_bytes(32, "big"):
            sys.exit("this is not the notice that the meeting was called with")
        put = tomllib.loads(text.decode())["resolution"]
    found = []
    for place, (rule, weights) in enumerate(meeting["rules"]):
        told = count(place, rule, weights, meeting["votes"], held, entitled)
        numbers = [str(one) for one in range(1, len(told["votes"]) + 1)]
        sides = numbers if part(rule, 0, 8) else ["for", "against", "abstain"]
        names = put[place].get("candidates", sides)
        found.append({"resolution": put[place].get("id", str(place + 1))} | named(told, names))
    told = {"meeting": meeting["number"], "block": int(block, 16), "resolutions": found}
    print(json.dumps(told, indent=1))


main(*sys.argv[1:5])
