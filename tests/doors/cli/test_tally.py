"""`freehold tally`: anybody counts again and gets the same."""

from freehold.doors.cli.main import main
from tests.parts import ROOT

MEETING = ROOT / "examples/meetings/annual-meeting.toml"


def test_a_count_has_votes_result_and_what_did_not_count(run) -> None:
    found = run("tally", MEETING)
    assert found.code == 0
    accounts, articles, board, auditor = found.document["resolutions"]
    assert accounts["all"] == {
        "votes": {"for": "4750000", "against": "0", "abstain": "0"},
        "present": "4750000",
        "entitled": "6250000",
    }
    assert (articles["carried"], articles["by_class"]["preferred"]["present"]) == (True, "1562500")
    assert articles["not_counted"] == [{"ballot": "000006", "why": "was cast after the close"}]
    assert board["elected"] == ["lindgren", "okafor"]
    assert len(auditor["rounds"]) == 2


def test_people_get_a_table_for_each_item(capsys) -> None:
    assert main(["tally", str(MEETING)]) == 0
    shown = capsys.readouterr().out
    assert "articles: carried" in shown
    assert "auditor: elected birch" in shown
    assert "was cast after the close" in shown


def test_a_circle_of_proxies_refuses_the_file(run, tmp_path) -> None:
    text = MEETING.read_text().replace('proxy = "priya-raman"', 'proxy = "jonas-keller"')
    (tmp_path / "meeting.toml").write_text(text)
    found = run("tally", tmp_path / "meeting.toml")
    assert found.code == 2
    assert "proxy 1: proxy: jonas-keller cannot be its own proxy" in found.said
