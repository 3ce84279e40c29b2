from django.db import models

from embudo.kernel import clock


class SearchEntry(models.Model):
    """
    What the search box knows of a record, folded (no capitals, no diacritics), in one column with a trigram index. Derived: it is
    rebuilt from the records, follows the log, and is no record itself.
    """

    kind = models.CharField(max_length=60)
    record_id = models.UUIDField()
    owner_id = models.UUIDField(null=True)
    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    indexed = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "record_id"], name="search_once"),)
        # of a word that is nearly everywhere, one's own are read in their turn
        indexes = (models.Index(fields=["owner_id", "kind"], name="search_owner"),)
