"""The reference pages say what the code says."""

from freehold.core.reasons import Reason, esc, sentence
from tests.parts import ROOT
from tests.tidy.documents import table_rows


def test_every_reason_is_listed_as_the_code_has_it() -> None:
    rows = table_rows((ROOT / "docs/reference/reasons.md").read_text())[2:]
    expected = [
        [str(int(reason)), reason.name, f"0x{esc(reason):02x}", sentence(reason)]
        for reason in Reason
    ]
    assert rows == expected
