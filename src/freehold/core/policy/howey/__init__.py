"""Is a token a security? Questions, the rules of the parts, the procedure, the memo's findings.

`questions` is the factor table as data; `answers` reads and writes what somebody said; `parts` has
the rule of each part; `procedure` walks the gates to a verdict; `findings` adds what is missing and
what would change the answer. Informational, not legal advice.
"""
