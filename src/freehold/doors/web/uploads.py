"""Forms that bring a file: multipart/form-data (RFC 7578), read by the standard library's mail parser."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP

from freehold.core.errors import Invalid

MOST_PARTS = 20
LONGEST_FIELD = 4_096


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a form: the name its sender gave it, its content and what he says it is."""

    name: str
    content: bytes
    media_type: str


def read(content_type: str, body: bytes) -> tuple[dict[str, str], Upload | None]:
    """The fields of a form and its file. Raises Invalid."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    whole = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    if whole.get_content_type() != "multipart/form-data" or not whole.is_multipart():
        raise Invalid("this is no form of ours: send it as multipart/form-data")
    parts = list(whole.iter_parts())
    if len(parts) > MOST_PARTS:
        raise Invalid("this form has too many parts")
    fields: dict[str, str] = {}
    file = None
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise Invalid("this form cannot be read")
        named = part.get_filename()
        if named is not None:
            file = Upload(named, content, part.get_content_type())
        elif len(content) > LONGEST_FIELD:
            raise Invalid(f"the field {name[:40]!r} is too long")
        else:
            fields[name] = _text(content)
    return fields, file


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Invalid("this form is not UTF-8") from None
