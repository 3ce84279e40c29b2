from django.db.models import TextChoices

MOST_PRINTED = 3000  # rows of a story on paper: some hundred pages


class TrailFormat(TextChoices):
    PDF = "pdf", "PDF"
    XLSX = "xlsx", "XLSX"


CONTENT_TYPES = {
    TrailFormat.PDF: "application/pdf",
    TrailFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
