"""What the API and its client say to each other: the documents, as both read and write them."""
