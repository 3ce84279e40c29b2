from embudo.business.quota.hooks import (
    accounts,
    changes,
    licences,
    outlook,
    policies,
    portal,
    procedure,
    runs,
)


def register() -> None:
    for one in (changes, policies, licences, procedure, accounts, runs, outlook, portal):
        one.register()
