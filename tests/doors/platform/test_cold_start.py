"""A platform on an empty PostgreSQL: started before it, by several at once, or with a URL that is wrong."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from freehold import config
from freehold.core.errors import Invalid
from freehold.desks.platform.readiness import await_databases
from freehold.doors.bench import postgresql
from tests.doors.platform.servers import databases, started
from tests.doors.running import free_port, serve, until
from tests.parts import ROOT

pytestmark = pytest.mark.needs("postgresql")


@pytest.fixture(scope="module")
def database():
    with started() as server:
        yield server


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    named = {"home": str(home), "listen": f"127.0.0.1:{port}", "servers": "2", **more}
    settings = {f"FREEHOLD_{name.upper()}": said for name, said in named.items()}
    return {**os.environ, **settings, "PYTHONPATH": str(ROOT / "src")}


def logged(log: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_database_that_comes_late_is_waited_for_and_gives_a_first_link(tmp_path):
    home, log = tmp_path / "home", tmp_path / "serve.log"
    with postgresql.prepared() as server, ExitStack() as held:

        def come() -> None:
            until(lambda: log.exists() and "waiting for a database" in log.read_text(), 60)
            server.start()

        coming = Thread(target=come)
        coming.start()
        held.callback(server.stop)
        held.callback(coming.join)
        named = {"FREEHOLD_BOOK_URL": server.url, "FREEHOLD_SERVERS": "1"}
        with serve(home, named) as platform:
            until(lambda: requests.get(f"{platform.url}/ready", timeout=10).status_code == 200)
            assert requests.get(platform.first_link, timeout=10).status_code == 200
            told = logged(log)
            waited = [one for one in told if one["event"] == "waiting for a database"]
            assert len(waited) in (1, 2), waited  # away, then starting
            assert "cannot be used now" in waited[0]["why"]
            assert not [one for one in told if one["event"] in ("died", "failed")]


def test_many_processes_at_once_make_the_tables_once(database, tmp_path):
    """Two workers and two servers, none of which was there first; nobody supervises them."""
    home = tmp_path / "home"
    named, port = databases(database, home), free_port()
    with ExitStack() as held, (tmp_path / "log").open("w") as log:

        def start(part: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "freehold.doors.platform.processes", part]
            given = environment(home, port)
            made = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=log)
            held.callback(made.wait, 30)
            held.callback(made.terminate)
            return made

        def ready(process: subprocess.Popen[bytes]) -> bool:
            assert process.stdout
            with process.stdout:
                return process.stdout.readline() == b"ready\n"

        assert ready(start("ledger"))
        parts = ("worker", "server", "worker", "server")
        processes = [start(part) for part in parts]
        assert [ready(one) for one in processes] == [True] * len(parts), (
            tmp_path / "log"
        ).read_text()
        until(lambda: requests.get(f"http://127.0.0.1:{port}/ready", timeout=10).status_code == 200)
        assert [one.poll() for one in processes] == [None] * len(parts)
    assert not [one for one in logged(tmp_path / "log") if one["event"] == "failed"]
    place = make_url(named["book_url"]).set(drivername="postgresql+pg8000")
    engine = create_engine(place)
    with engine.connect() as tx:
        assert len(tx.execute(text("SELECT version_num FROM alembic_version")).all()) == 1
    engine.dispose()


@pytest.mark.parametrize("setting", ["book_url", "index_url"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody", "password": "hunter2"}, 'role "nobody" does not exist'),
        ("oracle://localhost/x", "postgresql://..."),
        ("no url at all", "postgresql://..."),
    ],
    ids=str,
)
def test_a_wrong_url_is_one_sentence_and_not_waited_for(database, tmp_path, setting, change, words):
    wrong = change
    if isinstance(change, dict):
        wrong = make_url(database.url).set(**change).render_as_string(hide_password=False)
    given = {"FREEHOLD_HOME": str(tmp_path), f"FREEHOLD_{setting.upper()}": wrong}
    with pytest.raises(Invalid) as told:
        await_databases(config.load(environment=given), lambda _: False, pytest.fail)
    assert words in told.value.message and "hunter2" not in told.value.message
    assert (
        told.value.facts.get("field") == setting or setting.partition("_")[0] in told.value.message
    )


def test_serve_says_what_is_wrong_and_starts_nothing(database, tmp_path):
    wrong = make_url(database.url).set(database="nowhere").render_as_string(hide_password=False)
    given = environment(tmp_path, free_port(), book_url=wrong)
    command = [sys.executable, "-m", "freehold", "serve"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("freehold: the book postgresql+pg8000://book@127.0.0.1")
    assert 'database "nowhere" does not exist; create it, or correct book_url' in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
