"""Imports a company in a process of its own that kills itself (-9) at a point it is given.

At the root: `python -m tests.desks.import_child HOME DIRECTORY CALL WHEN`: at the CALL-th sending
of transactions, WHEN is `before` or `after`.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from freehold.desks import posting
from freehold.desks.register import captables
from tests.company import files_of, office_of


def main(home, directory, call, when):
    real, seen = posting.send.send, []

    def send(w3, made):
        seen.append(made)
        if len(seen) == int(call) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answered = real(w3, made)
        if len(seen) == int(call):
            os.kill(os.getpid(), signal.SIGKILL)
        return answered

    posting.send.send = send
    with office_of(Path(home)) as office:
        short = replace(office.posting, lease=timedelta(milliseconds=200))
        office = replace(office, posting=short)
        captables.import_company(office, files_of(Path(directory)))


if __name__ == "__main__":
    main(*sys.argv[1:])
