from django.utils.translation import gettext_lazy as _

from embudo.business.quota.models import Account, ExchangeRate, Hold
from embudo.business.quota.rules.amounts import converted
from embudo.kernel import clock
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money, is_currency


def rate_into(currency: str, into: str) -> int | None:
    """What is booked today for one unit of `currency`, in 1/100 000 000 of `into`; None where nobody entered a rate."""
    known = ExchangeRate.objects.filter(currency=currency, into=into, valid_from__lte=clock.today())
    return known.order_by("-valid_from").values_list("rate", flat=True).first()


def booked(account: Account, amount: Money) -> tuple[int, int | None]:
    """
    The amount in minor units of the account's currency, and the rate where its own is another. Refuses (Invalid) a
    currency that is none, or without a rate.
    """
    if amount.currency == account.currency:
        return amount.minor, None
    if not is_currency(amount.currency):
        raise Invalid({"currency": [_("There is no such currency. Send its three letters, such as EUR.")]})
    rate = rate_into(amount.currency, account.currency)
    if rate is None:
        raise Invalid(
            {
                "currency": [
                    _("No rate stands from %(from)s to %(to)s. Send the amount in %(to)s.")
                    % {"from": amount.currency, "to": account.currency}
                ]
            }
        )
    return converted(amount, account.currency, rate), rate


def booked_as(hold: Hold, amount: Money, account: Account) -> int:
    """A part of what was held, at the rate booked then. Refuses (Invalid) a currency that is neither its own nor the account's."""
    if amount.currency == account.currency:
        return amount.minor
    if amount.currency != hold.asked_currency or hold.rate is None:
        raise Invalid({"currency": [_("Send the amount in %s.") % hold.asked_currency]})
    return converted(amount, account.currency, hold.rate)


def worth(account: Account, amount: Money) -> int:
    """The same without refusing: 0 where no rate stands."""
    if amount.currency == account.currency:
        return amount.minor
    rate = rate_into(amount.currency, account.currency)
    return converted(amount, account.currency, rate) if rate else 0
