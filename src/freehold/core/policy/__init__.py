"""Rules as data: what a policy is once it has become numbers that a contract reads."""
