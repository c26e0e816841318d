"""How people and programs come in: sign-in, sessions, keys, passkeys, wallets."""
