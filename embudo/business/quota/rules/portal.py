from datetime import timedelta

LASTS = timedelta(days=90)  # a link to one's own quota
MOST_LINKS = 20  # shown to staff
RENEWALS, WINDOW = 5, 3600  # new links asked for from one address in an hour
CUSTOMER_PERIODS = 12  # statements and changes that a customer finds again
