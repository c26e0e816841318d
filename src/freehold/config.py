"""The settings, from one TOML file and the environment: the only reader of both.

A setting `book_url` is `book_url = "..."` in freehold.toml or FREEHOLD_BOOK_URL in the environment,
which wins. An unknown name is a mistake, answered with the nearest known one. Secrets are given by
reference (`env:NAME`, `file:PATH`, `prompt`); the variables that such references name are
collected here, so that nothing else has to look into the environment.
docs/reference/config.md describes every setting; a test compares the two.
"""

import difflib
import ipaddress
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

from freehold.core.errors import Invalid, Mistake, NotFound
from freehold.core.letters import mailbox

PREFIX = "FREEHOLD_"
FILE_VARIABLE = "FREEHOLD_CONFIG"
NOT_SETTINGS = frozenset({FILE_VARIABLE, "FREEHOLD_SHARED"})  # the second one is read by tests
LOCAL_LEDGERS = ("embedded", "anvil")
LOCAL_KEYS = "local"
"""Keys that a local ledger comes with, in a file of the home: for ledgers that no other machine sees."""
PEOPLE_KEY = "people-key"
"""The file of the home in which the key for personal data is made, where no other is set."""
NETWORK_FINALITY = 12
"""Blocks on a network where nothing is set; local ledgers never reorganise by themselves."""
LISTEN = "127.0.0.1:8440"
MOST_SERVERS = 4
RELAY_ISSUER_GAS, RELAY_HOLDER_GAS = 50_000_000, 2_000_000
"""Gas a day: some hundreds of transfers of an issuer, a dozen of one holder."""
MAIL_FROM = "register@freehold.invalid"
"""A name that no mail comes from (RFC 2606), until another is set."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Config:
    """All settings; docs/reference/config.md says what each is for."""

    home: Path
    ledger: str  # embedded, anvil, or the URL of a JSON-RPC endpoint
    chain_id: int | None  # refuse any other chain; None: take the ledger's
    finality_depth: int  # blocks on top before an event counts as settled
    book_url: str
    index_url: str
    signer: str  # local, or keystore:PATH
    signer_secret: str  # a reference, never the secret
    second_signer: str  # who confirms what needs two persons; empty: nobody
    second_signer_secret: str
    listen: str  # HOST:PORT of the server
    servers: int  # processes that answer there
    public_url: str  # where browsers find it
    trusted_proxies: tuple[Network, ...]  # who may say for whom he asks
    relay_issuer_gas: int  # gas a day for acts that are relayed, of all holders of an issuer
    relay_holder_gas: int  # the same, of one holder
    people_key: str  # a reference to the key that wraps the keys of personal data
    mail: str  # folder:PATH, smtp://HOST:PORT or smtps://HOST:PORT
    mail_from: str  # whom letters are from
    mail_user: str  # who signs in at the mail server; empty: nobody
    mail_secret: str  # a reference to his password
    secrets: Mapping[str, str] = field(repr=False, default_factory=dict)  # by variable name

    @property
    def signing_variables(self) -> set[str]:
        """The environment variables in which secrets of signing keys stand."""
        return {_variable(self.signer_secret), _variable(self.second_signer_secret)} - {""}


SETTINGS = tuple(entry.name for entry in fields(Config) if entry.name != "secrets")
SECRETS = ("signer_secret", "second_signer_secret", "people_key", "mail_secret")
INTEGERS = {"chain_id": 1, "finality_depth": 0, "servers": 1}
INTEGERS |= {"relay_issuer_gas": 0, "relay_holder_gas": 0}  # setting -> smallest value


class Wrong(NamedTuple):
    """Why a value cannot be used."""

    sentence: str


def load(file: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """The settings in force: defaults, then the file, then the environment.

    The file is `file`, else the one FREEHOLD_CONFIG names, else freehold.toml in the home directory
    if it is there. Raises NotFound for a named file that is missing, Invalid with every mistake.
    """
    mistakes: list[Mistake] = []
    written: Mapping[str, object] = {}
    if place := _file(file, environment):
        written = _content(place, mistakes)
    referred = {
        _variable(str(environment.get(PREFIX + name.upper(), written.get(name, "prompt"))))
        for name in SECRETS
    }
    variables = {
        name: text
        for name, text in environment.items()
        if name.startswith(PREFIX) and name not in NOT_SETTINGS | referred
    }
    given = _read(written, {name: name for name in SETTINGS}, str(place), mistakes)
    spelled = {PREFIX + name.upper(): name for name in SETTINGS}
    given |= _read(variables, spelled, "environment", mistakes)
    if mistakes:
        raise Invalid("the settings cannot be used", mistakes)
    secrets = {name: environment[name] for name in referred if name in environment}
    return _complete(given, default_home(environment), secrets)


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this system keeps a program's data for one person."""
    user = Path(environment.get("HOME") or Path.home())
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or user / "AppData" / "Local") / "freehold"
    if sys.platform == "darwin":
        return user / "Library" / "Application Support" / "freehold"
    return Path(environment.get("XDG_DATA_HOME") or user / ".local" / "share") / "freehold"


def usual_servers() -> int:
    """Processes of the server where nothing is set: one for each core, at most four.

    One where the system cannot part connections among processes.
    """
    return min(os.cpu_count() or 1, MOST_SERVERS) if sys.platform == "linux" else 1


def _file(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    if named and not named.is_file():
        raise NotFound(f"there is no settings file {named}", file=str(named))
    home = Path(environment.get(f"{PREFIX}HOME") or default_home(environment)).expanduser()
    usual = home / "freehold.toml"
    return named or (usual if usual.is_file() else None)


def _content(place: Path, mistakes: list[Mistake]) -> Mapping[str, object]:
    try:
        return tomllib.loads(place.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        mistakes.append(Mistake(str(place), f"this is not TOML: {problem}"))
        return {}


def _read(
    values: Mapping[str, object], spelled: Mapping[str, str], where: str, mistakes: list[Mistake]
) -> dict[str, str | int]:
    """The values by setting; `spelled` gives each setting by the name it has in this place."""
    given: dict[str, str | int] = {}
    for name, value in sorted(values.items()):
        setting = spelled.get(name)
        read = _unknown(name, spelled) if setting is None else READERS[setting](setting, value)
        if isinstance(read, Wrong):
            mistakes.append(Mistake(f"{where}: {name}", read.sentence))
        else:
            given[spelled[name]] = read
    return given


def _unknown(name: str, spelled: Mapping[str, str]) -> Wrong:
    near = difflib.get_close_matches(name, spelled, 1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(spelled)}"
    return Wrong(f"there is no such setting; {hint}")


def _integer(setting: str, value: object) -> int | Wrong:
    least = INTEGERS[setting]
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        return Wrong(f"{value!r} is not a whole number of at least {least}")
    return value


def _text(setting: str, value: object) -> str | Wrong:
    if not isinstance(value, str) or not value:
        return Wrong(f'{value!r} is not a text; write {setting} = "..."')
    return value


def _listen(setting: str, value: object) -> str | Wrong:
    shape = r"(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}"
    if isinstance(value, str) and re.fullmatch(shape, value) and port_of(value) < 65_536:
        return value
    return Wrong(f'{value!r} is no address to listen at; write {setting} = "127.0.0.1:8440"')


def _url(setting: str, value: object) -> str | Wrong:
    if isinstance(value, str) and re.fullmatch(r"https?://[^/?#\s]+/?", value):
        return value
    return Wrong(f'{value!r} is no URL of a site; write {setting} = "https://register.example"')


def _networks(setting: str, value: object) -> str | Wrong:
    try:
        found = networks_of(str(value))
    except ValueError as wrong:
        return Wrong(f'{wrong}; write {setting} = "10.0.0.7, 10.1.0.0/16"')
    if not found or any(one.prefixlen == 0 for one in found):
        return Wrong(
            f"{value!r} would trust everybody or nobody: name the addresses of your proxies"
        )
    return str(value)


def _mail(setting: str, value: object) -> str | Wrong:
    shape = r"folder:.+|smtps?://[\w.-]+(:\d{1,5})?"
    if isinstance(value, str) and re.fullmatch(shape, value):
        return value
    return Wrong(f'{value!r} is no way to send mail; write {setting} = "smtps://mail.example:465"')


def _mailbox(setting: str, value: object) -> str | Wrong:
    try:
        return mailbox(str(value), setting)
    except Invalid as wrong:
        return Wrong(wrong.message)


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks from addresses and networks with commas or spaces between. Raises ValueError."""
    return tuple(ipaddress.ip_network(one) for one in text.replace(",", " ").split())


def port_of(listen: str) -> int:
    """The port of an address to listen at."""
    return int(listen.rsplit(":", 1)[1])


def host_of(listen: str) -> str:
    """The host of an address to listen at, without the brackets of IPv6."""
    return listen.rsplit(":", 1)[0].strip("[]")


def _reference(setting: str, value: object) -> str | Wrong:
    if value == "prompt" or (isinstance(value, str) and re.match(r"(env|file):.", value)):
        return str(value)
    # It may be the secret itself, so it is not repeated.
    return Wrong("a secret is given by reference: write env:NAME, file:PATH or prompt")


READERS: Mapping[str, Callable[[str, object], str | int | Wrong]] = (
    dict.fromkeys(SETTINGS, _text)
    | dict.fromkeys(INTEGERS, _integer)
    | dict.fromkeys(SECRETS, _reference)
    | {"listen": _listen, "public_url": _url, "mail": _mail, "mail_from": _mailbox}
    | {"trusted_proxies": _networks}
)


def _variable(reference: str) -> str:
    return reference.removeprefix("env:") if reference.startswith("env:") else ""


def _complete(
    given: Mapping[str, str | int], usual_home: Path, secrets: Mapping[str, str]
) -> Config:
    home = Path(str(given.get("home", usual_home))).expanduser().absolute()
    ledger = str(given.get("ledger", "embedded"))
    finality = 0 if ledger in LOCAL_LEDGERS else NETWORK_FINALITY
    chain_id = given.get("chain_id")
    signer = LOCAL_KEYS if ledger in LOCAL_LEDGERS else f"keystore:{home / 'signer.json'}"
    listen = str(given.get("listen", LISTEN))
    return Config(
        home=home,
        ledger=ledger,
        chain_id=None if chain_id is None else int(chain_id),
        finality_depth=int(given.get("finality_depth", finality)),
        book_url=str(given.get("book_url", f"sqlite:///{home / 'book.db'}")),
        index_url=str(given.get("index_url", f"sqlite:///{home / 'index.db'}")),
        signer=str(given.get("signer", signer)),
        signer_secret=str(given.get("signer_secret", "prompt")),
        second_signer=str(given.get("second_signer", signer if signer == LOCAL_KEYS else "")),
        second_signer_secret=str(given.get("second_signer_secret", "prompt")),
        listen=listen,
        servers=int(given.get("servers", usual_servers())),
        public_url=str(given.get("public_url", f"http://localhost:{port_of(listen)}")).rstrip("/"),
        trusted_proxies=networks_of(str(given.get("trusted_proxies", ""))),
        relay_issuer_gas=int(given.get("relay_issuer_gas", RELAY_ISSUER_GAS)),
        relay_holder_gas=int(given.get("relay_holder_gas", RELAY_HOLDER_GAS)),
        people_key=str(given.get("people_key", f"file:{home / PEOPLE_KEY}")),
        mail=str(given.get("mail", f"folder:{home / 'mail'}")),
        mail_from=str(given.get("mail_from", MAIL_FROM)),
        mail_user=str(given.get("mail_user", "")),
        mail_secret=str(given.get("mail_secret", "prompt")),
        secrets=secrets,
    )
