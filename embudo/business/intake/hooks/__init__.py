from embudo.business.intake.hooks import assignments, deliveries, entering, entries, kinds, verification


def register() -> None:
    for one in (kinds, entering, entries, assignments, verification, deliveries):
        one.register()
