"""Whoever pays a winding-up is killed (-9) at every page: nobody is paid twice and nobody is left out."""

import signal
import subprocess
import sys

from freehold.core.actions.windup import State
from freehold.desks.outbox import orders
from freehold.desks.servicing import winding_up
from tests.company import office_of
from tests.desks.servicing.test_windups import (
    coin_of,
    paid_out,
    require_everybody_paid,
    stands,
    terms,
)
from tests.parts import ROOT


def pay(home, when):
    child = [sys.executable, "-m", "tests.desks.windup_child", str(home), when]
    return subprocess.run(child, cwd=ROOT, timeout=240, capture_output=True, text=True)


def test_a_process_killed_at_every_page_leaves_a_payment_that_goes_on(company_home):
    with office_of(company_home) as office:
        coin = coin_of(office)
        text = terms(office, coin).partition("[[tranche]]")[0]
        text = text.partition("[pay.opens]")[0] + "[[debt]]" + text.partition("[[debt]]")[2]
        paid_out(office, orders.agent(office), coin, text)
    deaths = 0
    while (done := pay(company_home, "sent" if deaths % 2 else "final")).returncode:
        assert done.returncode == -signal.SIGKILL, done.stderr
        deaths += 1
    assert deaths >= 4, "one for each page"
    with office_of(company_home) as office:
        assert stands(office) is State.PAID
        winding_up.reconcile(office, orders.agent(office), "sale")
        require_everybody_paid(office, coin, winding_up.windups.case(office, "sale"))
