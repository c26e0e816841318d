"""Settings: the environment wins over the file, and every mistake is named with its way out."""

from pathlib import Path

import pytest

from freehold import config
from freehold.core.errors import Invalid, NotFound


def write(folder: Path, text: str) -> Path:
    file = folder / "freehold.toml"
    file.write_text(text)
    return file


def mistakes(file: Path | None, environment: dict[str, str]) -> list[str]:
    with pytest.raises(Invalid) as caught:
        config.load(file, environment)
    return [f"{mistake.place}: {mistake.message}" for mistake in caught.value.mistakes]


def test_without_any_setting_the_ledger_is_embedded_and_everything_lies_in_home(
    tmp_path: Path,
) -> None:
    settings = config.load(environment={"FREEHOLD_HOME": str(tmp_path)})
    assert settings.ledger == "embedded"
    assert settings.finality_depth == 0
    assert settings.chain_id is None
    assert settings.book_url == f"sqlite:///{tmp_path}/book.db"


def test_a_network_waits_for_twelve_blocks_unless_told_otherwise(tmp_path: Path) -> None:
    environment = {"FREEHOLD_HOME": str(tmp_path), "FREEHOLD_LEDGER": "https://node.example"}
    assert config.load(environment=environment).finality_depth == 12
    told = environment | {"FREEHOLD_FINALITY_DEPTH": "3"}
    assert config.load(environment=told).finality_depth == 3


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'ledger = "anvil"\nchain_id = 7\n')
    settings = config.load(file, {"HOME": "/h", "FREEHOLD_CHAIN_ID": "8"})
    assert (settings.ledger, settings.chain_id) == ("anvil", 8)


def test_the_file_in_home_is_found_and_the_one_named_goes_before_it(tmp_path: Path) -> None:
    write(tmp_path, "chain_id = 7\n")
    other = tmp_path / "other.toml"
    other.write_text("chain_id = 9\n")
    home = {"FREEHOLD_HOME": str(tmp_path)}
    assert config.load(environment=home).chain_id == 7
    assert config.load(environment=home | {"FREEHOLD_CONFIG": str(other)}).chain_id == 9
    assert config.load(other, home).chain_id == 9


def test_a_named_file_that_is_missing_is_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no settings file .*absent\.toml"):
        config.load(tmp_path / "absent.toml", {})


def test_all_mistakes_are_named_at_once_with_the_nearest_setting(tmp_path: Path) -> None:
    file = write(tmp_path, "legder = 'anvil'\nchain_id = true\nhome = 3\n")
    found = mistakes(file, {"FREEHOLD_BOOK_ULR": "x", "FREEHOLD_FINALITY_DEPTH": "-1"})
    assert found == [
        f"{file}: chain_id: True is not a whole number of at least 1",
        f'{file}: home: 3 is not a text; write home = "..."',
        f"{file}: legder: there is no such setting; did you mean ledger?",
        "environment: FREEHOLD_BOOK_ULR: there is no such setting; did you mean FREEHOLD_BOOK_URL?",
        "environment: FREEHOLD_FINALITY_DEPTH: '-1' is not a whole number of at least 0",
    ]


def test_a_file_that_is_no_toml_is_one_mistake(tmp_path: Path) -> None:
    (found,) = mistakes(write(tmp_path, "ledger = anvil"), {})
    assert "this is not TOML" in found


def test_a_secret_written_out_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (found,) = mistakes(write(tmp_path, 'signer_secret = "correct horse"'), {})
    assert "write env:NAME, file:PATH or prompt" in found
    assert "horse" not in found


@pytest.mark.parametrize("in_file", [True, False])
def test_the_variable_a_secret_refers_to_is_read_and_never_shown(
    in_file: bool, tmp_path: Path
) -> None:
    file = write(tmp_path, 'signer_secret = "env:FREEHOLD_PASS"' if in_file else "")
    environment = {"FREEHOLD_PASS": "correct horse"}
    if not in_file:
        environment["FREEHOLD_SIGNER_SECRET"] = "env:FREEHOLD_PASS"
    settings = config.load(file, environment)
    assert settings.secrets == {"FREEHOLD_PASS": "correct horse"}
    assert "horse" not in repr(settings)


@pytest.mark.parametrize(
    "said", ["proxy.example", "10.0.0.1/8", "0.0.0.0/0", " ", "10.0.0.7;10.0.0.8"]
)
def test_a_proxy_is_trusted_by_its_address_and_never_everybody(tmp_path: Path, said: str) -> None:
    home = {"FREEHOLD_HOME": str(tmp_path)}
    assert config.load(environment=home).trusted_proxies == ()
    told = config.load(environment=home | {"FREEHOLD_TRUSTED_PROXIES": "10.0.0.7, fd00::/64"})
    assert [str(one) for one in told.trusted_proxies] == ["10.0.0.7/32", "fd00::/64"]
    (fault,) = mistakes(None, home | {"FREEHOLD_TRUSTED_PROXIES": said})
    assert fault.startswith("environment: FREEHOLD_TRUSTED_PROXIES")
