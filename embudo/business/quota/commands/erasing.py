from django.db.models import Q
from django.utils.translation import gettext

from embudo.business.directory.models import Company, Person
from embudo.business.quota.models import Answer, PortalLink, SpendRequest
from embudo.kernel import clock
from embudo.kernel.change import update
from embudo.kernel.erasing import Erased


def forget_erased(erased: Erased) -> None:
    """
    What a customer who is erased was written to and wrote. The ledger stays, with figures alone: whose it was, nobody learns from
    it any more.
    """
    kinds = {Company.kind_name(), Person.kind_name()}
    ids = [record_id for kind, record_id in erased.places if kind in kinds]
    if not ids:
        return
    mine = Q(account__company__in=ids) | Q(account__person__in=ids)
    now = clock.now()
    for link in PortalLink.objects.filter(mine):
        update(link, address="", revoked=link.revoked or now)
    for request in SpendRequest.objects.filter(mine).exclude(reason=""):
        update(request, reason=gettext("Erased"))
    theirs = Q(change__account__company__in=ids) | Q(change__account__person__in=ids)
    for answer in Answer.objects.filter(theirs):
        update(answer, address="", reason="", evidence="")
