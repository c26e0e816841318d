"""The web pages: plain HTML from the server, which works without scripts; htmx makes it quick."""
