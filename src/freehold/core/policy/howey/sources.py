"""What the questions and findings cite, and how far each source was confirmed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A case, statute or statement: `name` as findings cite it, `title` in full.

    `mark` S: confirmed in a public source, G: unverified, a person has to check it.
    """

    name: str
    title: str
    mark: str


SOURCES = {
    "HOWEY": Source("Howey", "SEC v. W.J. Howey Co., 328 U.S. 293 (1946)", "S"),
    "REVES": Source("Reves", "Reves v. Ernst & Young, 494 U.S. 56 (1990)", "S"),
    "INT26": Source("interpretation 2026", "SEC interpretation with the CFTC, 2026-03-17", "S"),
    "TOK26": Source(
        "staff statement 2026", "SEC staff Statement on Tokenized Securities, 2026-01-28", "S"
    ),
    "FRAME19": Source(
        "framework 2019",
        "SEC staff Framework for Investment Contract Analysis of Digital Assets, 2019-04-03"
        " (secondary; nobody has confirmed whether it was withdrawn)",
        "S",
    ),
    "SEC2A1": Source(
        "statutory definitions", "Securities Act s.2(a)(1); Exchange Act s.3(a)(10)", "G"
    ),
    "NINE": Source(
        "nine-month exclusion",
        "Exchange Act s.3(a)(10); Securities Act s.3(a)(3): nine months",
        "G",
    ),
    "EDWARDS": Source("Edwards", "SEC v. Edwards, 540 U.S. 389 (2004)", "G"),
    "VERTICAL": Source("circuits", "The circuits differ on vertical commonality", "G"),
    "GENIUS": Source("GENIUS Act", "GENIUS Act: payment stablecoins", "G"),
    "STATE": Source("state law", "State securities acts; risk-capital tests", "G"),
    "CEA": Source("commodities law", "Commodity Exchange Act; Dodd-Frank Act, title VII", "G"),
    "ESMA": Source(
        "ESMA guidelines",
        "ESMA guidelines on crypto-assets as financial instruments, 2025-03-19",
        "S",
    ),
    "MIFID": Source("MiFID II", "Directive 2014/65/EU (MiFID II), Art. 4(1)(15)", "G"),
    "MICA": Source("MiCA", "Regulation (EU) 2023/1114 (MiCA)", "G"),
}
