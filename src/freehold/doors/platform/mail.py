"""Sends the letters of the outbox: through an SMTP server, or into a folder as .eml files.

The text is a template of `letters/`: its first line is the subject. The same words go out as plain text
and as HTML. The standard library's message policy refuses line ends in headers; `core/letters.py` has
refused them before.
"""

import os
import smtplib
import ssl
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from freehold.config import Config
from freehold.core.errors import PlatformError
from freehold.core.letters import Letter, mailbox
from freehold.desks import notices
from freehold.desks.notices import Delivered, Ended, Post
from freehold.desks.office import Office, secret_of
from freehold.doors.platform import journal

PATIENCE_SECONDS = 20.0
EVERY_SECONDS = 1.0
FOOT = "This letter was sent by a machine. Nobody reads answers to it."


def post_of(settings: Config) -> Post:
    """The way that the settings name: `folder:PATH`, or `smtp://` or `smtps://HOST:PORT`."""
    if settings.mail.startswith("folder:"):
        folder = Path(settings.mail.removeprefix("folder:"))
        return Post(lambda letter: _into_folder(settings, folder, letter), repeatable=True)
    return Post(lambda letter: _by_smtp(settings, letter), repeatable=False)


def keep_sending(office: Office, settings: Config, stop: threading.Event) -> None:
    """Send what is due, again and again, until told to stop. What goes wrong is written down."""
    post = post_of(settings)
    while not stop.wait(EVERY_SECONDS):
        try:
            notices.send_due(office, post)
        except PlatformError as fault:
            journal.write("mail", "held up", why=fault.message)


def message(settings: Config, letter: Letter) -> EmailMessage:
    """The letter as a message; the same letter gives the same message."""
    subject, lines = said(letter)
    link = letter.facts.get("link", "")
    url = f"{settings.public_url}{link}" if link else ""
    made = EmailMessage(POLICY)
    made["Message-ID"] = message_id(settings, letter.id)
    made["Date"] = format_datetime(letter.created_at)
    made["From"] = Address("Freehold", addr_spec=mailbox(settings.mail_from, "mail_from"))
    made["To"] = Address(addr_spec=mailbox(letter.to))
    made["Subject"] = subject
    made["Auto-Submitted"] = "auto-generated"
    text = "\n\n".join([*lines, *([url] if url else []), FOOT])
    made.set_content(text + "\n", cte="quoted-printable")
    html = (
        _templates()
        .get_template("frame.html")
        .render(subject=subject, lines=lines, url=url, foot=FOOT)
    )
    made.add_alternative(html, subtype="html", cte="quoted-printable")
    made.set_boundary(f"=_{letter.id}")
    return made


def message_id(settings: Config, id: str) -> str:
    """The Message-ID of a letter."""
    return f"<{id}@{urlsplit(settings.public_url).hostname}>"


def said(letter: Letter) -> tuple[str, list[str]]:
    """What a letter says: its subject and its paragraphs, without its link."""
    template = _templates().get_template(f"{letter.kind}.txt")
    subject, _, rest = template.render(**letter.facts).partition("\n")
    return subject.strip(), [line for line in rest.split("\n") if line.strip()]


def _into_folder(settings: Config, folder: Path, letter: Letter) -> Delivered:
    """Leave the message under its id; one that is there already was sent."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{letter.id}.{os.getpid()}"
    try:
        unfinished.write_bytes(message(settings, letter).as_bytes())
        unfinished.rename(folder / f"{letter.id}.eml")
    except OSError as fault:
        return Delivered(Ended.LATER, f"the folder {folder}: {fault.strerror}")
    return Delivered(Ended.SENT, str(folder))


def _by_smtp(settings: Config, letter: Letter) -> Delivered:
    content = message(settings, letter).as_bytes()
    try:
        server = _connected(settings)
    except (OSError, smtplib.SMTPException) as fault:
        return _failed(fault)
    try:
        return _handed_over(server, settings.mail_from, letter.to, content)
    finally:
        _hang_up(server)


def _connected(settings: Config) -> smtplib.SMTP:
    place = urlsplit(settings.mail)
    host, secure = place.hostname or "", place.scheme == "smtps"
    port = place.port or (465 if secure else 587)
    context = ssl.create_default_context()
    if secure:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, timeout=PATIENCE_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE_SECONDS)
    try:
        server.ehlo_or_helo_if_needed()
        if not secure and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if settings.mail_user:
            if not secure and not isinstance(server.sock, ssl.SSLSocket):
                raise smtplib.SMTPNotSupportedError(
                    "it offers no TLS, and no password goes without"
                )
            server.login(settings.mail_user, secret_of(settings, settings.mail_secret))
    except BaseException:
        _hang_up(server)
        raise
    return server


def _handed_over(server: smtplib.SMTP, sender: str, to: str, content: bytes) -> Delivered:
    """Envelope and content. Once the content is on its way, a broken line leaves us unsure."""
    try:
        for code, said in (server.mail(sender), server.rcpt(to)):
            if code not in (250, 251):
                return _answered(code, said)
    except (OSError, smtplib.SMTPException) as fault:
        return _failed(fault)
    try:
        code, said = server.data(content)
    except smtplib.SMTPDataError as fault:
        return _answered(fault.smtp_code, fault.smtp_error)
    except (OSError, smtplib.SMTPException) as fault:
        return Delivered(Ended.UNSURE, f"the line broke while it was handed over: {fault}")
    return Delivered(Ended.SENT) if code == 250 else _answered(code, said)


def _answered(code: int, said: bytes | str) -> Delivered:
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    return Delivered(Ended.NEVER if code >= 500 else Ended.LATER, f"{code} {words}")


def _failed(fault: Exception) -> Delivered:
    """Before anything was handed over nothing was sent; a refused password is no fault of the letter."""
    return Delivered(Ended.LATER, str(fault) or type(fault).__name__)


def _hang_up(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("freehold.doors.platform", "letters"),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
