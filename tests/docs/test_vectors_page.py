"""The page of the test vectors says what the code reads."""

from tests.docs.vectors_page import PAGE, page


def test_the_page_of_the_vectors_is_up_to_date() -> None:
    remedy = "write it anew: .venv/bin/python -m tests.docs.vectors_page"
    assert PAGE.read_text() == page(), remedy
