from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.business.intake.rules.states import Duty


class DeliveryState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being made")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")
    ERASED = "erased", _("Erased")  # it held data of somebody who was erased since


class Format(TextChoices):
    XLSX = "xlsx", "Excel (XLSX)"
    CSV = "csv", "CSV"
    ODS = "ods", "OpenDocument (ODS)"


MOVING = (DeliveryState.WAITING, DeliveryState.RUNNING)
ORDERERS = (Duty.PRINCIPAL, Duty.COORDINATOR)
CONTENT_TYPES = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.ODS: "application/vnd.oasis.opendocument.spreadsheet",
}
