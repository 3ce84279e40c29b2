from django.utils.translation import gettext_lazy as _

from embudo.business.directory.rules.imports import ID, OWNER, WORDS, field
from embudo.kernel.kind import ImportField, ImportKey

LEAD_FIELDS = (
    ImportField("name", _("name"), "text", WORDS["full_name"] + WORDS["last_name"], is_required=True),
    field("company_name", _("company")),
    field("job_title", _("job title")),
    field("email", _("e-mail address"), "email"),
    field("phone", _("phone"), "phone"),
    field("country", _("country"), "country"),
    ImportField(
        "message", _("message"), "long_text", ("message", "wiadomosc", "tresc", "mensaje", *WORDS["remarks"])
    ),
    OWNER,
    ID,
)
LEAD_KEYS = (
    ImportKey("id", _("ID in Embudo"), ("id",)),
    ImportKey("email", _("e-mail address"), ("email",)),
    ImportKey("phone", _("phone"), ("phone",)),
    ImportKey("name_company", _("name and company"), ("name", "company_name")),
)

OPPORTUNITY_FIELDS = (
    ImportField("title", _("title"), "text", (
        "title", "opportunity", "opportunity name", "deal", "deal name", "deal title", "name", "tytul", "szansa", "szansa sprzedazy",
        "nazwa szansy", "temat", "titre", "opportunite", "affaire", "nom de l opportunite", "nom de l affaire", "titulo",
        "oportunidad", "negocio", "nombre de la oportunidad", "nombre del negocio",
    ), is_required=True),
    ImportField("company", _("company"), "text", WORDS["company_name"] + ("customer", "client", "klient", "cliente")),
    ImportField("company_tax_id", _("company's tax number"), "code", WORDS["tax_id"]),
    ImportField("company_id", _("company's ID in Embudo"), "id", (
        "company id", "id firmy", "identyfikator firmy", "identifiant de l entreprise", "id entreprise", "id de la empresa", "id empresa",
    )),
    ImportField("person", _("contact person's e-mail address"), "email", (
        "contact email", "contact e mail", "contact person", "e mail kontaktu", "email kontaktu", "osoba kontaktowa", "email osoby",
        "email du contact", "e mail du contact", "correo del contacto", "email del contacto", "persona de contacto", *WORDS["email"],
    )),
    ImportField("pipeline", _("pipeline"), "text", (
        "pipeline", "sales pipeline", "lejek", "lejek sprzedazy", "proces sprzedazy", "pipeline de vente", "processus de vente",
        "embudo", "embudo de ventas", "proceso de ventas",
    )),
    ImportField("stage", _("stage"), "text", (
        "stage", "deal stage", "sales stage", "phase", "etap", "etap sprzedazy", "faza", "etape", "etape de vente", "etapa", "fase",
        "etapa de venta",
    )),
    ImportField("outcome", _("open, won or lost"), "text", (
        "status", "state", "outcome", "deal status", "stan", "wynik", "statut", "etat", "resultat", "estado", "resultado",
    )),
    ImportField("lost_reason", _("reason of the loss"), "text", (
        "lost reason", "loss reason", "reason lost", "closed lost reason", "powod przegranej", "powod utraty", "przyczyna utraty",
        "raison de la perte", "motif de perte", "motivo de perdida", "razon de perdida",
    )),
    ImportField("lost_note", _("note on the loss"), "long_text", (
        "lost note", "loss note", "notatka o przegranej", "note sur la perte", "nota de perdida",
    )),
    ImportField("value", _("value"), "text", (
        "value", "amount", "deal value", "deal amount", "wartosc", "kwota", "wartosc szansy", "valeur", "montant", "valor", "importe",
        "monto",
    )),
    ImportField("currency", _("currency"), "text", ("currency", "currency code", "waluta", "devise", "monnaie", "moneda", "divisa")),
    ImportField("closes", _("expected close"), "date", (
        "expected close", "expected close date", "close date", "closing date", "data zamkniecia", "przewidywane zamkniecie",
        "planowane zamkniecie", "spodziewane zamkniecie", "cloture prevue", "date de cloture", "date de cloture prevue",
        "cierre previsto", "fecha de cierre", "fecha de cierre prevista",
    )),
    ImportField("product", _("product"), "text", ("product", "product code", "produkt", "kod produktu", "produit", "code produit", "producto",
        "codigo de producto")),
    OWNER,
    ID,
)  # fmt: skip
OPPORTUNITY_KEYS = (
    ImportKey("id", _("ID in Embudo"), ("id",)),
    ImportKey("title_company", _("title and company"), ("title", "company")),
)
