# pragma version 0.4.3
"""
@title Counting
@license Apache-2.0
@notice Adds what an account says to the totals, or takes it off again: holdings at a record instant
        never change, so taking off is exact.
        choices  four bits a resolution: 0 not voted, 1 for, 2 against, 3 abstain (or the candidate's
                 number), 15 divided by marks
        mark     ranking, eight bits a place, first preference lowest 0..127 | units 128..223, all ones
                 for the rest | class 224..231 | resolution 232..239
"""
from modules import agenda
from modules import words

uses: agenda

MARKS_MAX: constant(uint256) = 32
DIVIDED: constant(uint256) = 15
NIBBLES: constant(uint256) = 20016609818878733144904388672456953615  # 0f0f.. sixteen times
TOPS: constant(uint256) = 170808403787765189503184116671632670848  # 8080.. sixteen times
NO_UNITS: constant(uint256) = 3
BAD_CHOICE: constant(uint256) = 4


@internal
@view
def _held(meeting: uint256, account: uint256, classes: uint256) -> DynArray[uint256, 8]:
    held: DynArray[uint256, 8] = []
    for class_: uint256 in range(classes, bound=8):
        called: uint256 = agenda.classes[(meeting << 8) | class_]
        token: agenda.IUnits = agenda.IUnits(convert(called & words.M160, address))
        held.append(staticcall token.held_at_account(account, called >> 160))
    return held


@internal
@pure
def _is_plain(choices: uint256, most: uint256) -> bool:
    """
    @dev Whether every choice is at most what its resolution has; all 32 are compared at once.
    """
    even: uint256 = ((most & NIBBLES) | TOPS) - (choices & NIBBLES)
    odd: uint256 = (((most >> 4) & NIBBLES) | TOPS) - ((choices >> 4) & NIBBLES)
    return even & odd & TOPS == TOPS and choices >> 128 == 0


@internal
def _count_plain(meeting: uint256, terms: uint256, account: uint256, choices: uint256) -> bool:
    """
    @dev The way of most votes: nothing divided, nothing replaced. False, and nothing added, where
         the account held no units that vote on this.
    """
    voting: bool = False
    for class_: uint256 in range((terms >> 120) & words.M8, bound=8):
        called: uint256 = agenda.classes[(meeting << 8) | class_]
        token: agenda.IUnits = agenda.IUnits(convert(called & words.M160, address))
        units: uint256 = staticcall token.held_at_account(account, called >> 160)
        if units == 0:
            continue
        rest: uint256 = choices
        key: uint256 = (meeting << 24) | (class_ << 8)
        for resolution: uint256 in range(32):
            if rest == 0:
                break
            if rest & 15 != 0:
                rule: uint256 = agenda.resolutions[(meeting << 8) | resolution].rule
                if (rule >> (176 + class_)) & 1 != 0:
                    voting = True
                    agenda.totals[key | (rest & 15)] += units * ((rule >> 32) & words.M8)
                    if rule & words.M8 == agenda.CUMULATIVE:
                        agenda.totals[key] += units
            rest = rest >> 4
            key += 65536
    return voting


@internal
@view
def _wrong(
    meeting: uint256,
    terms: uint256,
    choices: uint256,
    held: DynArray[uint256, 8],
) -> uint256:
    """
    @dev Why these choices of an account that held so much cannot count; 0 if they can.
    """
    if choices >> (4 * ((terms >> 128) & words.M8)) != 0:
        return BAD_CHOICE
    voting: bool = False
    for resolution: uint256 in range((terms >> 128) & words.M8, bound=32):
        choice: uint256 = (choices >> (4 * resolution)) & 15
        if choice == 0:
            continue
        rule: uint256 = agenda.resolutions[(meeting << 8) | resolution].rule
        if choice != DIVIDED and choice > (rule >> 24) & words.M8:
            return BAD_CHOICE
        voters: uint256 = rule >> 176
        for units: uint256 in held:
            if voters & 1 != 0 and units != 0:
                voting = True
            voters = voters >> 1
    return 0 if voting else NO_UNITS


@internal
def _count(
    meeting: uint256,
    terms: uint256,
    choices: uint256,
    held: DynArray[uint256, 8],
    adding: bool,
):
    """
    @dev Add to the totals what is not divided, or take it off.
    """
    for resolution: uint256 in range((terms >> 128) & words.M8, bound=32):
        choice: uint256 = (choices >> (4 * resolution)) & 15
        if choice == 0 or choice == DIVIDED:
            continue
        rule: uint256 = agenda.resolutions[(meeting << 8) | resolution].rule
        seats: uint256 = (rule >> 32) & words.M8
        voters: uint256 = rule >> 176
        key: uint256 = (meeting << 24) | (resolution << 16)
        for units: uint256 in held:
            if voters & 1 != 0 and units != 0:
                self._add(key | choice, units * seats, adding)
                if rule & words.M8 == agenda.CUMULATIVE:
                    self._add(key, units, adding)
            voters = voters >> 1
            key += 256


@internal
@view
def _are_right(
    meeting: uint256,
    choices: uint256,
    marks: DynArray[uint256, MARKS_MAX],
    held: DynArray[uint256, 8],
) -> bool:
    """
    @dev Marks stand in the order of resolution and class, and together divide no more than there is.
    """
    place: uint256 = 0
    left: uint256 = 0
    for mark: uint256 in marks:
        class_: uint256 = (mark >> 224) & words.M8
        resolution: uint256 = (mark >> 232) & words.M8
        here: uint256 = 1 + (mark >> 224)
        if mark >> 240 != 0 or resolution >= 32 or class_ >= len(held) or here < place:
            return False
        rule: uint256 = agenda.resolutions[(meeting << 8) | resolution].rule
        if (choices >> (4 * resolution)) & 15 != DIVIDED or not self._is_ranking(mark, rule):
            return False
        if (rule >> (176 + class_)) & 1 == 0:
            return False
        if here != place:
            left = held[class_] * ((rule >> 32) & words.M8)
        place = here
        units: uint256 = self._units(mark, left)
        if units == 0 or units > left:
            return False
        left -= units
    return True


@internal
def _divide(
    meeting: uint256,
    marks: DynArray[uint256, MARKS_MAX],
    held: DynArray[uint256, 8],
    adding: bool,
):
    """
    @dev Add marks that are right to the totals, or take them off.
    """
    place: uint256 = 0
    left: uint256 = 0
    for mark: uint256 in marks:
        class_: uint256 = (mark >> 224) & words.M8
        resolution: uint256 = (mark >> 232) & words.M8
        key: uint256 = (meeting << 24) | (resolution << 16) | (class_ << 8)
        here: uint256 = 1 + (mark >> 224)
        if here != place:
            rule: uint256 = agenda.resolutions[(meeting << 8) | resolution].rule
            left = held[class_] * ((rule >> 32) & words.M8)
            if rule & words.M8 == agenda.CUMULATIVE:
                self._add(key, held[class_], adding)
        place = here
        units: uint256 = self._units(mark, left)
        left -= units
        self._add(key | (mark & words.M8), units, adding)


@internal
@pure
def _units(mark: uint256, left: uint256) -> uint256:
    units: uint256 = (mark >> 128) & words.M96
    return left if units == words.M96 else units


@internal
@pure
def _is_ranking(mark: uint256, rule: uint256) -> bool:
    """
    @dev Candidates from the first preference on, none twice; one only where nothing is ranked.
    """
    ranking: uint256 = mark & ((1 << 128) - 1)
    seen: uint256 = 0
    if ranking == 0 or (ranking >> 8 != 0 and rule & words.M8 != agenda.RANKED):
        return False
    for i: uint256 in range(16):
        candidate: uint256 = ranking & words.M8
        if candidate == 0:
            break
        if candidate > (rule >> 24) & words.M8 or (seen >> candidate) & 1 != 0:
            return False
        seen |= 1 << candidate
        ranking = ranking >> 8
    return ranking == 0


@internal
def _add(key: uint256, units: uint256, adding: bool):
    if adding:
        agenda.totals[key] += units
    else:
        agenda.totals[key] -= units
