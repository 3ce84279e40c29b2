"""What the scene and those who play in it both know."""

PASSWORD = "horse battery staple 7"
LANGUAGES = ("en", "fr", "es", "pl")
# Of whom a document has expired.
BULK = ("Bora", "Brisa", "Bise")
