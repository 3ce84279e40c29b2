from datetime import timedelta

# The sequence of a form that is over: handed over as a record, or discarded. Every save of it comes later than a newer one.
OVER = 2_147_483_647
KEPT_OVER = timedelta(days=2)  # a browser that was cut off may still send what it has
FILE = "file:"  # before a field's name: what the file is called that was chosen there; the file itself is no part of a draft
MOST_TYPED = 60_000  # characters of one form, all its fields together
MOST_FIELDS = 200
MOST_DRAFTS = 200  # of one person under one assignment
