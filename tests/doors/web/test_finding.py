"""The buttons that ask and change nothing: each shows what was looked for, and nothing else."""

import re
import secrets

import pytest

from freehold.core.roles import Role
from tests.doors.running import Platform
from tests.doors.serviced import AGENT, agreed, asked, coin_on, dividend
from tests.doors.web.windows import Window, session_of, somebody

COIN = "finding-coin"


@pytest.fixture(scope="module")
def agent(platform) -> Window:
    id = somebody(platform, "finding@northwind.example", Role.TRANSFER_AGENT)
    return Window(platform, session_of(platform, id))


@pytest.fixture(scope="module")
def token(platform) -> str:
    listed = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    return next(str(one["token"]) for one in listed if one["class_id"] == "common")


@pytest.fixture(scope="module")
def announced(platform: Platform) -> str:
    id = f"finding-{secrets.token_hex(3)}"
    text = dividend(platform, coin_on(platform, COIN), id)
    agreed(platform, asked(platform, "/v1/actions", {"terms": text}, id))
    return id


def test_holders_are_found_by_name_number_and_country(agent):
    found = agent.press("/holders", "Filter", q="northgate")
    assert "northgate-seed" in found.text and "jonas-keller" not in found.text
    none = agent.press("/holders", "Filter", q="nobody at all").text
    assert "Nothing matches" in none and "Clear filters" in none


def test_the_explorer_finds_a_token_a_block_and_a_transaction(platform, agent, token):
    said = agent.see("/explorer")
    assert "From account" in said and "Accounts:" not in said, "what is packed is told apart"
    found = agent.press("/explorer", "Find", sent_to="/find", q=token)
    assert found.ok and found.url.lower().endswith(f"/securities/{token.lower()}")
    last = platform.ask(AGENT, "GET", "/v1/events?limit=1").json()["items"][0]
    found = agent.press("/explorer", "Find", sent_to="/find", q=last["transaction"])
    assert found.url.endswith(f"/explorer/{last['transaction']}") and found.ok


def test_everything_is_searched(agent):
    assert "northgate-seed" in agent.press("/search", "Search", q="northgate").text


def test_actions_are_listed_by_kind_and_state_and_entitled_holders_by_name(agent, announced):
    page = f"/actions/{announced}"
    listed = agent.press(
        "/actions", "Filter", sent_to="/actions", kind="cash-dividend", state="announced"
    )
    assert f'class="name" href="{page}"' in listed.text
    other = agent.press("/actions", "Filter", sent_to="/actions", kind="split", state="")
    assert f'class="name" href="{page}"' not in other.text
    found = agent.press(page, "Find", q="northgate")
    assert "northgate-seed" in found.text
    assert "northgate-seed" not in agent.press(page, "Find", q="nobody at all").text


def test_the_register_is_shown_as_it_was_at_a_time(agent, token):
    place = f"/securities/{token}/register"
    now = agent.see(place)
    shown = agent.press(place, "Show", at="2001-01-01T00:00")
    assert shown.ok and "Back to now" in shown.text and shown.text != now


def test_an_issue_begins_with_its_security(agent, token):
    shown = agent.press("/acts/issue", "Go on", sent_to="/acts/issue", instrument=token)
    assert 'name="holder-1"' in shown.text and f'value="{token}"' in shown.text


def test_the_bench_tries_a_transfer_and_moves_nothing(agent, token):
    place = f"/securities/{token}/policy"
    before = agent.see(f"/securities/{token}/register")
    given = {"from": "priya-raman", "to": "jonas-keller", "units": "60000"}
    tried = agent.press(place, "Try the transfer", sent_to=f"{place}#bench", **given)
    assert tried.ok and "Rule 144" in tried.text
    after = agent.see(f"/securities/{token}/register")
    assert before.count("<tr") == after.count("<tr")


def test_a_statement_is_shown_for_a_holder_and_a_period(agent):
    place = "/statement?holder=priya-raman"
    shown = agent.press(place, "Show the statement", holder="priya-raman", **{"from": "2020-01-01"})
    assert shown.ok and "Priya Raman" in shown.text and "Opening" in shown.text
    long_ago = {"from": "2020-01-01", "to": "2020-12-31"}
    empty = agent.press(place, "Show the statement", holder="priya-raman", **long_ago)
    assert "No units were held or moved" in empty.text and "Opening" not in empty.text


def test_holders_sort_lead_to_their_files_and_go_out_as_csv(agent):
    up = _named(agent.see("/holders?sort=name"))
    down = agent.see("/holders?sort=-name")
    assert len(up) > 3 and up == sorted(up, key=str.casefold)
    assert _named(down) == up[::-1]
    assert 'aria-sort="descending"' in down and 'href="?sort=name"' in down
    rows = agent.see("/holders?q=northgate&file=holders").splitlines()
    assert rows[0].startswith("issuer_id,holder,name,account") and len(rows) == 2
    assert agent.see("/holders?sort=nonsense"), "an order that is none is left alone"


def test_a_cap_table_sorts_and_is_shown_as_of_an_instant_that_has_passed(agent):
    place = "/issuers/northwind-optics/cap-table"
    now = agent.see(place)
    assert "Held today" in now and "Fully diluted" in now and "by the cap table file as of" in now
    first = _named(agent.see(f"{place}?sort=name"))
    assert len(first) > 2 and first == sorted(first, key=str.casefold)
    before = agent.see(f"{place}?at=2020-01-01T00:00")
    assert (
        "Held then" in before
        and "Nobody holds units yet" in before
        and "Fully diluted" not in before
    )
    then = agent.press(place, "Show", sent_to=place, stop="0").text
    assert "Held then" in then and "Held today" not in then and len(_named(then)) < len(first)
    assert "has not passed on the chain" in agent.see(f"{place}?at=2199-01-01T00:00")
    assert "Enter a date and a time" in agent.see(f"{place}?at=yesterday")
    head, *rows = agent.see(f"{place}?file=cap-table").splitlines()
    assert head.startswith("name,account,") and head.endswith(",units,share") and len(rows) > 2


def test_what_a_list_is_asked_for_stands_in_its_address_and_what_is_none_changes_nothing(agent):
    shown = agent.see("/holders?q=keller&class=outside+US&sort=-name&page=7&theme=x")
    assert _named(shown) == ["Jonas Keller"] and "1 to 1 of 1" in shown
    assert 'name="theme" value="x"' in shown, "what else stands in the address is kept"
    assert 'href="?theme=x&amp;sort=-name"' in shown, "the filters are cleared, the rest stays"
    every = _named(agent.see("/holders"))
    for nonsense in ("class=lizard", "state=%3Cb%3E", "page=-1", "page=9999", "sort=__class__"):
        assert sorted(_named(agent.see(f"/holders?{nonsense}"))) == sorted(every), nonsense


def test_the_log_is_found_by_names_and_its_rows_name_people_and_securities(agent, token):
    tried = {"sender": "priya-raman", "receiver": "jonas-keller", "units": "999999999"}
    agent.press(f"/transfers?instrument={token}", "Transfer units", **tried)
    mine = re.search(r"<strong>([0-9a-f]{6}\.finding@northwind\.example)", agent.see("/"))[1]
    found = agent.see(f"/audit?actor={mine}&act=transfer&outcome=REFUSED")
    assert "1 to 1 of 1" in found and f'<td class="also">{mine}</td>' in found
    assert f'<a class="name" href="/securities/{token}">Common Stock</a>' in found
    assert "Common Stock" in agent.see("/audit?about=common+stock")
    assert "Nothing matches" in agent.see(f"/audit?actor={mine}&outcome=FAILED")
    assert "Nothing matches" in agent.see("/audit?to=2001-01-01")
    newest, oldest = agent.see("/audit?sort=-number"), agent.see("/audit?sort=number")
    assert 'class="num">1</td>' in oldest and 'class="num">1</td>' not in newest
    last = int(re.search(r"1 to 50 of ([\d,]+)", newest)[1].replace(",", ""))
    second = agent.see("/audit?page=2")
    assert "51 to " in second and f"of {last:,}" in second.replace(f"{last + 1:,}", f"{last:,}")
    rows = agent.see(f"/audit?actor={mine}&file=log").splitlines()
    assert rows[0] == "number,at,act,outcome,code,actor,actor_id,about,about_id,hash"
    assert len(rows) > 2 and all(mine in row for row in rows[1:])


def test_activity_is_found_by_state_and_words_and_events_by_name(agent, token):
    final = agent.see("/activity?state=final")
    assert "Final" in final and "Nothing matches" not in final
    assert "Nothing matches" in agent.see("/activity?q=no+such+act")
    assert agent.see("/activity?file=activity").startswith("act,security,state,asked,block,")
    passed = agent.see(f"/explorer?event=Passed&contract={token}")
    assert "<strong>Passed</strong>" in passed and "<strong>Issued</strong>" not in passed
    upto = agent.see("/explorer?upto=9&sort=-block")
    assert max(map(int, re.findall(r'href="/explorer/blocks/(\d+)"', upto))) <= 9


def test_a_register_is_found_by_name_and_class_and_sorts_by_units(agent, token):
    place = f"/securities/{token}/register"
    assert "Priya Raman" in agent.see(f"{place}?q=priya") and "1 to 1 of 1" in agent.see(
        f"{place}?q=priya"
    )
    assert "Nothing matches" in agent.press(place, "Filter", q="nobody at all").text
    held = re.findall(r'<td class="num">([\d,]+)</td>', agent.see(f"{place}?sort=-units"))
    units = [int(one.replace(",", "")) for one in held]
    assert len(units) > 3 and units == sorted(units, reverse=True)


def _named(page: str) -> list[str]:
    """The holders whose files a page leads to, in its order."""
    return re.findall(r'href="/files/northwind-optics/[a-z-]+">([^<]+)<', page)
