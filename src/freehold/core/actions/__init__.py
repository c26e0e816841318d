"""What an issuer does for holders after issue: counts days, pays, divides what an exit brings."""
