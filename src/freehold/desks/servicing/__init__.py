"""Servicing a security: corporate actions, payments, meetings, tax, the cash book."""
